"""The claim register on SQLite and PostgreSQL."""

from collections.abc import Collection
from datetime import datetime
from typing import ClassVar, Final, final

from sqlalchemy import Engine, insert
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel, col, select

from ssi_core.adapters.database import create_tables, snapshot, transaction
from ssi_core.errors import ConflictError, MalformedError
from ssi_core.period import to_timestamp


class _Table(SQLModel, registry=registry()):
    """Tables of the register alone."""


class MarkRow(_Table, table=True):
    """One mark, and the decision that used it up."""

    __tablename__: ClassVar[str] = "consent_claim_mark"  # pyright: ignore[reportIncompatibleVariableOverride]  # SQLModel declares a callable

    mark: str = Field(primary_key=True)
    decision: str
    entered_at: int


_METADATA: Final = _Table.metadata


@final
class SqlClaimRegister:
    """Marks. Durable once `enter` returns; threads and processes may share the database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        create_tables(engine, _METADATA)

    def enter(self, marks: Collection[str], *, decision: str, at: datetime) -> None:
        """Enter all of `marks` or none; `ConflictError` if another decision has any of them."""
        if not marks:
            raise MalformedError("enters at least one mark, at a moment with a time zone")
        rows = [
            {"mark": mark, "decision": decision, "entered_at": to_timestamp(at)}
            for mark in sorted(set(marks))
        ]
        try:
            with transaction(self._engine) as session:
                # One statement compares and writes, so two decisions cannot both win.
                session.connection().execute(insert(MarkRow).values(rows))
        except ConflictError:
            if self._decisions(marks) != dict.fromkeys(marks, decision):
                raise

    def taken(self, marks: Collection[str]) -> frozenset[str]:
        """Return those of `marks` that have been entered."""
        return frozenset(self._decisions(marks))

    def _decisions(self, marks: Collection[str]) -> dict[str, str]:
        with snapshot(self._engine) as session:
            rows = session.exec(select(MarkRow).where(col(MarkRow.mark).in_(list(marks)))).all()
            return {row.mark: row.decision for row in rows}
