"""SQLite and PostgreSQL behind one engine: durable, and private to the process's user."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, MetaData, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError
from sqlmodel import Session

from ssi_core.errors import ConflictError, MalformedError, UnavailableError

_BUSY_MILLISECONDS: Final = 10_000
_FOLD: Final = "PRAGMA wal_checkpoint(TRUNCATE)"
_READING: Final = "consentry_reading"
# `secure_delete` because a destroyed key must not survive in a free page of the file.
_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
    f"PRAGMA busy_timeout={_BUSY_MILLISECONDS}",
)


def open_database(url: str) -> Engine:
    """Open `sqlite:///path` or `postgresql+psycopg://...`; any other scheme is refused."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise MalformedError("not a database URL") from None
    if parsed.drivername == "sqlite" and parsed.database:
        return _open_sqlite(Path(parsed.database), url)
    if parsed.drivername == "postgresql+psycopg":
        try:
            return create_engine(url, pool_pre_ping=True)
        except (NoSuchModuleError, ImportError):
            raise UnavailableError("PostgreSQL needs the extra `postgres`") from None
    raise MalformedError("a database is sqlite:///file or postgresql+psycopg://...")


def create_tables(engine: Engine, metadata: MetaData) -> None:
    """Create the tables of `metadata` that are not there yet."""
    try:
        metadata.create_all(engine)
    except DBAPIError:
        raise UnavailableError("the database cannot be used") from None


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """Give a session that is committed at the end, or rolled back if anything was raised.

    A broken constraint is a `ConflictError`; a database that does not answer an `UnavailableError`.
    """
    try:
        with Session(engine) as session, session.begin():
            yield session
    except IntegrityError:
        raise ConflictError("the record is there already, or has changed") from None
    except DBAPIError:
        raise UnavailableError("the database did not answer") from None


@contextmanager
def snapshot(engine: Engine) -> Iterator[Session]:
    """Give a session that only reads, sees one moment of the database, and holds up no writer."""
    try:
        with Session(engine.execution_options(**{_READING: True})) as session:
            yield session
    except DBAPIError:
        raise UnavailableError("the database did not answer") from None


def checkpoint_sqlite(engine: Engine) -> None:
    """Fold SQLite's write-ahead log into the file, so that what was deleted is gone from both.

    Raises `UnavailableError` when a reader keeps the old pages for longer than the busy timeout.
    """
    if engine.dialect.name != "sqlite":
        return
    # Outside a transaction, which SQLAlchemy's own connections would begin.
    with closing(engine.raw_connection()) as connection:
        busy, _pages, _folded = connection.cursor().execute(_FOLD).fetchone()
    if busy:
        raise UnavailableError("a reader keeps old pages of the database")


def _open_sqlite(path: Path, url: str) -> Engine:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Made by us first, because SQLite would make it readable for others.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    engine = create_engine(url, connect_args={"check_same_thread": False})
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    return engine


def _configure(connection: Any, _record: object) -> None:  # the driver's type is not public
    # The driver's own transaction control would begin too late for our writers.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin(connection: Connection) -> None:
    # A reader that later writes would fail with "busy"; taking the lock at once makes it wait.
    reading = connection.get_execution_options().get(_READING, False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
