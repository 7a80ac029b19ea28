"""The tables of a log in SQLite and PostgreSQL, and how older ones become what they are now."""

from dataclasses import astuple
from typing import Any, Final

from registry.adapters.sql_statements import mark, replace_chunks
from registry.model.contents import content_of
from registry.model.envelope import Entry
from registry.model.transitions import change_of
from registry.model.view import EmptyView, Overlay
from registry.service.rows import row_of
from ssi_core.errors import LogProofError, SsiError

ROOM: Final = "registry"
FIRST_TABLE: Final = "loghead"

# What the first release had. A new database passes through it, so that there is one way only.
_VERSION_1: Final = """
CREATE TABLE loghead (
    id INTEGER PRIMARY KEY, origin TEXT NOT NULL, size BIGINT NOT NULL, root {blob} NOT NULL,
    note TEXT NOT NULL
);
CREATE TABLE logentry (
    number BIGINT PRIMARY KEY, leaf {blob} NOT NULL UNIQUE, raw {blob} NOT NULL,
    nodes {blob} NOT NULL
);
CREATE TABLE logstate (
    kind TEXT NOT NULL, key TEXT NOT NULL, lookup TEXT, body TEXT NOT NULL, PRIMARY KEY (kind, key)
)"""
# An entry's leaf hash is the first of its nodes. No entry is empty; of a redacted one nothing but
# the hashes is left.
_VERSION_2: Final = """
CREATE TABLE log_head (
    id INTEGER PRIMARY KEY, origin TEXT NOT NULL, size BIGINT NOT NULL, root {blob} NOT NULL,
    note TEXT NOT NULL, epoch BIGINT NOT NULL
);
CREATE TABLE log_entry (
    number {integer} PRIMARY KEY, raw {blob} NOT NULL, nodes {blob} NOT NULL
);
CREATE TABLE log_state (
    kind TEXT{bytewise} NOT NULL, key TEXT{bytewise} NOT NULL, lookup TEXT{bytewise},
    body TEXT NOT NULL, PRIMARY KEY (kind, key)
){clustered};
CREATE TABLE log_chunk (number {integer} PRIMARY KEY, body {blob} NOT NULL);
INSERT INTO log_head SELECT id, origin, size, root, note, 0 FROM loghead;
INSERT INTO log_entry SELECT number, raw, nodes FROM logentry ORDER BY number;
CREATE UNIQUE INDEX log_entry_leaf ON log_entry (substr(nodes, 1, 32));
CREATE INDEX log_state_by_lookup ON log_state (kind, lookup) WHERE lookup IS NOT NULL;
DROP TABLE loghead;
DROP TABLE logentry;
DROP TABLE logstate"""
# What is left of a dropped log. Where there is such a row there is none in any other table.
_VERSION_3: Final = """
CREATE TABLE log_dropped (id INTEGER PRIMARY KEY, remains {blob} NOT NULL)"""
# Whoever reads asks the views, which are the same everywhere. Why SQLite has two tables for each
# says `registry.adapters.sql_young`.
_VERSION_4: Final = {
    "sqlite": """
CREATE TABLE log_leaf (leaf BLOB PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO log_leaf SELECT substr(nodes, 1, 32), number FROM log_entry ORDER BY 1;
DROP INDEX log_entry_leaf;
CREATE TABLE log_leaf_young (leaf BLOB PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE log_state_young (
    kind TEXT NOT NULL, key TEXT NOT NULL, lookup TEXT, body TEXT NOT NULL, PRIMARY KEY (kind, key)
) WITHOUT ROWID;
CREATE INDEX log_state_young_by_lookup ON log_state_young (kind, lookup) WHERE lookup IS NOT NULL;
CREATE VIEW all_leaves AS
    SELECT leaf, number FROM log_leaf UNION ALL SELECT leaf, number FROM log_leaf_young;
CREATE VIEW all_states AS
    SELECT kind, key, lookup, body FROM log_state
    UNION ALL SELECT kind, key, lookup, body FROM log_state_young""",
    "postgresql": """
CREATE VIEW all_leaves AS SELECT substr(nodes, 1, 32) AS leaf, number FROM log_entry;
CREATE VIEW all_states AS SELECT kind, key, lookup, body FROM log_state""",
}
_WORDS: Final = {
    "sqlite": {
        "blob": "BLOB",
        "integer": "INTEGER",
        "bytewise": "",
        "clustered": " WITHOUT ROWID",
    },
    # The order of SQLite, which PostgreSQL's own collation would not be.
    "postgresql": {
        "blob": "BYTEA",
        "integer": "BIGINT",
        "bytewise": ' COLLATE "C"',
        "clustered": "",
    },
}


def begin(cursor: Any, dialect: str) -> None:
    """Make the tables of version 1."""
    _execute(cursor, dialect, _VERSION_1)


def to_version_2(cursor: Any, dialect: str) -> None:
    """Bring in epochs and the status map; the state is made again from the entries."""
    _execute(cursor, dialect, _VERSION_2)
    state = Overlay(EmptyView())
    some = f"SELECT raw FROM log_entry WHERE number >= {mark(dialect)} ORDER BY number LIMIT 1000"  # noqa: S608
    while found := cursor.execute(some, (state.size,)).fetchall():
        for (raw,) in found:
            _apply(state, raw)
    marks = ", ".join([mark(dialect)] * 4)
    rows = [astuple(row_of(record)) for record in state.records()]
    cursor.executemany(f"INSERT INTO log_state VALUES ({marks})", rows)  # noqa: S608
    replace_chunks(cursor, dialect, state.chunks())


def to_version_3(cursor: Any, dialect: str) -> None:
    """Bring in the place for what is left of a log that was dropped."""
    _execute(cursor, dialect, _VERSION_3)


def to_version_4(cursor: Any, dialect: str) -> None:
    """Bring in SQLite's tables for what is young, and the views that everybody reads."""
    _execute(cursor, dialect, _VERSION_4[dialect])


STEPS: Final = (begin, to_version_2, to_version_3, to_version_4)


def _apply(state: Overlay, raw: bytes) -> None:
    try:
        entry = Entry.parse(raw)
        state.apply(change_of(entry, content_of(entry), state))
    except SsiError:
        place = f"/entries/{state.size}"
        raise LogProofError("the log had to refuse an entry that it has", at=place) from None


def _execute(cursor: Any, dialect: str, script: str) -> None:
    for statement in script.format(**_WORDS[dialect]).split(";"):
        cursor.execute(statement)
