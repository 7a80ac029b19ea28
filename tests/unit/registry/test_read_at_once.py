"""What a reader is told without a thread being woken for it: the same, or nothing."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from registry.adapters.memory import MemoryLogStore, MemoryWitnessMemory
from registry.model.tlog_tiles import Tile
from registry.ports import LogStore
from registry.service.registry import LogKeys, Registry
from ssi_core.adapters.clock import FixedClock
from tests.support.passing_store import PassingStore
from tests.support.registry import AT, ORIGIN, grant, signer

KEYS = LogKeys(log=signer("log"), witness=signer("witness"), did_witness=signer("did"))
GIVEN, ENDED = grant("given"), grant("ended")


class Far(PassingStore):
    """A store that is a server somewhere."""

    def __init__(self) -> None:
        super().__init__(MemoryLogStore())
        self.is_near = False


def opened(store: LogStore, clock: FixedClock) -> Registry:
    return Registry(
        store,
        origin=ORIGIN,
        public_url="http://localhost:8100",
        keys=KEYS,
        memory=MemoryWitnessMemory(),
        clock=clock,
    )


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(AT)


@pytest.fixture
def registry(clock: FixedClock) -> Iterator[Registry]:
    with opened(MemoryLogStore(), clock) as registry:
        registry.submit_all([GIVEN.raw, ENDED.raw, ENDED.revoked()])
        registry.reader.see()
        yield registry


@pytest.mark.parametrize("grant_id", [GIVEN.id, ENDED.id, "zNobody"])
def test_a_grant_is_shown_at_once_as_it_is_shown_after_waiting(registry, grant_id):
    found = registry.grant_at_once(grant_id)

    assert found == registry.reader.grant(grant_id)


def test_a_checkpoint_is_shown_at_once_as_it_is_shown_after_waiting(registry):
    found = registry.reader.checkpoint_at_once()

    assert found == registry.reader.checkpoint()


def test_nothing_is_shown_at_once_of_a_head_that_is_not_cosigned_yet(registry):
    registry.submit(grant("later").raw)

    assert registry.grant_at_once(GIVEN.id) is None
    assert registry.reader.checkpoint_at_once() is None


def test_nothing_is_shown_at_once_when_the_cosignature_is_a_second_old(registry, clock):
    clock.advance(timedelta(seconds=1))

    assert registry.grant_at_once(GIVEN.id) is None


def test_nothing_is_shown_at_once_from_a_store_that_may_keep_one_waiting(clock):
    with opened(Far(), clock) as registry:
        registry.submit(GIVEN.raw)
        registry.reader.see()

        assert registry.grant_at_once(GIVEN.id) is None
        assert registry.reader.grant(GIVEN.id).entries


def test_a_whole_tile_is_kept_and_one_that_still_grows_is_not(registry):
    for start in range(0, 256, 64):
        registry.submit_all([grant(str(start + number)).raw for number in range(64)])
    whole, growing = Tile(0, 0), Tile(0, 1, 2)
    read = [registry.reader.tile(tile) for tile in (whole, growing)]

    assert registry.reader.tile_at_once(whole) == read[0] == registry.reader.tile(whole)
    assert registry.reader.tile_at_once(growing) is None


def test_a_partial_tile_of_an_earlier_tree_stays_to_be_had_beside_the_whole_one(registry):
    earlier = Tile(0, 0, 3)
    hashes, entries = registry.reader.tile(earlier), registry.reader.bundle(earlier)
    for start in range(0, 256, 64):
        registry.submit_all([grant(str(start + number)).raw for number in range(64)])
    whole = registry.reader.tile(Tile(0, 0))

    assert registry.reader.tile(earlier) == hashes == whole[:96]
    assert registry.reader.bundle(earlier) == entries
