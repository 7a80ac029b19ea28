"""The verifier's stores on SQLite and PostgreSQL."""

from collections.abc import Collection
from datetime import datetime
from typing import final

from sqlalchemy import Engine, func, update
from sqlmodel import col, select

from ssi_core.adapters.database import create_tables, snapshot, transaction
from ssi_core.adapters.sqlite_files import checkpoint_sqlite
from ssi_core.errors import ConflictError, NotFoundError, ReplayError
from verifier.adapters.rows import (
    METADATA,
    RequestRow,
    UseRow,
    WithdrawalRow,
    answer_values,
    attempt_values,
    read_request,
    read_use,
    read_withdrawal,
    request_row,
    use_row,
    withdrawal_row,
)
from verifier.request import Answer, Attempt, PresentationRequest, RequestState
from verifier.use import Use, Withdrawal


@final
class SqlStore:
    """Requests, uses and withdrawals. Durable once a method returns; threads may share it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        create_tables(engine, METADATA)

    def append(self, request: PresentationRequest) -> None:
        """Keep a new request; `ConflictError` if one of its ids is taken."""
        with transaction(self._engine) as session:
            session.add(request_row(request))

    def find(self, request_id: str) -> PresentationRequest | None:
        """Return the request with the desk's id."""
        with snapshot(self._engine) as session:
            row = session.exec(select(RequestRow).where(RequestRow.id == request_id)).first()
            return None if row is None else read_request(row)

    def find_by_response(self, response_id: str) -> PresentationRequest | None:
        """Return the request with this id in its response URI."""
        query = select(RequestRow).where(RequestRow.response_id == response_id)
        with snapshot(self._engine) as session:
            row = session.exec(query).first()
            return None if row is None else read_request(row)

    def find_by_grant(self, grant_id: str) -> tuple[PresentationRequest, ...]:
        """Return the requests that were answered under a grant, oldest first."""
        query = select(RequestRow).where(RequestRow.grant_id == grant_id)
        with snapshot(self._engine) as session:
            rows = session.exec(query.order_by(col(RequestRow.number))).all()
            return tuple(read_request(row) for row in rows)

    def mark_fetched(self, request_id: str) -> None:
        """Note that a wallet has read the request; nothing happens if it has been answered."""
        statement = (
            update(RequestRow)
            .where(
                col(RequestRow.id) == request_id,
                col(RequestRow.state) == RequestState.CREATED.value,
            )
            .values(state=RequestState.FETCHED.value)
        )
        with transaction(self._engine) as session:
            session.connection().execute(statement)

    def attempt(self, request_id: str, attempt: Attempt) -> None:
        """Keep the last attempt that could not be judged; nothing happens after an answer."""
        statement = (
            update(RequestRow)
            .where(col(RequestRow.id) == request_id, col(RequestRow.answered_at).is_(None))
            .values(**attempt_values(attempt))
        )
        with transaction(self._engine) as session:
            session.connection().execute(statement)

    def answer(self, request_id: str, answer: Answer) -> None:
        """Keep the one answer, durably; of many, one wins, and `ReplayError` for the rest."""
        # One statement compares and writes, so two answers cannot both win.
        statement = (
            update(RequestRow)
            .where(col(RequestRow.id) == request_id, col(RequestRow.answered_at).is_(None))
            .values(**answer_values(answer))
        )
        with transaction(self._engine) as session:
            if session.connection().execute(statement).rowcount == 1:
                return
            known = select(RequestRow.id).where(RequestRow.id == request_id)
            if session.exec(known).first() is None:
                raise NotFoundError("there is no such request")
        raise ReplayError("this request has been answered")

    def erase(self, request_ids: Collection[str]) -> None:
        """Destroy the sealed claims of these requests, on disk too."""
        statement = (
            update(RequestRow).where(col(RequestRow.id).in_(request_ids)).values(claims=None)
        )
        with transaction(self._engine) as session:
            session.connection().execute(statement)
        checkpoint_sqlite(self._engine)

    def append_use(self, use: Use) -> None:
        """Keep a use, durably."""
        with transaction(self._engine) as session:
            session.add(use_row(use))

    def uses_of(self, request_id: str) -> tuple[Use, ...]:
        """Return the uses of what one request brought, oldest first."""
        query = select(UseRow).where(UseRow.request_id == request_id)
        with snapshot(self._engine) as session:
            rows = session.exec(query.order_by(col(UseRow.number))).all()
            return tuple(read_use(row) for row in rows)

    def count_uses(self, grant_id: str) -> tuple[int, datetime | None]:
        """Return how often a grant was used with permission, and when last."""
        query = select(func.count(), func.max(UseRow.used_at)).where(
            UseRow.grant_id == grant_id, col(UseRow.permitted).is_(True)
        )
        with snapshot(self._engine) as session:
            count, last = session.exec(query).one()
            return count, last

    def find_withdrawal(self, notice: str) -> Withdrawal | None:
        """Return what was acknowledged for the notice with this digest."""
        with snapshot(self._engine) as session:
            row = session.get(WithdrawalRow, notice)
            return None if row is None else read_withdrawal(row)

    def withdrawals_of(self, grant_id: str) -> tuple[Withdrawal, ...]:
        """Return the withdrawals of a grant; one is enough to end it."""
        query = select(WithdrawalRow).where(WithdrawalRow.grant_id == grant_id)
        with snapshot(self._engine) as session:
            rows = session.exec(query.order_by(col(WithdrawalRow.received_at))).all()
            return tuple(read_withdrawal(row) for row in rows)

    def append_withdrawal(self, withdrawal: Withdrawal) -> Withdrawal:
        """Keep a withdrawal, durably; return the one that was there first if there is one."""
        try:
            with transaction(self._engine) as session:
                session.add(withdrawal_row(withdrawal))
        except ConflictError:
            return self.find_withdrawal(withdrawal.notice) or withdrawal
        return withdrawal
