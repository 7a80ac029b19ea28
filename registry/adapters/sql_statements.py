"""What a log says to SQLite and PostgreSQL: statements made once, and many rows at a time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final, TypeAlias

from registry.model.merkle import HASH_BYTES
from registry.model.status_map import CHUNK_BYTES
from registry.ports import StateRow

Cursor: TypeAlias = Any
"""A cursor of `sqlite3` or psycopg, whose types have nothing in common."""

# SQLite's driver lets other threads run after each step of a statement, and then waits for them:
# so one statement takes many rows. There are two lengths of them, both prepared once.
_MANY: Final = 64
# PostgreSQL takes a list as one value, in binary (`%b`): as text, each item would be searched for
# what has to be quoted, which took most of this process's time for storing a batch.
_ENTRIES: Final = {
    "sqlite": "INSERT INTO log_entry (number, raw, nodes) VALUES ",
    "postgresql": "INSERT INTO log_entry (number, raw, nodes)"
    " SELECT * FROM unnest(%b::bigint[], %b::bytea[], %b::bytea[])",
}
_LEAVES: Final = "INSERT INTO log_leaf_young (leaf, number) VALUES "
_ROWS: Final = {
    "sqlite": "INSERT INTO log_state_young (kind, key, lookup, body) VALUES ",
    "postgresql": "INSERT INTO log_state (kind, key, lookup, body)"
    " SELECT * FROM unnest(%b::text[], %b::text[], %b::text[], %b::text[])",
}
_CHANGED_ROW: Final = "UPDATE {} SET lookup = ?, body = ? WHERE kind = ? AND key = ?"
_STATES: Final = {"sqlite": ("log_state", "log_state_young"), "postgresql": ("log_state",)}
_CHUNK: Final = (
    "INSERT INTO log_chunk (number, body) VALUES (?, ?)"
    " ON CONFLICT (number) DO UPDATE SET body = excluded.body"
)


# All at once in PostgreSQL, where a deleted row would stay until somebody vacuums. Readers that
# have seen the head are waited for, and no later one finds it without the entries.
_EMPTYING: Final = {
    "sqlite": (
        "DELETE FROM log_entry",
        "DELETE FROM log_leaf",
        "DELETE FROM log_leaf_young",
        "DELETE FROM log_state",
        "DELETE FROM log_state_young",
        "DELETE FROM log_chunk",
    ),
    "postgresql": ("TRUNCATE log_head, log_entry, log_state, log_chunk",),
}


def mark(dialect: str) -> str:
    """Return how the driver marks the place of a value."""
    return "?" if dialect == "sqlite" else "%s"


def spelled(statement: str, dialect: str) -> str:
    """Return a statement that is written for SQLite as the driver wants it."""
    return statement.replace("?", mark(dialect))


def insert_entries(cursor: Cursor, dialect: str, rows: Sequence[tuple[int, bytes, bytes]]) -> None:
    """Add entries: number, bytes and nodes of each."""
    _insert(cursor, dialect, _ENTRIES[dialect], rows)
    if dialect == "sqlite":
        # PostgreSQL has an index of its own for these.
        leaves = [(nodes[:HASH_BYTES], number) for number, _raw, nodes in rows]
        _insert(cursor, dialect, _LEAVES, leaves)


def insert_rows(cursor: Cursor, dialect: str, rows: Sequence[StateRow]) -> None:
    """Add state records that are not there yet."""
    _insert(
        cursor, dialect, _ROWS[dialect], [(row.kind, row.key, row.lookup, row.body) for row in rows]
    )


def replace_rows(cursor: Cursor, dialect: str, rows: Iterable[StateRow]) -> None:
    """Write state records anew that are there."""
    columns = [(row.lookup, row.body, row.kind, row.key) for row in rows]
    for table in _STATES[dialect] if columns else ():
        cursor.executemany(spelled(_CHANGED_ROW.format(table), dialect), columns)


def replace_chunks(cursor: Cursor, dialect: str, chunks: Mapping[int, bytes]) -> None:
    """Write chunks of the status map; the zeros that one ends with take no room."""
    # Most of a young log's only chunk is ahead of it.
    columns = [(number, body.rstrip(b"\0")) for number, body in chunks.items()]
    if columns:
        cursor.executemany(spelled(_CHUNK, dialect), columns)


def empty(cursor: Cursor, dialect: str) -> None:
    """Remove every entry, state record and chunk."""
    for statement in _EMPTYING[dialect]:
        cursor.execute(statement)


def whole_chunk(body: bytes) -> bytes:
    """Return a chunk as it was before `replace_chunks` shortened it."""
    return body.ljust(CHUNK_BYTES, b"\0")


def find_each(
    cursor: Cursor, dialect: str, query: str, values: Sequence[Any], *before: Any
) -> Iterator[Any]:
    """Return the rows that `query`, which ends before its last comparison, finds for any value."""
    if not values:
        return
    if dialect == "postgresql":
        among = spelled(query, dialect) + " = ANY(%b)"
        yield from cursor.execute(among, (*before, list(values)))
        return
    count = 1 if len(values) == 1 else _MANY
    some = f"{query} IN ({', '.join('?' * count)})"
    for start in range(0, len(values), count):
        part = values[start : start + count]
        # To ask for the last one again costs nothing, and keeps the statement's length.
        filled = (*part, *[part[-1]] * (count - len(part)))
        yield from cursor.execute(some, (*before, *filled)).fetchall()


def _insert(cursor: Cursor, dialect: str, statement: str, rows: Sequence[Sequence[Any]]) -> None:
    if not rows:
        return
    if dialect == "postgresql":
        # One statement for all of them, a column at a time.
        cursor.execute(statement, [list(column) for column in zip(*rows, strict=True)])
        return
    one = f"({', '.join('?' * len(rows[0]))})"
    whole = len(rows) // _MANY * _MANY
    many = statement + ", ".join([one] * _MANY)
    for start in range(0, whole, _MANY):
        cursor.execute(many, list(chain.from_iterable(rows[start : start + _MANY])))
    cursor.executemany(statement + one, rows[whole:])
