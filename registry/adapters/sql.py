"""A log in SQLite or PostgreSQL."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Final, final

from sqlalchemy import (
    BigInteger,
    Index,
    LargeBinary,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.engine import Engine
from sqlalchemy.exc import TimeoutError  # noqa: A004 - of the pool of connections
from sqlalchemy.orm import registry as orm_registry
from sqlmodel import Field, Session, SQLModel

from registry.ports import Batch, Head, LogSnapshot, StateRow
from ssi_core.adapters.database import checkpoint_sqlite, create_tables, snapshot, transaction
from ssi_core.errors import ConflictError, NotFoundError, OverloadedError, UnavailableError

_ONLY: Final = 1
_CHUNK: Final = 1_000
# Without this a server set to `off` would acknowledge what a crash then loses.
_DURABLE: Final = text(
    "SELECT set_config('synchronous_commit', 'on', true)"
    " WHERE current_setting('synchronous_commit') = 'off'"
)
# The order of SQLite, which PostgreSQL's own collation would not be.
_BYTEWISE: Final = String().with_variant(String(collation="C"), "postgresql")


class LogTable(SQLModel, registry=orm_registry()):
    """The tables of a log, apart from every other room's."""


class LogHead(LogTable, table=True):
    """The one row that every append compares and replaces."""

    id: int = Field(primary_key=True)
    origin: str
    size: int = Field(sa_type=BigInteger)
    root: bytes = Field(sa_type=LargeBinary)
    note: str = Field(sa_type=Text)
    epoch: int = Field(sa_type=BigInteger)


class LogEntry(LogTable, table=True):
    """An entry's exact bytes, found by index or by leaf hash, and the tree nodes it completed.

    No entry is empty; of a redacted one nothing is left but its hashes.
    """

    number: int = Field(primary_key=True, sa_type=BigInteger)
    leaf: bytes = Field(unique=True, sa_type=LargeBinary)
    raw: bytes = Field(sa_type=LargeBinary)
    nodes: bytes = Field(sa_type=LargeBinary)


class LogState(LogTable, table=True):
    """A record that the entries make true, so that reading one does not mean reading all."""

    __table_args__ = (Index("log_state_lookup", "kind", "lookup"),)

    kind: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    lookup: str | None = Field(sa_type=_BYTEWISE)
    body: str = Field(sa_type=Text)


class LogChunk(LogTable, table=True):
    """A chunk of the status map."""

    number: int = Field(primary_key=True, sa_type=BigInteger)
    body: bytes = Field(sa_type=LargeBinary)


_HEAD: Final[Table] = LogTable.metadata.tables["loghead"]
_ENTRY: Final[Table] = LogTable.metadata.tables["logentry"]
_STATE: Final[Table] = LogTable.metadata.tables["logstate"]
_CHUNKS: Final[Table] = LogTable.metadata.tables["logchunk"]
_REDACTED: Final = b""


@final
class SqlLogStore:
    """Durable once `append` returns. Threads and processes may share the database."""

    def __init__(self, engine: Engine) -> None:
        create_tables(engine, LogTable.metadata)
        self._engine = engine
        self._unfolded = False
        self._is_postgres = engine.dialect.name == "postgresql"
        self._readers = (
            engine.execution_options(isolation_level="REPEATABLE READ")
            if self._is_postgres
            else engine
        )

    def create(self, head: Head) -> None:
        """Begin the log with an empty tree; raise `ConflictError` if there is one already."""
        with transaction(self._engine) as session:
            session.execute(insert(_HEAD), [{"id": _ONLY, **_columns(head)}])

    @contextmanager
    def snapshot(self) -> Iterator[LogSnapshot]:
        """Open the log as it is now."""
        try:
            with snapshot(self._readers) as session:
                yield _SqlSnapshot(session)
        except TimeoutError:
            raise OverloadedError("too many are reading the log") from None

    def claim(self) -> Head:
        """Become the log's writer: raise its epoch by one, durably, and return its head."""
        raised = update(_HEAD).where(_HEAD.c.id == _ONLY).values(epoch=_HEAD.c.epoch + 1)
        with transaction(self._engine) as session:
            if self._is_postgres:
                session.execute(_DURABLE)
            session.execute(raised)
            head = _SqlSnapshot(session).head()
        if head is None:
            raise NotFoundError("there is no log")
        return head

    def append(self, batch: Batch) -> None:
        """Store all of `batch`, or raise `ConflictError` if size, root or epoch have changed."""
        with transaction(self._engine) as session:
            if self._is_postgres:
                session.execute(_DURABLE)
            _compare_and_replace(session, batch)
            entries = [
                {"number": number, "leaf": new.leaf, "raw": new.raw, "nodes": new.nodes}
                for number, new in enumerate(batch.entries, start=batch.after.size)
            ]
            session.execute(insert(_ENTRY), entries)
            _write_rows(session, batch)
            _write_chunks(session, batch.chunks)
            if batch.redacted:
                gone = update(_ENTRY).where(_ENTRY.c.number.in_(batch.redacted))
                session.execute(gone.values(raw=_REDACTED))
        if batch.redacted or self._unfolded:
            self._fold()

    def _fold(self) -> None:
        """Make what was dropped unreadable in SQLite's files too: the next time, if not now."""
        self._unfolded = True
        with suppress(UnavailableError):
            checkpoint_sqlite(self._engine)
            self._unfolded = False


