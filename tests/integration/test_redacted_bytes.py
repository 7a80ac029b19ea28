"""What is redacted is gone from the files themselves, and not only from what is answered."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from registry.adapters import sql
from registry.adapters.sql import SqlLogStore
from registry.model.merkle import leaf_hash
from registry.ports import StateRow
from ssi_core.adapters.database import open_database
from ssi_core.errors import UnavailableError
from tests.support.log_batches import EMPTY, batch

# Long enough to need pages of its own, and easy to find.
SECRET = b"a-key-that-must-go" * 2_000
KEYS = StateRow("grant", "z1", None, '{"ctl":"a-control-key-that-must-go"}')
TRACES = (b"a-key-that-must-go", b"a-control-key-that-must-go")

# Before anything is to be wiped, because opening a database wipes what was left to be.
FIRST = batch(EMPTY, b"0")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlLogStore]:
    busy = timedelta(seconds=1)
    url = f"sqlite:///{tmp_path / 'log.db'}"
    engine = open_database(url, page_bytes=sql.PAGE_BYTES, busy=busy)
    opened = SqlLogStore(engine)
    opened.create(EMPTY)
    opened.append(FIRST)
    yield opened
    engine.dispose()


def traces(folder: Path) -> list[str]:
    """The files of the database in which something of the secret is left."""
    found = [path for path in folder.iterdir() if any(t in path.read_bytes() for t in TRACES)]
    return sorted(path.name for path in found)


def test_redacted_bytes_are_in_none_of_the_files(tmp_path, store):
    first = batch(FIRST.head, SECRET, b"2", created=(KEYS,))
    store.append(first)
    before = traces(tmp_path)

    store.append(
        batch(first.head, b"3", replaced=(StateRow("grant", "z1", None, "{}"),), redacted=[1])
    )

    assert before == ["log.db-wal"]
    assert traces(tmp_path) == []
    assert (tmp_path / "log.db-wal").stat().st_size == 0


def test_bytes_that_had_reached_the_file_are_wiped_there(tmp_path):
    url = f"sqlite:///{tmp_path / 'log.db'}"
    engine = open_database(url)
    store = SqlLogStore(engine)
    store.create(EMPTY)
    first = batch(EMPTY, b"0", SECRET, created=(KEYS,))
    store.append(first)
    engine.dispose()
    before = traces(tmp_path)
    engine = open_database(url)
    store = SqlLogStore(engine)

    store.append(
        batch(first.head, b"2", replaced=(StateRow("grant", "z1", None, "{}"),), redacted=[1])
    )

    assert before == ["log.db"]
    assert traces(tmp_path) == []
    engine.dispose()


def test_bytes_that_a_reader_keeps_are_wiped_once_it_has_gone(tmp_path, store, monkeypatch):
    monkeypatch.setattr(sql, "_PATIENCE_SECONDS", 0.0)
    first = batch(FIRST.head, SECRET)
    store.append(first)
    with store.snapshot() as log:
        log.head()
        second = batch(first.head, b"2", redacted=[1])
        store.append(second)
        kept, shown = traces(tmp_path), log.entries([1])

    store.append(batch(second.head, b"3"))

    assert "log.db-wal" in kept
    assert shown == {1: SECRET}
    assert traces(tmp_path) == []


def test_of_a_dropped_log_nothing_is_in_any_of_the_files(tmp_path, store):
    many = [f"a-key-that-must-go {number} ".encode() * 20 for number in range(2_000)]
    first = batch(FIRST.head, *many, created=(KEYS,))
    store.append(first)
    second = batch(first.head, SECRET, chunks={0: TRACES[0] * 900})
    store.append(second)
    store.wipe()
    file = tmp_path / "log.db"
    before, full = traces(tmp_path), file.read_bytes()

    store.drop(store.claim(), remains=b"where it went")
    store.wipe()

    assert before == ["log.db"]
    assert traces(tmp_path) == []
    left = file.read_bytes()
    assert all(leaf_hash(raw) in full and leaf_hash(raw) not in left for raw in many)
    assert len(left) < len(full) / 5
    assert b"where it went" in left


def test_what_a_reader_keeps_of_a_dropped_log_is_wiped_when_it_is_done_again(tmp_path, store):
    first = batch(FIRST.head, SECRET, created=(KEYS,))
    store.append(first)
    with store.snapshot() as log:
        log.head()
        store.drop(store.claim(), remains=b"where it went")
        with pytest.raises(UnavailableError):
            store.wipe()
        kept = traces(tmp_path)

    store.wipe()

    assert kept != []
    assert traces(tmp_path) == []
