import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from ssi_core.adapters.database import create_tables, open_database, snapshot, transaction
from ssi_core.errors import ConflictError, MalformedError, UnavailableError


class Table(SQLModel, registry=registry()):
    pass


class Note(Table, table=True):
    name: str = Field(primary_key=True)
    count: int = 0


BUSY = timedelta(milliseconds=300)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'notes.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = open_database(url, busy=BUSY)
    create_tables(engine, Table.metadata)
    yield engine
    engine.dispose()


def names(engine: Engine) -> list[str]:
    with snapshot(engine) as session:
        return sorted(note.name for note in session.execute(select(Note)).scalars())


def together(*works: Callable[[], None]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_what_was_committed_is_there_for_others(engine: Engine, url: str) -> None:
    with transaction(engine) as session:
        session.add(Note(name="a"))

    other = open_database(url)

    assert names(other) == ["a"]
    other.dispose()


def test_what_raised_was_not_done(engine: Engine) -> None:
    def work() -> None:
        with transaction(engine) as session:
            session.add(Note(name="a"))
            session.flush()
            raise MalformedError("no")

    with pytest.raises(MalformedError):
        work()

    assert names(engine) == []


def test_a_record_that_is_there_is_a_conflict(engine: Engine) -> None:
    with transaction(engine) as session:
        session.add(Note(name="a"))

    with pytest.raises(ConflictError), transaction(engine) as session:
        session.add(Note(name="a"))


def test_load_decide_store_is_never_torn_between_two_writers(url: str) -> None:
    engine = open_database(url)
    create_tables(engine, Table.metadata)
    with transaction(engine) as session:
        session.add(Note(name="a", count=0))

    def add_ten() -> None:
        for _ in range(10):
            with transaction(engine) as session:
                note = session.get_one(Note, "a")
                note.count = note.count + 1

    together(*[add_ten] * 4)

    with snapshot(engine) as session:
        assert session.get_one(Note, "a").count == 40
    engine.dispose()


def test_a_writer_waits_for_another_and_not_for_ever(engine: Engine) -> None:
    with transaction(engine) as session:
        session.add(Note(name="a"))
        session.flush()
        with pytest.raises(UnavailableError), transaction(engine) as late:
            late.add(Note(name="b"))

    assert names(engine) == ["a"]


def test_a_reader_sees_one_moment_and_holds_up_no_writer(engine: Engine) -> None:
    with transaction(engine) as session:
        session.add(Note(name="a"))
    counting = select(func.count()).select_from(Note)

    with snapshot(engine) as reader:
        before = reader.execute(counting).scalar_one()
        with transaction(engine) as session:
            session.add(Note(name="b"))
        after = reader.execute(counting).scalar_one()

    assert (before, after) == (1, 1)
    assert names(engine) == ["a", "b"]


def test_tables_can_be_created_by_many_at_once(url: str) -> None:
    engines = [open_database(url) for _ in range(4)]
    failures: list[BaseException] = []

    def create(engine: Engine) -> None:
        try:
            create_tables(engine, Table.metadata)
        except UnavailableError as error:
            failures.append(error)

    together(*[lambda engine=engine: create(engine) for engine in engines])

    assert failures == []
    assert names(engines[0]) == []
    for engine in engines:
        engine.dispose()


def test_a_missing_table_is_an_error_of_ours(url: str) -> None:
    engine = open_database(url)

    with pytest.raises(UnavailableError), snapshot(engine) as session:
        session.execute(select(Note)).all()

    engine.dispose()


@pytest.mark.parametrize(
    "note", [{"name": "a", "count": 2**70}, {"name": "\ud800"}, {"name": "a", "count": 2**31}]
)
def test_a_value_that_the_database_cannot_hold_is_malformed(
    engine: Engine, note: dict[str, Any]
) -> None:
    try:
        with transaction(engine) as session:
            session.add(Note(**note))
    except MalformedError:
        kept: list[str] = []
    else:
        # SQLite's integers have 64 bits, PostgreSQL's 32.
        kept = ["a"] if engine.dialect.name == "sqlite" and note["count"] == 2**31 else ["never"]

    assert names(engine) == kept


def test_nothing_of_a_failure_quotes_a_value(engine: Engine) -> None:
    with transaction(engine) as session:
        session.add(Note(name="Zebulon"))

    with pytest.raises(ConflictError) as caught, transaction(engine) as session:
        session.add(Note(name="Zebulon"))

    assert "Zebulon" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    "url",
    [
        "",
        "notes.db",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///file:notes?mode=memory&uri=true",
        "sqlite:///notes.db?mode=ro",
        "sqlite://host/notes.db",
        "sqlite+aiosqlite:///notes.db",
        "postgresql://host/notes",
        "postgresql+psycopg2://host/notes",
        "postgresql+psycopg://host:port/notes",
        "mysql://host/notes",
        "https://example.org/",
    ],
)
def test_any_other_database_is_refused(url: str) -> None:
    with pytest.raises(MalformedError):
        open_database(url)


