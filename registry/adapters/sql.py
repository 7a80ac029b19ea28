"""A log in SQLite or PostgreSQL."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any, Final, NoReturn, final

from sqlalchemy.engine import Engine

from registry.adapters.sql_schema import FIRST_TABLE, ROOM, STEPS
from registry.adapters.sql_statements import (
    Cursor,
    empty,
    find_each,
    insert_entries,
    insert_rows,
    replace_chunks,
    replace_rows,
    spelled,
    whole_chunk,
)
from registry.adapters.sql_young import Young
from registry.model.dropped_log import DROPPED
from registry.ports import Batch, Head, LogSnapshot, StateRow
from ssi_core.adapters.driver_cursors import read_cursor, write_cursor
from ssi_core.adapters.migrations import migrate
from ssi_core.adapters.sqlite_files import checkpoint_sqlite, vacuum_sqlite
from ssi_core.errors import ConflictError, GoneError, NotFoundError, UnavailableError

# Bigger pages waste less of themselves on entries of a kilobyte.
PAGE_BYTES: Final = 16_384
_CHUNK: Final = 1_000
# How long a redaction waits for readers of old pages, and when it is tried again if they stay.
_BUSY: Final = timedelta(milliseconds=200)
_PATIENCE_SECONDS: Final = 2.0
# Without this a server set to `off` would acknowledge what a crash then loses.
_DURABLE: Final = (
    "SELECT set_config('synchronous_commit', 'on', true)"
    " WHERE current_setting('synchronous_commit') = 'off'"
)
_CREATE: Final = (
    "INSERT INTO log_head (id, origin, size, root, note, epoch) VALUES (1, ?, ?, ?, ?, ?)"
)
# A commit is waited for only if it has written something; this is nothing that anybody reads.
_BARRIER: Final = "SELECT pg_logical_emit_message(true, 'consentry', '')"
_CLAIM: Final = "UPDATE log_head SET epoch = epoch + 1"
# The row is locked until the transaction ends, so of two writers the second finds another head.
_GROW: Final = (
    "UPDATE log_head SET size = ?, root = ?, note = ? WHERE size = ? AND root = ? AND epoch = ?"
)
_REDACT: Final = "UPDATE log_entry SET raw = ? WHERE number = ?"
# As of a batch, of several who try the first finds the row.
_BEHEAD: Final = "DELETE FROM log_head WHERE size = ? AND root = ? AND epoch = ?"
_KEEP: Final = "INSERT INTO log_dropped (id, remains) VALUES (1, ?)"
_REMAINS: Final = "SELECT remains FROM log_dropped"
_HEAD: Final = "SELECT origin, size, root, note, epoch FROM log_head"
_ENTRIES: Final = "SELECT raw FROM log_entry WHERE number >= ? ORDER BY number LIMIT ?"
_BY_LOOKUP: Final = (
    "SELECT kind, key, lookup, body FROM all_states WHERE kind = ? AND lookup >= ? AND lookup < ?"
    " ORDER BY lookup, key LIMIT ?"
)
_ALL_ROWS: Final = (
    "SELECT kind, key, lookup, body FROM all_states WHERE (kind, key) > (?, ?)"
    " ORDER BY kind, key LIMIT ?"
)


@final
class SqlLogStore:
    """Durable once `append` returns. Threads and processes may share the database."""

    def __init__(self, engine: Engine) -> None:
        """Bring the database to the schema of today, and use it."""
        migrate(engine, room=ROOM, steps=STEPS, unversioned=FIRST_TABLE)
        self._engine = engine
        self._dialect = engine.dialect.name
        self.is_near = self._dialect == "sqlite"
        self._young = Young()
        self._confirmed: Head | None = None
        # Whoever wrote before may have been killed between a redaction and its wiping.
        self._wipe_at: float | None = time.monotonic()

    def create(self, head: Head) -> None:
        """Begin the log with an empty tree; raise `ConflictError` if there is one already."""
        with write_cursor(self._engine) as cursor:
            _SqlSnapshot(cursor, self._dialect).require_kept()
            columns = (head.origin, head.size, head.root, head.note, head.epoch)
            cursor.execute(spelled(_CREATE, self._dialect), columns)

    @contextmanager
    def snapshot(self) -> Iterator[LogSnapshot]:
        """Open the log as it is now."""
        with read_cursor(self._engine) as cursor:
            yield _SqlSnapshot(cursor, self._dialect)

    def claim(self) -> Head:
        """Become the log's writer: raise its epoch by one, durably, and return its head."""
        with write_cursor(self._engine) as cursor:
            self._make_durable(cursor)
            cursor.execute(_CLAIM)
            head = _SqlSnapshot(cursor, self._dialect).head()
        if head is None:
            raise NotFoundError("there is no log")
        self._confirmed = head
        return head

    def append(self, batch: Batch) -> None:
        """Store all of `batch`, or raise `ConflictError` if size, root or epoch have changed.

        What it redacts is wiped from SQLite's files too, now or, while somebody still reads the old
        pages, after a later batch.
        """
        young, self._young = self._young, Young()
        with write_cursor(self._engine) as cursor:
            self._make_durable(cursor)
            self._write(cursor, batch)
            if self._dialect == "sqlite":
                young.settle(cursor, leaves=len(batch.entries), states=len(batch.created))
        # Only what was stored is remembered.
        self._young = young
        self._confirmed = batch.head
        if batch.redacted or (self._wipe_at is not None and time.monotonic() >= self._wipe_at):
            self._wipe()

    def confirm(self, head: Head) -> None:
        """Return once a commit after the one that `head` came with was confirmed."""
        if self.is_near or head == self._confirmed:
            return
        with write_cursor(self._engine) as cursor:
            self._make_durable(cursor)
            cursor.execute(_BARRIER)
        self._confirmed = head

    def drop(self, head: Head, *, remains: bytes) -> None:
        """Drop the log whole and keep `remains`, or raise `ConflictError` if it has changed."""
        with write_cursor(self._engine) as cursor:
            self._make_durable(cursor)
            same = (head.size, head.root, head.epoch)
            if cursor.execute(spelled(_BEHEAD, self._dialect), same).rowcount != 1:
                self._refuse_other(cursor)
            cursor.execute(spelled(_KEEP, self._dialect), (remains,))
            empty(cursor, self._dialect)

    def remains(self) -> bytes | None:
        """Return what `drop` kept; nothing if no log was dropped here."""
        with read_cursor(self._engine) as cursor:
            return _SqlSnapshot(cursor, self._dialect).remains()

    def wipe(self) -> None:
        """Take what was redacted or dropped out of SQLite's files, and give their room back.

        PostgreSQL has let go of the files already.
        """
        checkpoint_sqlite(self._engine)
        if self.remains() is not None:
            vacuum_sqlite(self._engine)
            checkpoint_sqlite(self._engine)

    def _write(self, cursor: Cursor, batch: Batch) -> None:
        was, head, dialect = batch.after, batch.head, self._dialect
        grown = (head.size, head.root, head.note, was.size, was.root, was.epoch)
        if cursor.execute(spelled(_GROW, dialect), grown).rowcount != 1:
            self._refuse_other(cursor)
        numbered = enumerate(batch.entries, start=was.size)
        insert_entries(cursor, dialect, [(n, new.raw, new.nodes) for n, new in numbered])
        insert_rows(cursor, dialect, batch.created)
        replace_rows(cursor, dialect, batch.replaced)
        replace_chunks(cursor, dialect, batch.chunks)
        for index in batch.redacted:
            cursor.execute(spelled(_REDACT, dialect), (b"", index))

    def _refuse_other(self, cursor: Cursor) -> NoReturn:
        _SqlSnapshot(cursor, self._dialect).require_kept()
        raise ConflictError("the log has grown, or has another writer")

    def _make_durable(self, cursor: Cursor) -> None:
        if self._dialect == "postgresql":
            cursor.execute(_DURABLE)

    def _wipe(self) -> None:
        self._wipe_at = time.monotonic() + _PATIENCE_SECONDS
        with suppress(UnavailableError):
            checkpoint_sqlite(self._engine, busy=_BUSY)
            self._wipe_at = None


