"""A writer that is killed between any two statements leaves all of a batch, or none of it."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Never

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from registry.adapters import sql
from registry.adapters.memory import MemoryLogStore
from registry.adapters.sql import SqlLogStore
from registry.model.status_map import CHUNK_BYTES
from registry.ports import Batch, Head, LogStore, StateRow
from ssi_core.adapters.database import open_database
from ssi_core.adapters.driver_cursors import write_cursor
from tests.support.log_batches import EMPTY, batch, everything

# Before each statement of a batch, and before the commit; later than the last one, nothing happens.
MOMENTS = st.integers(0, 9)


class Dying:
    """A driver's cursor that kills its process before statement `moment`."""

    def __init__(self, cursor: Any, moment: int) -> None:
        self._cursor = cursor
        self._left = moment

    def execute(self, *args: Any) -> Any:
        """Say one statement, or die."""
        self.pass_by()
        return self._cursor.execute(*args)

    def executemany(self, *args: Any) -> Any:
        """Say one statement many times, or die."""
        self.pass_by()
        return self._cursor.executemany(*args)

    def pass_by(self) -> None:
        """Live through one moment more."""
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self._left -= 1


def append_and_die(url: str, change: Batch, moment: int) -> int:
    """Append in a child that is killed at `moment`; return how it ended."""
    child = os.fork()
    if child == 0:
        _in_child(url, change, moment)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _in_child(url: str, change: Batch, moment: int) -> Never:
    real = write_cursor

    @contextmanager
    def dying(engine: Engine) -> Iterator[Dying]:
        with real(engine) as cursor:
            watched = Dying(cursor, moment)
            yield watched
            watched.pass_by()

    try:
        store = SqlLogStore(open_database(url))
        # This process is about to end, and nothing else in it will notice.
        setattr(sql, "write_cursor", dying)  # noqa: B010 - it is another type, as a type checker sees
        store.append(change)
        os._exit(0)
    finally:
        os._exit(1)


@st.composite
def batches(draw: st.DrawFn, after: Head, known: int) -> Batch:
    """A batch of up to five entries that touches whatever a batch can touch."""
    count = draw(st.integers(1, 5))
    names = [str(number).encode() for number in range(after.size, after.size + count)]
    size = after.size + count
    return batch(
        after,
        *names,
        created=tuple(
            StateRow("grant", f"k{known + n}", f"l{n}" if n % 2 else None, "{}")
            for n in range(draw(st.integers(0, 3)))
        ),
        replaced=tuple(
            StateRow("grant", f"k{n}", None, f'{{"at":{size}}}')
            for n in sorted(draw(st.sets(st.integers(0, known - 1), max_size=3)) if known else [])
        ),
        chunks={
            n: draw(st.binary(max_size=9)).ljust(CHUNK_BYTES, b"\0")
            for n in sorted(draw(st.sets(st.integers(0, 3), max_size=2)))
        },
        redacted=sorted(draw(st.sets(st.integers(0, size - 1), max_size=2))),
    )


def both_append(first: LogStore, second: LogStore, change: Batch) -> None:
    """Append to two stores."""
    first.append(change)
    second.append(change)


@settings(max_examples=12)
@given(data=st.data())
def test_a_killed_writer_leaves_all_of_a_batch_or_none_of_it(data):
    model = MemoryLogStore()
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder, 'log.db')}"
        _check_crashes(url, model, data)


def _check_crashes(url: str, model: MemoryLogStore, data: st.DataObject) -> None:
    engine = open_database(url)
    store, head, known = SqlLogStore(engine), EMPTY, 0
    store.create(EMPTY)
    model.create(EMPTY)
    for _ in range(3):
        change = data.draw(batches(head, known))
        before = everything(store)
        ended = append_and_die(url, change, data.draw(MOMENTS))
        if ended == 0:
            model.append(change)
        else:
            assert ended == -signal.SIGKILL
            assert everything(store) == before
            both_append(store, model, change)
        assert everything(store) == everything(model)
        head, known = change.head, known + len(change.created)
    engine.dispose()


def test_a_killed_writer_leaves_postgresql_as_it_was(postgres_url):
    engine = open_database(postgres_url)
    store = SqlLogStore(engine)
    store.create(EMPTY)
    first = batch(EMPTY, b"0", created=(StateRow("grant", "k0", None, "{}"),))
    store.append(first)
    head, endings = first.head, []

    for moment in range(10):
        change = batch(
            head,
            str(head.size).encode(),
            created=(StateRow("grant", f"k{head.size}", None, "{}"),),
            replaced=(StateRow("grant", "k0", None, f'{{"n":{moment}}}'),),
            chunks={0: bytes(CHUNK_BYTES)},
            redacted=[0],
        )
        before = everything(store)
        endings.append(append_and_die(postgres_url, change, moment))
        if endings[-1]:
            assert everything(store) == before
            store.append(change)
        head = change.head

    with store.snapshot() as log:
        assert log.head() == head
    assert endings[0] == -signal.SIGKILL
    assert endings[-1] == 0
    assert set(endings) == {0, -signal.SIGKILL}
    engine.dispose()
