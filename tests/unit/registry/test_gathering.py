"""Who waits for whom, before entries are stored as one batch."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from threading import Event

import pytest

from registry.adapters.memory import MemoryLogStore, MemoryWitnessMemory
from registry.ports import Batch
from registry.service.registry import LogKeys, Registry
from registry.service.sequencer import Outcome, Pace
from ssi_core.adapters.clock import FixedClock
from tests.support.passing_store import PassingStore
from tests.support.registry import AT, ORIGIN, grant, signer

LONG = 30.0
SHORT = 10.0
# Who is expected in these tests: one who was answered, beside two who wait.
THREE = 3


class Gated(PassingStore):
    """A store that stores once it may, and says how many entries each batch had."""

    def __init__(self) -> None:
        super().__init__(MemoryLogStore())
        self.asked = Event()
        self.may = Event()
        self.batches: list[int] = []

    def append(self, batch: Batch) -> None:
        """Store the batch, which ends with the log's own entry."""
        self.asked.set()
        self.may.wait(LONG)
        self.real.append(batch)
        self.batches.append(len(batch.entries) - 1)


@contextmanager
def opened(store: Gated, pace: Pace) -> Iterator[Callable[[str], Future[list[Outcome]]]]:
    """Open a log, and give what hands in a grant of that name."""
    keys = LogKeys(log=signer("log"), witness=signer("witness"), did_witness=signer("did"))
    registry = Registry(
        store,
        origin=ORIGIN,
        public_url="http://localhost:8100",
        keys=keys,
        memory=MemoryWitnessMemory(),
        clock=FixedClock(AT),
        pace=pace,
    )
    with registry:
        yield lambda name: registry.begin([grant(name).raw])
        store.may.set()


@pytest.fixture
def store() -> Gated:
    return Gated()


def test_who_was_answered_a_moment_ago_is_waited_for(store):
    with opened(store, Pace(linger=LONG, few=THREE)) as begin:
        first = begin("first")
        store.asked.wait(LONG)
        others = [begin("second"), begin("third")]
        store.may.set()
        first.result(LONG)

        again = begin("first again")

        wait([*others, again], LONG)
    assert store.batches == [1, 3]


@pytest.mark.parametrize(
    "pace",
    [
        Pace(linger=LONG, few=THREE, enough=2),
        Pace(linger=LONG, few=THREE, times=0),
        Pace(linger=0.01, few=THREE, times=10_000),
        Pace(linger=LONG, few=THREE + 1),
    ],
    ids=[
        "enough are there",
        "it has lingered often enough",
        "nobody comes any more",
        "few are expected",
    ],
)
def test_nobody_is_waited_for_once(store, pace):
    with opened(store, pace) as begin:
        first = begin("first")
        store.asked.wait(LONG)
        others = [begin("second"), begin("third")]

        store.may.set()

        done, _ = wait([first, *others], SHORT)
        assert len(done) == 3
    assert store.batches == [1, 2]


def test_a_lone_writer_waits_for_nobody(store):
    store.may.set()
    with opened(store, Pace(linger=LONG, few=0)) as begin:
        for name in ("first", "second", "third"):
            begin(name).result(SHORT)

    assert store.batches == [1, 1, 1]


def test_a_log_that_closes_waits_for_nobody(store):
    with opened(store, Pace(linger=LONG, few=0)) as begin:
        begin("first")
        store.asked.wait(LONG)
        last = begin("second")
        began = time.monotonic()

    assert last.done()
    assert store.batches == [1, 1]
    assert time.monotonic() - began < SHORT
