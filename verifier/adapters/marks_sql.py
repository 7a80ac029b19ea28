"""Marks on SQLite and PostgreSQL, beside the requests that they are about."""

from collections.abc import Collection
from datetime import datetime
from typing import ClassVar, final

from sqlalchemy import BigInteger, Engine, LargeBinary, delete, exists
from sqlalchemy.orm import registry
from sqlmodel import Field, Session, SQLModel, col, select

from registry.model.log_event import Standing
from ssi_core.adapters.database import create_tables, snapshot, transaction
from ssi_core.period import from_timestamp, to_timestamp
from verifier.adapters.rows import RequestRow
from verifier.marks import GrantMark, LogPosition


class _Table(SQLModel, registry=registry()):
    """Tables of what the log told us."""


class MarkRow(_Table, table=True):
    """The newest mark of one grant."""

    __tablename__: ClassVar[str] = "verifier_mark"  # pyright: ignore[reportIncompatibleVariableOverride]  # SQLModel declares a callable

    grant_id: str = Field(primary_key=True)
    standing: str
    entry: int = Field(sa_type=BigInteger)
    told_at: int = Field(sa_type=BigInteger, index=True)


class PositionRow(_Table, table=True):
    """How far one log has been listened to."""

    __tablename__: ClassVar[str] = "verifier_position"  # pyright: ignore[reportIncompatibleVariableOverride]  # SQLModel declares a callable

    log: str = Field(primary_key=True)
    heard: int = Field(sa_type=BigInteger)
    size: int = Field(sa_type=BigInteger)
    root: bytes = Field(sa_type=LargeBinary)


@final
class SqlMarks:
    """Durable once a method returns; threads may share it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        create_tables(engine, _Table.metadata)

    def learn(self, marks: Collection[GrantMark], position: LogPosition | None = None) -> None:
        """Keep marks, and how far we have listened now, durably and as one."""
        if not marks and position is None:
            return
        with transaction(self._engine) as session:
            for mark in marks:
                _mark(session, mark)
            if position is not None:
                _advance(session, position)

    def mark_of(self, grant_id: str) -> GrantMark | None:
        """Return the newest mark of a grant."""
        with snapshot(self._engine) as session:
            row = session.get(MarkRow, grant_id)
            return None if row is None else _read(row)

    def forget_marks(self, *, before: datetime) -> None:
        """Forget older marks of grants under which nobody has answered us."""
        held = exists().where(col(RequestRow.grant_id) == col(MarkRow.grant_id))
        old = col(MarkRow.told_at) < to_timestamp(before)
        with transaction(self._engine) as session:
            session.connection().execute(delete(MarkRow).where(old, ~held))

    def may_hold_grants(self) -> bool:
        """Say whether somebody has answered us under a grant."""
        held = select(col(RequestRow.grant_id)).where(col(RequestRow.grant_id).is_not(None))
        with snapshot(self._engine) as session:
            return session.exec(held.limit(1)).first() is not None

    def position(self, log: str) -> LogPosition | None:
        """Return how far we have listened to a log; nothing before the first time."""
        with snapshot(self._engine) as session:
            row = session.get(PositionRow, log)
            if row is None:
                return None
            return LogPosition(log=row.log, heard=row.heard, size=row.size, root=row.root)


def _advance(session: Session, position: LogPosition) -> None:
    row = session.get(PositionRow, position.log)
    if row is None or row.heard <= position.heard:
        session.merge(
            PositionRow(
                log=position.log, heard=position.heard, size=position.size, root=position.root
            )
        )


def _mark(session: Session, mark: GrantMark) -> None:
    known = session.get(MarkRow, mark.grant_id)
    if known is not None and known.entry >= mark.index:
        return
    session.merge(
        MarkRow(
            grant_id=mark.grant_id,
            standing=mark.standing.value,
            entry=mark.index,
            told_at=to_timestamp(mark.told_at),
        )
    )


def _read(row: MarkRow) -> GrantMark:
    return GrantMark(
        grant_id=row.grant_id,
        standing=Standing(row.standing),
        index=row.entry,
        told_at=from_timestamp(row.told_at),
    )