@final
class _SqlSnapshot:
    def __init__(self, session: Session) -> None:
        self._session = session

    def head(self) -> Head | None:
        found = self._session.execute(select(_HEAD)).one_or_none()
        if found is None:
            return None
        return Head(
            origin=found.origin,
            size=found.size,
            root=found.root,
            note=found.note,
            epoch=found.epoch,
        )

    def entries(self, indexes: Sequence[int]) -> Mapping[int, bytes]:
        query = select(_ENTRY.c.number, _ENTRY.c.raw).where(_ENTRY.c.number.in_(indexes))
        return {row.number: row.raw for row in self._session.execute(query) if row.raw}

    def entries_from(self, start: int, *, limit: int) -> Sequence[bytes | None]:
        query = select(_ENTRY.c.raw).where(_ENTRY.c.number >= start)
        found = self._session.scalars(query.order_by(_ENTRY.c.number).limit(limit))
        return [raw or None for raw in found]

    def indexes(self, leaves: Sequence[bytes]) -> Mapping[bytes, int]:
        query = select(_ENTRY.c.leaf, _ENTRY.c.number).where(_ENTRY.c.leaf.in_(leaves))
        return {row.leaf: row.number for row in self._session.execute(query)}

    def nodes(self, indexes: Sequence[int]) -> Mapping[int, bytes]:
        query = select(_ENTRY.c.number, _ENTRY.c.nodes).where(_ENTRY.c.number.in_(indexes))
        return {row.number: row.nodes for row in self._session.execute(query)}

    def rows(self, kind: str, keys: Sequence[str]) -> Mapping[str, StateRow]:
        # PostgreSQL has no NUL in text, so there is no row of such a key.
        possible = [key for key in keys if "\0" not in key]
        query = select(_STATE).where(_STATE.c.kind == kind, _STATE.c.key.in_(possible))
        return {row.key: StateRow(*row) for row in self._session.execute(query)}

    def rows_by_lookup(self, kind: str, prefix: str, *, limit: int) -> Sequence[StateRow]:
        if not prefix or not prefix.isascii() or "\0" in prefix:
            return []
        # LIKE would not tell capital letters from small ones in SQLite, and use no index.
        after = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        within = (_STATE.c.lookup >= prefix, _STATE.c.lookup < after)
        query = select(_STATE).where(_STATE.c.kind == kind, *within)
        ordered = query.order_by(_STATE.c.lookup, _STATE.c.key).limit(limit)
        return [StateRow(*row) for row in self._session.execute(ordered)]

    def chunks(self, numbers: Sequence[int]) -> Mapping[int, bytes]:
        query = select(_CHUNKS).where(_CHUNKS.c.number.in_(numbers))
        return {row.number: row.body for row in self._session.execute(query)}

    def all_rows(self) -> Iterator[StateRow]:
        query = select(_STATE).execution_options(yield_per=_CHUNK)
        return (StateRow(*row) for row in self._session.execute(query))


def _compare_and_replace(session: Session, batch: Batch) -> None:
    # The row is locked until the transaction ends, so of two writers the second finds another head.
    was = batch.after
    replace = update(_HEAD).where(
        _HEAD.c.id == _ONLY,
        _HEAD.c.size == was.size,
        _HEAD.c.root == was.root,
        _HEAD.c.epoch == was.epoch,
    )
    found = session.execute(replace.values(**_columns(batch.head)).returning(_HEAD.c.id)).all()
    if len(found) != 1:
        raise ConflictError("the log has grown, or has another writer")


def _write_rows(session: Session, batch: Batch) -> None:
    if batch.created:
        session.execute(insert(_STATE), [_row_columns(row) for row in batch.created])
    for row in batch.replaced:
        same = (_STATE.c.kind == row.kind, _STATE.c.key == row.key)
        session.execute(update(_STATE).where(*same).values(lookup=row.lookup, body=row.body))


def _write_chunks(session: Session, chunks: Mapping[int, bytes]) -> None:
    if chunks:
        session.execute(delete(_CHUNKS).where(_CHUNKS.c.number.in_(chunks)))
        rows = [{"number": number, "body": body} for number, body in chunks.items()]
        session.execute(insert(_CHUNKS), rows)


def _columns(head: Head) -> dict[str, str | int | bytes]:
    return {
        "origin": head.origin,
        "size": head.size,
        "root": head.root,
        "note": head.note,
        "epoch": head.epoch,
    }


def _row_columns(row: StateRow) -> dict[str, str | None]:
    return {"kind": row.kind, "key": row.key, "lookup": row.lookup, "body": row.body}
