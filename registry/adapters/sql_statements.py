"""What a log says to SQLite and PostgreSQL: statements made once, and many rows at a time."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from registry.model.status_map import CHUNK_BYTES
from registry.ports import StateRow

Cursor: TypeAlias = Any
"""A cursor of `sqlite3` or psycopg, whose types have nothing in common."""

_ENTRIES: Final = {
    "sqlite": "INSERT INTO log_entry (number, raw, nodes) VALUES (?, ?, ?)",
    "postgresql": "INSERT INTO log_entry (number, raw, nodes)"
    " SELECT * FROM unnest(%b::bigint[], %b::bytea[], %b::bytea[])",
}
_ROWS: Final = {
    "sqlite": "INSERT INTO log_state (kind, key, lookup, body) VALUES (?, ?, ?, ?)",
    "postgresql": "INSERT INTO log_state (kind, key, lookup, body)"
    " SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[])",
}
_CHANGED_ROW: Final = "UPDATE log_state SET lookup = ?, body = ? WHERE kind = ? AND key = ?"
_CHUNK: Final = (
    "INSERT INTO log_chunk (number, body) VALUES (?, ?)"
    " ON CONFLICT (number) DO UPDATE SET body = excluded.body"
)


def mark(dialect: str) -> str:
    """Return how the driver marks the place of a value."""
    return "?" if dialect == "sqlite" else "%s"


def spelled(statement: str, dialect: str) -> str:
    """Return a statement that is written for SQLite as the driver wants it."""
    return statement.replace("?", mark(dialect))


def insert_entries(cursor: Cursor, dialect: str, rows: Sequence[tuple[int, bytes, bytes]]) -> None:
    """Add entries: number, bytes and nodes of each."""
    _insert(cursor, dialect, _ENTRIES[dialect], rows)


def insert_rows(cursor: Cursor, dialect: str, rows: Sequence[StateRow]) -> None:
    """Add state records that are not there yet."""
    columns = [(row.kind, row.key, row.lookup, row.body) for row in rows]
    _insert(cursor, dialect, _ROWS[dialect], columns)


def replace_rows(cursor: Cursor, dialect: str, rows: Iterable[StateRow]) -> None:
    """Write state records anew that are there."""
    columns = [(row.lookup, row.body, row.kind, row.key) for row in rows]
    if columns:
        cursor.executemany(spelled(_CHANGED_ROW, dialect), columns)


def replace_chunks(cursor: Cursor, dialect: str, chunks: Mapping[int, bytes]) -> None:
    """Write chunks of the status map; the zeros that one ends with take no room."""
    # Most of a young log's only chunk is ahead of it.
    columns = [(number, body.rstrip(b"\0")) for number, body in chunks.items()]
    if columns:
        cursor.executemany(spelled(_CHUNK, dialect), columns)


def whole_chunk(body: bytes) -> bytes:
    """Return a chunk as it was before `replace_chunks` shortened it."""
    return body.ljust(CHUNK_BYTES, b"\0")


def _insert(cursor: Cursor, dialect: str, statement: str, rows: Sequence[Sequence[Any]]) -> None:
    if not rows:
        return
    if dialect == "sqlite":
        cursor.executemany(statement, rows)
    else:
        # One statement for all of them, a column at a time.
        cursor.execute(statement, [list(column) for column in zip(*rows, strict=True)])
