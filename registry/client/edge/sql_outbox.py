"""An outbox in SQLite or PostgreSQL: in the role's own database, or in a file `edge.db`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Final, final

from sqlalchemy import BindParameter, Engine, MetaData, Update, bindparam, func, insert, update
from sqlalchemy.orm import registry
from sqlmodel import Field, Session, SQLModel, col, select
from sqlmodel.sql.expression import SelectOfScalar

from registry.client.edge.item import Arriving, Item, ItemState, Refused, Sent, Settled, Waiting
from registry.model.succession import subject_of
from ssi_core.adapters.database import create_tables, snapshot, transaction

DATABASE: Final = "edge.db"
"""The name of the file in the folder of a role that has no database of its own."""


class Table(SQLModel, registry=registry()):
    """Keeps these tables apart from those of the rooms that share a database with them."""


class OutboxRow(Table, table=True):
    """One entry on its way."""

    __tablename__: ClassVar[str] = "edge_outbox"  # pyright: ignore[reportIncompatibleVariableOverride]  # SQLModel declares a callable

    number: int | None = Field(default=None, primary_key=True)
    leaf: bytes = Field(unique=True)
    entry: bytes
    type: str
    about: str | None = Field(default=None, index=True)
    state: str = Field(index=True)
    queued_at: datetime
    place: int | None = None
    code: str | None = None
    reason: str | None = None
    settled_at: datetime | None = None
    follows: bytes | None = None
    winner: int | None = None


METADATA: Final[MetaData] = Table.metadata
# What one statement may name on every database.
_AT_ONCE: Final = 500
_NUMBER: Final = col(OutboxRow.number)


@final
class SqlOutboxStore:
    """Implements `OutboxStore`. Opens a transaction for each call."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        create_tables(engine, METADATA)

    def put(self, entries: Sequence[Arriving], *, at: datetime) -> Sequence[Item]:
        """Keep entries behind all others, all or none; one that is known keeps its item."""
        with transaction(self._engine) as session:
            there = _rows(session, entries)
            arriving = {each.entry.leaf: each for each in entries}
            new = [_values_of(each, at) for leaf, each in arriving.items() if leaf not in there]
            if new:
                session.connection().execute(insert(OutboxRow), new)
                there = _rows(session, entries)
            return [_item(there[each.entry.leaf]) for each in entries]

    def find(self, leaf: bytes) -> Item | None:
        """Return the item with this leaf hash."""
        with snapshot(self._engine) as session:
            found = _row(session, leaf)
            return None if found is None else _item(found)

    def waiting(self, limit: int) -> Sequence[Waiting]:
        """Return the oldest entries that have not been sent, in the order to send them in."""
        statement = (
            select(col(OutboxRow.entry), col(OutboxRow.leaf), col(OutboxRow.follows))
            .where(col(OutboxRow.state) == ItemState.QUEUED.value)
            .order_by(_NUMBER)
            .limit(limit)
        )
        with snapshot(self._engine) as session:
            return [Waiting(*row) for row in session.exec(statement)]

    def unsent_about(self, subject: str) -> Sequence[Item]:
        """Return, in order, what is about `subject` and was not sent, whatever the reason."""
        statement = select(OutboxRow).where(
            OutboxRow.about == subject, col(OutboxRow.state) != ItemState.SENT.value
        )
        return self._items(statement.order_by(_NUMBER))

    def count_waiting(self) -> int:
        """Return how many have not been sent."""
        statement = (
            select(func.count())
            .select_from(OutboxRow)
            .where(col(OutboxRow.state) == ItemState.QUEUED.value)
        )
        with snapshot(self._engine) as session:
            return session.exec(statement).one()

    def effective(self, *, seen: int) -> Sequence[Item]:
        """Return, in order, what is queued, and what was sent to an index from `seen` on."""
        statement = (
            select(OutboxRow)
            .where(
                (col(OutboxRow.state) == ItemState.QUEUED.value) | (col(OutboxRow.place) >= seen)
            )
            .order_by(_NUMBER)
        )
        return self._items(statement)

    def of_state(self, state: ItemState) -> Sequence[Item]:
        """Return the items that are in a state, oldest first."""
        of_state = col(OutboxRow.state) == state.value
        return self._items(select(OutboxRow).where(of_state).order_by(_NUMBER))

    def dismiss(self, leaf: bytes) -> None:
        """Remember that a refused entry has been seen to; nothing happens to any other."""
        statement = (
            update(OutboxRow)
            .where(col(OutboxRow.leaf) == leaf, col(OutboxRow.state) == ItemState.REFUSED.value)
            .values(state=ItemState.DISMISSED.value)
        )
        with transaction(self._engine) as session:
            session.connection().execute(statement)

    def settle(self, settled: Sequence[Settled]) -> None:
        """Remember what became of entries; the bytes of what was sent are in the log now."""
        with transaction(self._engine) as session:
            for kind, changes in _by_kind(settled).items():
                session.connection().execute(_SETTLE[kind], changes)

    def _items(self, statement: SelectOfScalar[OutboxRow]) -> Sequence[Item]:
        with snapshot(self._engine) as session:
            return [_item(row) for row in session.exec(statement)]


def _row(session: Session, leaf: bytes) -> OutboxRow | None:
    return session.exec(select(OutboxRow).where(OutboxRow.leaf == leaf)).first()


def _rows(session: Session, entries: Sequence[Arriving]) -> Mapping[bytes, OutboxRow]:
    found: dict[bytes, OutboxRow] = {}
    for start in range(0, len(entries), _AT_ONCE):
        leaves = [each.entry.leaf for each in entries[start : start + _AT_ONCE]]
        rows = session.exec(select(OutboxRow).where(col(OutboxRow.leaf).in_(leaves))).all()
        found |= {row.leaf: row for row in rows}
    return found


def _values_of(arriving: Arriving, at: datetime) -> dict[str, object]:
    read = arriving.entry
    return {
        "leaf": read.leaf,
        "entry": read.raw,
        "type": read.type.value,
        "about": subject_of(read),
        "state": ItemState.QUEUED.value,
        "queued_at": at,
        "follows": arriving.after,
    }


def _by_kind(settled: Sequence[Settled]) -> Mapping[type, list[dict[str, object]]]:
    found: dict[type, list[dict[str, object]]] = {}
    for each in settled:
        change: dict[str, object] = {"of": each.leaf, "settled_at": each.at}
        if isinstance(each, Sent):
            change["place"] = each.index
        else:
            change |= {"code": each.code, "reason": each.reason, "winner": each.winner}
        found.setdefault(type(each), []).append(change)
    return found


def _settle(state: ItemState, *names: str, **values: object) -> Update:
    given: dict[str, BindParameter[object]] = {
        name: bindparam(name) for name in ("settled_at", *names)
    }
    return (
        update(OutboxRow)
        .where(
            col(OutboxRow.leaf) == bindparam("of"),
            col(OutboxRow.state) == ItemState.QUEUED.value,
        )
        .values(state=state.value, **given, **values)
    )


_SETTLE: Final[Mapping[type, Update]] = {
    Sent: _settle(ItemState.SENT, "place", entry=b""),
    Refused: _settle(ItemState.REFUSED, "code", "reason", "winner"),
}


def _item(row: OutboxRow) -> Item:
    return Item(
        number=row.number or 0,
        entry=row.entry,
        leaf=row.leaf,
        type=row.type,
        about=row.about,
        state=ItemState(row.state),
        queued_at=row.queued_at,
        index=row.place,
        code=row.code,
        reason=row.reason,
        settled_at=row.settled_at,
        after=row.follows,
        winner=row.winner,
    )
