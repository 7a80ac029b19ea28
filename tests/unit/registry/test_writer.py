"""The log's one writer, when it cannot be certain what the store has done."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from registry.adapters.memory import MemoryLogStore, MemoryWitnessMemory
from registry.model.grant_status import GrantStatus
from registry.model.status_map import Status
from registry.ports import Batch
from registry.service.fsck import fsck
from registry.service.registry import LogKeys, Registry
from ssi_core.adapters.clock import FixedClock
from ssi_core.errors import MalformedError, NotFoundError, UnavailableError
from tests.support.passing_store import PassingStore
from tests.support.registry import AT, ORIGIN, grant, organisation, signer


class Flaky(PassingStore):
    """A store that may store and not answer, or answer and not store."""

    def __init__(self) -> None:
        super().__init__(MemoryLogStore())
        self.says: str = "yes"
        self.batches: list[Batch] = []

    def append(self, batch: Batch) -> None:
        """Do, or do not, what it says."""
        if self.says != "nothing was stored":
            self.real.append(batch)
            self.batches.append(batch)
        if self.says != "yes":
            raise UnavailableError(self.says)


@pytest.fixture
def store() -> Flaky:
    return Flaky()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(AT)


@pytest.fixture
def registry(store: Flaky, clock: FixedClock) -> Iterator[Registry]:
    with Registry(
        store,
        origin=ORIGIN,
        public_url="http://localhost:8100",
        keys=LogKeys(log=signer("log"), witness=signer("witness"), did_witness=signer("did")),
        memory=MemoryWitnessMemory(),
        clock=clock,
    ) as opened:
        yield opened


@pytest.mark.parametrize("says", ["nothing was stored", "the answer was lost"])
def test_an_entry_whose_fate_was_not_known_stands_in_the_log_once(store, registry, says):
    registry.submit(grant("a").raw)
    store.says = says
    with pytest.raises(UnavailableError):
        registry.submit(grant("b").raw)
    store.says = "yes"

    again = registry.submit(grant("b").raw)
    after = registry.submit(grant("c").raw)

    assert (again.index, again.known) == (2, says == "the answer was lost")
    assert after.index == 4
    assert fsck(store).size == 6


def test_what_a_lost_answer_was_about_is_not_forgotten(store, registry):
    given = grant("a")
    store.says = "the answer was lost"
    with pytest.raises(UnavailableError):
        registry.submit(given.raw)
    store.says = "yes"

    ended = registry.submit(given.revoked())

    assert not ended.known
    assert fsck(store).size == 4


def test_a_grant_that_is_as_it_was_given_takes_a_row_without_its_terms(store, registry):
    given = grant("a")

    registry.submit_all([given.raw, organisation("clinic").op])

    with store.snapshot() as log:
        assert log.rows("grant", [given.id])[given.id].body == '{"given":0}'


def test_state_is_read_again_after_a_restart_as_it_was_remembered(store, registry):
    given, other = grant("a"), grant("b")
    registry.submit_all([given.raw, other.raw, given.revoked()])
    registry.close()

    with Registry(
        store,
        origin=ORIGIN,
        public_url="http://localhost:8100",
        keys=LogKeys(log=signer("log"), witness=signer("witness"), did_witness=signer("did")),
        memory=MemoryWitnessMemory(),
        clock=FixedClock(AT),
    ) as second:
        outcomes = second.submit_all([given.revoked(given.next_key), other.revoked(other.next_key)])

    assert [type(outcome).__name__ for outcome in outcomes] == ["ConflictError", "Receipt"]
    assert fsck(store).size == 6


def test_only_chunks_of_the_status_map_that_changed_are_written(store, registry):
    given = grant("a")
    registry.submit(given.raw)
    registry.submit(given.revoked())

    assert [sorted(batch.chunks) for batch in store.batches] == [[], [0]]


def test_a_status_is_that_after_the_last_batch(registry):
    given = grant("a")
    with pytest.raises(NotFoundError):
        registry.status(given.id)
    registry.submit(given.raw)
    before = registry.status(given.id)

    registry.submit(given.revoked())

    assert (before.status, before.size) == (Status.IN_FORCE, 2)
    assert registry.status(given.id) == GrantStatus(Status.ENDED, 4)


def test_what_may_have_been_stored_meanwhile_is_no_status(store, registry):
    given = grant("a")
    registry.submit(given.raw)
    registry.status(given.id)
    store.says = "the answer was lost"
    with pytest.raises(UnavailableError):
        registry.submit(given.revoked())

    with pytest.raises(UnavailableError):
        registry.status(given.id)


def test_a_writer_that_was_fenced_out_says_no_status_a_second_later(store, registry, clock):
    given = grant("a")
    registry.submit(given.raw)
    registry.status(given.id)
    assert registry.status_at_once(given.id) == GrantStatus(Status.IN_FORCE, 2)

    store.claim()
    clock.advance(timedelta(seconds=1))

    assert registry.status_at_once(given.id) is None
    with pytest.raises(UnavailableError):
        registry.status(given.id)


def test_a_clock_that_was_put_back_does_not_put_off_the_next_look(store, registry, clock):
    given = grant("a")
    registry.submit(given.raw)
    registry.status(given.id)
    store.claim()

    clock.advance(-timedelta(hours=1))

    with pytest.raises(UnavailableError):
        registry.status(given.id)


def test_a_status_that_has_to_be_read_first_is_not_there_at_once(registry):
    given = grant("a")
    registry.submit(given.raw)

    assert registry.status_at_once(given.id) is None
    assert registry.status_at_once("unknown") is None


@pytest.mark.parametrize("status", Status)
def test_the_status_of_a_grant_has_a_form_that_can_be_read(status):
    said = GrantStatus(status, 7)

    assert GrantStatus.from_json(said.to_json()) == said


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"status": "active", "size": 1},
        {"status": 0, "size": 1},
        {"status": "ended"},
        {"status": "ended", "size": -1},
    ],
)
def test_what_is_no_status_is_not_read_as_one(body):
    with pytest.raises(MalformedError):
        GrantStatus.from_json(body)
