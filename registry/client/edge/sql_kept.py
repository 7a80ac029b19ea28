"""Kept evidence and stale uses in a role's own database, SQLite or PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Final, final

from sqlalchemy import Engine, MetaData, delete, func, update
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel, col, select

from registry.client.edge.kept_evidence import NO_TREE, KeptRow
from registry.client.edge.stale_uses import (
    EndedMeanwhile,
    Finding,
    Ground,
    Reliance,
    StaleUse,
    Stood,
    Undetermined,
)
from ssi_core import strict_json
from ssi_core.adapters.database import create_tables, snapshot, transaction


class _Table(SQLModel, registry=registry()):
    """Keeps these tables apart from those of the rooms that share a database with them."""


class EvidenceRow(_Table, table=True):
    """The last evidence that held, about one thing."""

    __tablename__: ClassVar[str] = "edge_evidence"  # pyright: ignore[reportIncompatibleVariableOverride]  # SQLModel declares a callable

    key: str = Field(primary_key=True)
    text: str
    size: int
    known_at: datetime = Field(index=True)


class StaleUseRow(_Table, table=True):
    """One use that was decided on old evidence."""

    __tablename__: ClassVar[str] = "edge_stale_use"  # pyright: ignore[reportIncompatibleVariableOverride]  # SQLModel declares a callable

    number: int | None = Field(default=None, primary_key=True)
    # `StaleUse.key`, under the name that it had when a use rested on a grant alone.
    id: str = Field(unique=True)
    # The id of what it rests on, for the same reason.
    grant_id: str
    decided_at: datetime
    known_at: datetime
    size: int
    staleness: str
    flagged: bool
    judged_at: datetime | None = Field(default=None, index=True)
    found_at: datetime | None = None
    ended: bool = False
    ended_index: int | None = None
    ended_at: datetime | None = None
    # Missing in rows from when a use rested on a grant alone.
    use: str | None = None
    ground: str | None = None
    detail: str | None = None
    # Missing in rows from before there was such a finding.
    undetermined: bool | None = None


METADATA: Final[MetaData] = _Table.metadata


@final
class SqlEvidenceStore:
    """Implements `EvidenceStore`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        create_tables(engine, METADATA)

    def load(self, key: str) -> KeptRow | None:
        """Return what is kept under a key."""
        with snapshot(self._engine) as session:
            row = session.get(EvidenceRow, key)
            if row is None:
                return None
            return KeptRow(key=row.key, text=row.text, size=row.size, known_at=row.known_at)

    def keep(self, row: KeptRow) -> None:
        """Keep a row, unless what is kept under its key is of a larger tree or a later time."""
        with transaction(self._engine) as session:
            there = session.get(EvidenceRow, row.key)
            if there is None:
                there = EvidenceRow(key=row.key, text="", size=row.size, known_at=row.known_at)
            elif not row.takes_the_place_of(there.size, there.known_at):
                return
            there.text, there.size, there.known_at = row.text, row.size, row.known_at
            session.add(there)

    def newest(self) -> datetime | None:
        """Return the latest `known_at` of all rows that have a tree."""
        statement = select(func.max(EvidenceRow.known_at)).where(col(EvidenceRow.size) != NO_TREE)
        with snapshot(self._engine) as session:
            return session.exec(statement).one()

    def forget(self, *, before: datetime) -> None:
        """Remove rows of before that moment."""
        statement = delete(EvidenceRow).where(col(EvidenceRow.known_at) < before)
        with transaction(self._engine) as session:
            session.connection().execute(statement)


@final
class SqlStaleUseStore:
    """Implements `StaleUseStore`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        create_tables(engine, METADATA)

    def append(self, use: StaleUse) -> None:
        """Keep a use that waits; one that is there stays as it is."""
        relied_on = use.relied_on
        with transaction(self._engine) as session:
            if session.exec(select(StaleUseRow.id).where(StaleUseRow.id == use.key)).first():
                return
            session.add(
                StaleUseRow(
                    id=use.key,
                    use=use.id,
                    ground=relied_on.ground.value,
                    grant_id=relied_on.id,
                    detail=strict_json.render(relied_on.detail) if relied_on.detail else None,
                    decided_at=use.decided_at,
                    known_at=use.known_at,
                    size=use.size,
                    staleness=use.staleness,
                    flagged=use.flagged,
                )
            )

    def waiting(self) -> Sequence[StaleUse]:
        """Return those without a finding, oldest first."""
        statement = select(StaleUseRow).where(col(StaleUseRow.judged_at).is_(None))
        with snapshot(self._engine) as session:
            rows = session.exec(statement.order_by(col(StaleUseRow.number))).all()
            return [_use(row) for row in rows]

    def judged(self, use: StaleUse) -> None:
        """Keep the finding of a use; one that has a finding keeps it."""
        finding = use.finding
        ended = finding if isinstance(finding, EndedMeanwhile) else None
        statement = (
            update(StaleUseRow)
            .where(col(StaleUseRow.id) == use.key, col(StaleUseRow.judged_at).is_(None))
            .values(
                judged_at=use.judged_at,
                found_at=None if finding is None else finding.known_at,
                ended=ended is not None,
                ended_index=None if ended is None else ended.index,
                ended_at=None if ended is None else ended.signed_at,
                undetermined=isinstance(finding, Undetermined),
            )
        )
        with transaction(self._engine) as session:
            session.connection().execute(statement)

    def all(self) -> Sequence[StaleUse]:
        """Return all of them, oldest first."""
        with snapshot(self._engine) as session:
            rows = session.exec(select(StaleUseRow).order_by(col(StaleUseRow.number))).all()
            return [_use(row) for row in rows]


def _use(row: StaleUseRow) -> StaleUse:
    return StaleUse(
        id=row.use or row.id,
        relied_on=_reliance(row),
        decided_at=row.decided_at,
        known_at=row.known_at,
        size=row.size,
        staleness=row.staleness,
        flagged=row.flagged,
        finding=_finding(row),
        judged_at=row.judged_at,
    )


def _reliance(row: StaleUseRow) -> Reliance:
    detail = {} if row.detail is None else strict_json.parse_object(row.detail)
    return Reliance(Ground(row.ground or Ground.GRANT), row.grant_id, detail)


def _finding(row: StaleUseRow) -> Finding | None:
    if row.found_at is None:
        return None
    if row.undetermined:
        return Undetermined(row.found_at)
    if not row.ended:
        return Stood(row.found_at)
    return EndedMeanwhile(row.found_at, row.ended_index, row.ended_at)
