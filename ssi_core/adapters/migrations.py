"""Schemas that grow: a database says which version it has, and is brought forward when opened."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any, Final, TypeAlias

from sqlalchemy import Engine

from ssi_core.adapters.driver_cursors import write_cursor
from ssi_core.errors import UnavailableError

Step: TypeAlias = Callable[[Any, str], None]
"""Bring a schema one version forward, by a driver's cursor and the name of its dialect."""

_ALONE: Final = "SELECT pg_advisory_xact_lock(7165062)"
_TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS schema_version (room TEXT PRIMARY KEY, version INTEGER NOT NULL)"
)


def migrate(
    engine: Engine, *, room: str, steps: Sequence[Step], unversioned: str | None = None
) -> None:
    """Take the steps that `room`'s tables have not seen, all or none, one process at a time.

    A database without a version is empty, or, if it has the table `unversioned`, of version 1.
    Raises `UnavailableError` for a schema that is newer than the last step.
    """
    dialect = engine.dialect.name
    mark = "?" if dialect == "sqlite" else "%s"
    with write_cursor(engine) as cursor:
        if dialect == "postgresql":
            cursor.execute(_ALONE)
        cursor.execute(_TABLE)
        cursor.execute(f"SELECT version FROM schema_version WHERE room = {mark}", (room,))  # noqa: S608
        found = cursor.fetchone()
        version = found[0] if found else _unversioned(cursor, dialect, unversioned)
        if version > len(steps):
            known = f"has schema {version}, and this program knows {len(steps)}"
            reason = f"the {room}'s database is newer: it {known}"
            raise UnavailableError(reason)
        # It may take long, and whoever waits for it knows.
        with cursor.connection.unhurried() if dialect == "postgresql" else nullcontext():
            for step in steps[version:]:
                step(cursor, dialect)
        if not found:
            cursor.execute(
                f"INSERT INTO schema_version (room, version) VALUES ({mark}, {mark})",  # noqa: S608
                (room, len(steps)),
            )
        elif version < len(steps):
            cursor.execute(
                f"UPDATE schema_version SET version = {mark} WHERE room = {mark}",  # noqa: S608
                (len(steps), room),
            )


def _unversioned(cursor: Any, dialect: str, table: str | None) -> int:
    if table is None:
        return 0
    if dialect == "sqlite":
        cursor.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (table,))
    else:
        cursor.execute("SELECT 1 WHERE to_regclass(%s) IS NOT NULL", (table,))
    return 0 if cursor.fetchone() is None else 1
