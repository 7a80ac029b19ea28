"""The drivers' own cursors, for statements by the thousand: what SQLAlchemy costs would show."""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

from sqlalchemy import Engine

from ssi_core.adapters.database import SERIALIZATION_FAILURES, our_errors
from ssi_core.errors import ConflictError, MalformedError, UnavailableError


@contextmanager
def write_cursor(engine: Engine) -> Iterator[Any]:
    """Give the driver's own cursor in a transaction that ends as that of `transaction` does.

    For statements by the thousand. It takes no lock of its own beyond SQLite's: what it writes must
    compare what it replaces.
    """
    with _driver_transaction(engine, "BEGIN IMMEDIATE", None) as cursor:
        yield cursor


@contextmanager
def read_cursor(engine: Engine) -> Iterator[Any]:
    """Give the driver's own cursor on one moment of the database, as `snapshot` does."""
    reading = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
    with _driver_transaction(engine, "BEGIN", reading) as cursor:
        yield cursor


@contextmanager
def _driver_transaction(engine: Engine, on_sqlite: str, on_postgresql: str | None) -> Iterator[Any]:
    # psycopg begins by itself; SQLite's driver has been told not to.
    begin = on_sqlite if engine.dialect.name == "sqlite" else on_postgresql
    with our_errors(), _driver_errors(engine), closing(engine.raw_connection()) as connection:
        try:
            cursor = connection.cursor()
            if begin is not None:
                cursor.execute(begin)
            yield cursor
            connection.commit()
        except BaseException:
            with suppress(Exception):
                connection.rollback()
            raise


@contextmanager
def _driver_errors(engine: Engine) -> Iterator[None]:
    driver: Any = engine.dialect.loaded_dbapi
    try:
        yield
    except driver.IntegrityError:
        raise ConflictError("the record is there already, or has changed") from None
    except (driver.DataError, OverflowError, UnicodeError):
        raise MalformedError("the database cannot hold a value") from None
    except driver.Error as error:
        if getattr(error, "sqlstate", None) in SERIALIZATION_FAILURES:
            raise ConflictError("someone else changed the record first") from None
        raise UnavailableError("the database did not answer") from None
