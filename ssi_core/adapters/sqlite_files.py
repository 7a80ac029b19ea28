"""What was deleted from SQLite, out of its files too; PostgreSQL sees to its own."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from ssi_core.errors import UnavailableError

_FOLD: Final = "PRAGMA wal_checkpoint(TRUNCATE)"


def checkpoint_sqlite(engine: Engine, *, busy: timedelta | None = None) -> None:
    """Fold SQLite's write-ahead log into the file, so that what was deleted is gone from both.

    Raises `UnavailableError` when a reader keeps the old pages for longer than `busy`, which is the
    database's own patience by default.
    """
    if engine.dialect.name != "sqlite":
        return
    with _outside_transactions(engine, busy) as cursor:
        is_held, _pages, _folded = cursor.execute(_FOLD).fetchone()
    if is_held:
        raise UnavailableError("a reader keeps old pages of the database")


def vacuum_sqlite(engine: Engine) -> None:
    """Write SQLite's file anew without what was deleted; its size follows at the next checkpoint.

    Raises `UnavailableError` while somebody else uses the database.
    """
    if engine.dialect.name != "sqlite":
        return
    with _outside_transactions(engine, None) as cursor:
        cursor.execute("VACUUM")


@contextmanager
def _outside_transactions(engine: Engine, busy: timedelta | None) -> Iterator[Any]:
    """Give a cursor of SQLite's in none of the transactions that SQLAlchemy would begin."""
    driver = engine.dialect.loaded_dbapi
    try:
        with (
            closing(engine.raw_connection()) as connection,
            _patient(connection.cursor(), busy) as cursor,
        ):
            yield cursor
    except (DBAPIError, driver.Error):
        raise UnavailableError("the database did not answer") from None


@contextmanager
def _patient(cursor: Any, busy: timedelta | None) -> Iterator[Any]:
    """Give the cursor of a SQLite connection that waits no longer than `busy` for others."""
    if busy is None:
        yield cursor
        return
    usual = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
    cursor.execute(f"PRAGMA busy_timeout={busy // timedelta(milliseconds=1)}")
    try:
        yield cursor
    finally:
        cursor.execute(f"PRAGMA busy_timeout={usual}")
