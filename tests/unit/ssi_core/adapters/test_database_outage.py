import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from ssi_core.adapters.database import open_database, snapshot, transaction
from ssi_core.adapters.driver_cursors import write_cursor
from ssi_core.adapters.migrations import migrate
from ssi_core.adapters.sqlite_files import checkpoint_sqlite
from ssi_core.errors import UnavailableError

KILL = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = open_database(postgres_url)
    with transaction(engine) as session:
        session.execute(text("CREATE TABLE note (name text PRIMARY KEY)"))
    yield engine
    engine.dispose()


@pytest.fixture
def hasty(postgres_url: str) -> Iterator[Engine]:
    """Wait for less than a second."""
    engine = open_database(postgres_url, busy=timedelta(milliseconds=400))
    yield engine
    engine.dispose()


def kill_connections(url: str) -> None:
    other = create_engine(make_url(url))
    with other.connect() as connection:
        connection.execute(text(KILL))
    other.dispose()


def count(engine: Engine) -> int:
    with snapshot(engine) as session:
        return int(session.execute(text("SELECT count(*) FROM note")).scalar_one())


def test_a_server_that_went_away_between_calls_is_not_noticed(
    engine: Engine, postgres_url: str
) -> None:
    assert count(engine) == 0

    kill_connections(postgres_url)

    assert count(engine) == 0


def test_a_server_that_goes_away_in_a_transaction_is_unavailable_and_nothing_was_done(
    engine: Engine, postgres_url: str
) -> None:
    def work() -> None:
        with transaction(engine) as session:
            session.execute(text("INSERT INTO note VALUES ('a')"))
            kill_connections(postgres_url)
            session.execute(text("INSERT INTO note VALUES ('b')"))

    with pytest.raises(UnavailableError):
        work()

    assert count(engine) == 0


def test_a_server_that_goes_away_before_the_commit_is_unavailable(
    engine: Engine, postgres_url: str
) -> None:
    def work() -> None:
        with transaction(engine) as session:
            session.execute(text("INSERT INTO note VALUES ('a')"))
            kill_connections(postgres_url)

    with pytest.raises(UnavailableError):
        work()

    assert count(engine) == 0


def test_a_server_that_goes_away_under_a_reader_is_unavailable(
    engine: Engine, postgres_url: str
) -> None:
    def work() -> None:
        with snapshot(engine) as session:
            session.execute(text("SELECT 1"))
            kill_connections(postgres_url)
            session.execute(text("SELECT 1"))

    with pytest.raises(UnavailableError):
        work()

    assert count(engine) == 0


def test_a_server_that_does_not_answer_is_unavailable_and_asked_anew(hasty: Engine) -> None:
    began = monotonic()

    with pytest.raises(UnavailableError), snapshot(hasty) as session:
        session.execute(text("SELECT pg_sleep(5)"))

    assert monotonic() - began < 4
    with snapshot(hasty) as session:
        assert session.execute(text("SELECT 1")).scalar_one() == 1


def test_only_a_step_of_a_schema_may_take_longer(hasty: Engine) -> None:
    def slow(cursor: Any, _dialect: str) -> None:
        cursor.execute("SELECT pg_sleep(1)")

    migrate(hasty, room="notes", steps=(slow,))

    with pytest.raises(UnavailableError), write_cursor(hasty) as cursor:
        slow(cursor, "postgresql")


def test_a_reader_cannot_write(engine: Engine) -> None:
    with pytest.raises(UnavailableError), snapshot(engine) as session:
        session.execute(text("INSERT INTO note VALUES ('a')"))

    assert count(engine) == 0


def test_a_server_that_is_not_there_is_unavailable(scripted) -> None:
    gone = scripted(lambda _connection, _number: None)
    gone.kill()
    engine = open_database(f"postgresql+psycopg://nobody:planted@127.0.0.1:{gone.port}/none")

    with pytest.raises(UnavailableError) as caught, transaction(engine) as session:
        session.execute(text("SELECT 1"))

    assert "planted" not in str(caught.value)
    engine.dispose()


def test_a_server_that_speaks_something_else_is_unavailable(scripted) -> None:
    web = scripted(lambda connection, _number: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n"))
    engine = open_database(f"postgresql+psycopg://nobody@127.0.0.1:{web.port}/none")

    with pytest.raises(UnavailableError), transaction(engine) as session:
        session.execute(text("SELECT 1"))

    engine.dispose()


def test_folding_leaves_nothing_in_the_write_ahead_log(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    engine = open_database(f"sqlite:///{path}")
    with transaction(engine) as session:
        session.execute(text("CREATE TABLE note (name text)"))
        session.execute(text("INSERT INTO note VALUES ('Zebulon')"))
    with transaction(engine) as session:
        session.execute(text("DELETE FROM note"))

    checkpoint_sqlite(engine)

    assert path.with_name("notes.db-wal").stat().st_size == 0
    assert b"Zebulon" not in path.read_bytes()
    engine.dispose()


def test_folding_waits_for_readers_and_not_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    engine = open_database(f"sqlite:///{path}", busy=timedelta(milliseconds=200))
    with transaction(engine) as session:
        session.execute(text("CREATE TABLE note (name text)"))

    with snapshot(engine) as reader:
        reader.execute(text("SELECT * FROM note")).all()
        with transaction(engine) as session:
            session.execute(text("INSERT INTO note VALUES ('a')"))
        with pytest.raises(UnavailableError):
            checkpoint_sqlite(engine)
    checkpoint_sqlite(engine)

    assert path.with_name("notes.db-wal").stat().st_size == 0
    engine.dispose()


def test_folding_a_file_that_is_locked_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    engine = open_database(f"sqlite:///{path}", busy=timedelta(milliseconds=200))
    with transaction(engine) as session:
        session.execute(text("CREATE TABLE note (name text)"))

    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO note VALUES ('a')")
        with pytest.raises(UnavailableError):
            checkpoint_sqlite(engine)

    engine.dispose()


def test_folding_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_bytes(b"something else altogether" * 100)
    engine = open_database(f"sqlite:///{path}")

    with pytest.raises(UnavailableError):
        checkpoint_sqlite(engine)

    engine.dispose()


def test_there_is_nothing_to_fold_in_postgresql(engine: Engine) -> None:
    checkpoint_sqlite(engine)

    assert count(engine) == 0