@final
class _SqlSnapshot:
    def __init__(self, cursor: Cursor, dialect: str) -> None:
        self._cursor = cursor
        self._dialect = dialect

    def head(self) -> Head | None:
        found = self._all(_HEAD, ())
        if not found:
            self.require_kept()
            return None
        origin, size, root, note, epoch = found[0]
        return Head(origin=origin, size=size, root=root, note=note, epoch=epoch)

    def remains(self) -> bytes | None:
        found = self._all(_REMAINS, ())
        return bytes(found[0][0]) if found else None

    def require_kept(self) -> None:
        if self.remains() is not None:
            raise GoneError(DROPPED)

    def entries(self, indexes: Sequence[int]) -> Mapping[int, bytes]:
        found = self._each("number, raw", "log_entry", "number", indexes)
        return {number: raw for number, raw in found if raw}

    def entries_from(self, start: int, *, limit: int) -> Sequence[bytes | None]:
        return [raw or None for (raw,) in self._all(_ENTRIES, (start, limit))]

    def indexes(self, leaves: Sequence[bytes]) -> Mapping[bytes, int]:
        return dict(self._each("leaf, number", "all_leaves", "leaf", leaves))

    def nodes(self, indexes: Sequence[int]) -> Mapping[int, bytes]:
        return dict(self._each("number, nodes", "log_entry", "number", indexes))

    def rows(self, kind: str, keys: Sequence[str]) -> Mapping[str, StateRow]:
        # PostgreSQL has no NUL in text, so there is no row of such a key.
        possible = [key for key in keys if "\0" not in key]
        columns, among = "kind, key, lookup, body", "kind = ? AND key"
        found = self._each(columns, "all_states", among, possible, kind)
        return {row[1]: StateRow(*row) for row in found}

    def rows_by_lookup(self, kind: str, prefix: str, *, limit: int) -> Sequence[StateRow]:
        if not prefix or not prefix.isascii() or "\0" in prefix:
            return []
        # LIKE would not tell capital letters from small ones in SQLite, and use no index.
        after = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        return [StateRow(*row) for row in self._all(_BY_LOOKUP, (kind, prefix, after, limit))]

    def chunks(self, numbers: Sequence[int]) -> Mapping[int, bytes]:
        found = self._each("number, body", "log_chunk", "number", numbers)
        return {number: whole_chunk(body) for number, body in found}

    def all_rows(self) -> Iterator[StateRow]:
        last = ("", "")
        while found := self._all(_ALL_ROWS, (*last, _CHUNK)):
            yield from (StateRow(*row) for row in found)
            last = found[-1][:2]

    def _all(self, statement: str, values: Sequence[Any]) -> list[Any]:
        found: list[Any] = self._cursor.execute(
            spelled(statement, self._dialect), values
        ).fetchall()
        return found

    def _each(
        self, columns: str, table: str, among: str, values: Sequence[Any], *before: Any
    ) -> Iterator[Any]:
        """Return the rows of which the last term of `among` is one of `values`."""
        query = f"SELECT {columns} FROM {table} WHERE {among}"  # noqa: S608 - words of our own
        return find_each(self._cursor, self._dialect, query, values, *before)