def test_a_database_file_and_its_log_are_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "notes.db"
    engine = open_database(f"sqlite:///{path}")

    create_tables(engine, Table.metadata)

    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes["notes.db"] == modes["notes.db-wal"] == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    engine.dispose()


def test_sqlite_is_set_to_be_durable(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'notes.db'}")
    pragmas = ["journal_mode", "synchronous", "foreign_keys", "secure_delete", "busy_timeout"]

    with snapshot(engine) as session:
        found = [session.execute(text(f"PRAGMA {name}")).scalar() for name in pragmas]

    assert found == ["wal", 2, 1, 1, 10_000]
    engine.dispose()


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(UnavailableError):
        open_database(f"sqlite:///{tmp_path / 'file' / 'notes.db'}")


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_bytes(b"something else altogether" * 100)
    engine = open_database(f"sqlite:///{tmp_path / 'notes.db'}")

    with pytest.raises(UnavailableError):
        create_tables(engine, Table.metadata)
    with pytest.raises(UnavailableError), transaction(engine) as session:
        session.add(Note(name="a"))

    engine.dispose()


def test_a_full_disk_is_unavailable_and_loses_nothing(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'notes.db'}")
    create_tables(engine, Table.metadata)
    with transaction(engine) as session:
        session.add(Note(name="a"))

    def fill() -> None:
        with transaction(engine) as session:
            session.execute(text("PRAGMA max_page_count = 1"))
            session.add_all([Note(name="x" * 1000 + str(number)) for number in range(100)])

    with pytest.raises(UnavailableError):
        fill()

    assert names(engine) == ["a"]
    engine.dispose()


def test_a_file_locked_by_another_program_is_unavailable_after_the_timeout(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    engine = open_database(f"sqlite:///{path}", busy=BUSY)
    create_tables(engine, Table.metadata)

    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(UnavailableError), transaction(engine) as session:
            session.add(Note(name="a"))
        other.execute("ROLLBACK")
    with transaction(engine) as session:
        session.add(Note(name="b"))

    assert names(engine) == ["b"]
    engine.dispose()


class Later(SQLModel, registry=registry()):
    pass


class LaterNote(Later, table=True):
    """The same table in a later program: a column may be empty, so it can be added."""

    __tablename__ = "note"  # pyright: ignore[reportAssignmentType]  # SQLModel declares a callable

    name: str = Field(primary_key=True)
    count: int = 0
    raw: bytes | None = None
    said: str | None = None


def test_a_column_that_was_added_since_is_there_and_empty(engine: Engine) -> None:
    with transaction(engine) as session:
        session.add(Note(name="a"))

    create_tables(engine, Later.metadata)
    create_tables(engine, Later.metadata)

    with transaction(engine) as session:
        session.add(LaterNote(name="b", raw=b"x", said="y"))
    with snapshot(engine) as session:
        found = session.execute(select(LaterNote).order_by(LaterNote.name)).scalars().all()
        assert [(each.raw, each.said) for each in found] == [(None, None), (b"x", "y")]
    assert names(engine) == ["a", "b"]
