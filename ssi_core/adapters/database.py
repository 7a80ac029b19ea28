"""SQLite and PostgreSQL behind one engine: durable, and private to the process's user."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, MetaData, create_engine, event
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    OperationalError,
)
from sqlalchemy.exc import (
    TimeoutError as PoolTimeoutError,
)
from sqlmodel import Session

from ssi_core.adapters.added_columns import add_columns
from ssi_core.errors import ConflictError, MalformedError, OverloadedError, UnavailableError

_BUSY: Final = timedelta(seconds=10)
_CONNECT_SECONDS: Final = 5
# In terms of how long a writer waits for another: the commit of that other included.
_PATIENCE: Final = 1.5
_HOSTS: Final = frozenset({"host", "port"})
# So that a server whose machine is gone is noticed, which the operating system would do in hours.
_ALIVE: Final = {
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 15_000,
}
_READING: Final = "consentry_reading"
# `secure_delete` because a destroyed key must not survive in a free page of the file.
_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
)
# PostgreSQL's writers queue for this lock as SQLite's do for the file, so that "load, decide,
# store" in one transaction means the same on both. The number is ours, and means nothing.
_WRITE_LOCK: Final = "SELECT pg_advisory_xact_lock(7165061)"
SERIALIZATION_FAILURES: Final = frozenset({"40001", "40P01"})


def open_database(
    url: str,
    *,
    busy: timedelta = _BUSY,
    page_bytes: int | None = None,
    schema: str | None = None,
) -> Engine:
    """Open `sqlite:///path` or `postgresql+psycopg://...`; any other scheme is refused.

    A writer waits for another for at most `busy`, and is told `UnavailableError` then. So is
    whoever PostgreSQL does not answer for half as long again; after a commit, because its standby
    is away, nobody can say then whether the transaction will be there.
    A new SQLite file has pages of `page_bytes`. With a `schema`, whose name is a plain word, all is
    in this one of PostgreSQL's, which is made if it is not there; an SQLite file has none.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise MalformedError("not a database URL") from None
    if parsed.drivername == "sqlite" and _is_file(parsed) and schema is None:
        return _open_sqlite(parsed, busy, page_bytes)
    if parsed.drivername == "postgresql+psycopg":
        engine = _open_postgresql(parsed, busy, schema)
        if schema is not None:
            _make_schema(engine, schema)
        return engine
    if schema is not None:
        raise MalformedError("a database with schemas is postgresql+psycopg://...")
    raise MalformedError("a database is sqlite:///file or postgresql+psycopg://...")


def create_tables(engine: Engine, metadata: MetaData) -> None:
    """Create the tables of `metadata` that are not there yet, and columns that were added since.

    Such a column may be empty, because in the rows that are there it is.
    """
    try:
        with engine.begin() as connection:
            metadata.create_all(connection)
            add_columns(connection, metadata)
    except DBAPIError:
        raise UnavailableError("the database cannot be used") from None


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """Give a session that is committed at the end, or rolled back if anything was raised.

    Writers go one after the other. A broken constraint is a `ConflictError`, a value that the
    database cannot hold a `MalformedError`, a database that does not answer an `UnavailableError`.
    """
    with our_errors(), Session(engine) as session, session.begin():
        yield session


@contextmanager
def snapshot(engine: Engine) -> Iterator[Session]:
    """Give a session that only reads, sees one moment of the database, and holds up no writer."""
    options: dict[str, Any] = {_READING: True}
    if engine.dialect.name == "postgresql":
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with our_errors(), Session(engine.execution_options(**options)) as session:
        yield session


@contextmanager
def our_errors() -> Iterator[None]:
    """Turn what SQLAlchemy raises into errors of ours."""
    try:
        yield
    except IntegrityError:
        raise ConflictError("the record is there already, or has changed") from None
    except DataError:
        raise MalformedError("the database cannot hold a value") from None
    except PoolTimeoutError:
        raise OverloadedError("too many wait for the database") from None
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) in SERIALIZATION_FAILURES:
            raise ConflictError("someone else changed the record first") from None
        raise UnavailableError("the database did not answer") from None
    except DBAPIError:
        raise UnavailableError("the database did not answer") from None


def _is_file(url: URL) -> bool:
    name = url.database or ":memory:"
    return not name.startswith((":", "file:")) and not url.query and not url.host


def _open_sqlite(url: URL, busy: timedelta, page_bytes: int | None) -> Engine:
    path = Path(str(url.database))
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Made by us first, because SQLite would make it readable for others.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except (OSError, ValueError):
        raise UnavailableError("the database's file cannot be made or written") from None
    arguments = {"check_same_thread": False, "timeout": busy.total_seconds()}
    engine = create_engine(url, connect_args=arguments)
    # The size of pages can be chosen only before anything else is written.
    first = () if page_bytes is None else (f"PRAGMA page_size={page_bytes:d}",)
    event.listen(engine, "connect", partial(_configure, (*first, *_PRAGMAS)))
    event.listen(engine, "begin", _begin_sqlite)
    event.listen(engine, "handle_error", _refuse_value)
    return engine


def _configure(
    pragmas: Sequence[str],
    connection: Any,  # the driver's type is not public
    _record: object,
) -> None:
    # The driver's own transaction control would begin too late for our writers.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in pragmas:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A reader that later writes would fail with "busy"; taking the lock at once makes it wait.
    connection.exec_driver_sql("BEGIN" if _reading(connection) else "BEGIN IMMEDIATE")


def _open_postgresql(url: URL, busy: timedelta, schema: str | None) -> Engine:
    # The server takes the last word on a setting, so what the URL says may change ours.
    options = f"-c lock_timeout={int(busy / timedelta(milliseconds=1))} {_text(url, 'options')}"
    if schema is not None:
        options += f" -c search_path={schema}"
    # Several hosts, for a server and its standby, are taken from the URL as it is.
    named = {name: value for name, value in url.query.items() if name not in _HOSTS}
    arguments = {"connect_timeout": _CONNECT_SECONDS, **_ALIVE, **named, "options": options}
    try:
        engine = create_engine(url, pool_pre_ping=True, connect_args=arguments)
        from ssi_core.adapters.patient_postgres import (  # noqa: PLC0415 - needs the extra
            PatientConnection,
        )
    except (NoSuchModuleError, ImportError):
        raise UnavailableError("PostgreSQL needs the extra `postgres`") from None
    patience = busy.total_seconds() * _PATIENCE

    def connect(_dialect: Any, _record: Any, positional: Any, given: Any) -> Any:
        connection = PatientConnection.connect(*positional, **given)
        connection.patience = patience
        return connection

    event.listen(engine, "do_connect", connect)
    event.listen(engine, "begin", _begin_postgresql)
    event.listen(engine, "handle_error", _refuse_value)
    return engine


def _make_schema(engine: Engine, schema: str) -> None:
    with transaction(engine) as session:
        session.connection().exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {schema}")


def _text(url: URL, name: str) -> str:
    found = url.query.get(name, "")
    return found if isinstance(found, str) else " ".join(found)


def _begin_postgresql(connection: Connection) -> None:
    if not _reading(connection):
        connection.exec_driver_sql(_WRITE_LOCK)


def _refuse_value(context: ExceptionContext) -> None:
    # What the drivers raise outside their own errors: numbers too large, text that is not Unicode.
    if isinstance(context.original_exception, OverflowError | UnicodeError):
        raise MalformedError("the database cannot hold a value") from None


def _reading(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get(_READING, False))
