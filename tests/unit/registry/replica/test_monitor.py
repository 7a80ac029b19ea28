"""What a monitor tells: everything that concerns a watch, at least once, and nothing else."""

from contextlib import closing

import pytest

from registry.adapters.memory import MemoryLogStore, MemoryWitnessMemory
from registry.model import entry
from registry.model.envelope import multikey_hash
from registry.model.watch import Watch
from registry.service.replica.monitor import Monitor
from ssi_core.errors import MalformedError
from tests.support.registry import AT, ORIGIN, grant, organisation, signer
from tests.support.replica import RegistrySource, follower_of, open_source

CLINIC, WARD = organisation("clinic"), organisation("ward")
MINE, OTHER = grant("mine"), grant("other")
ROOT = CLINIC.accredits(CLINIC.did, role="accredit")


class Place:
    """A monitor's place, in memory."""

    def __init__(self) -> None:
        self.index = 0

    def place(self) -> int:
        return self.index

    def keep_place(self, index: int) -> None:
        self.index = index


@pytest.fixture
def registry():
    with closing(open_source(MemoryLogStore(), MemoryWitnessMemory())) as opened:
        for raw in (MINE.raw, OTHER.raw, CLINIC.op, ROOT):
            opened.submit(raw)
        yield opened


def monitor_of(registry, watch: Watch, place=None, store=None) -> Monitor:
    follower, store = follower_of(RegistrySource(registry), store)
    return Monitor(store, follower, watch=watch, memory=place or Place())


def told(monitor: Monitor) -> list[tuple[str, str | None]]:
    monitor.follow()
    return [(found.type, found.id) for found in monitor.untold()]


KEYS = {
    "the grant's own key": MINE.key.public_key.multikey,
    "the hash of the next key": multikey_hash(MINE.next_key.public_key.multikey),
    "the next key": MINE.next_key.public_key.multikey,
    "the revocation key": MINE.revocation_key.public_key.multikey,
}


@pytest.mark.parametrize("name", KEYS)
def test_a_patient_hears_of_every_entry_that_a_key_of_theirs_is_in(registry, name: str):
    monitor = monitor_of(registry, Watch(keys=frozenset({KEYS[name]})))

    assert told(monitor) == [("consent.grant", MINE.id)]


def test_an_end_that_was_signed_with_the_revocation_key_is_told(registry):
    key = multikey_hash(MINE.revocation_key.public_key.multikey)
    monitor = monitor_of(registry, Watch(keys=frozenset({key})))
    told(monitor)

    registry.submit(MINE.revoked(MINE.revocation_key))

    assert told(monitor) == [("consent.revoke", MINE.id)]


def test_a_watched_grant_is_told_of_whoever_signs(registry):
    monitor = monitor_of(registry, Watch(histories=frozenset({OTHER.id})))
    registry.submit(entry.consent_suspend(log=ORIGIN, grant_id=OTHER.id, signer=OTHER.key, at=AT))
    registry.submit(OTHER.revoked(OTHER.next_key))

    assert told(monitor) == [
        ("consent.grant", OTHER.id),
        ("consent.suspend", OTHER.id),
        ("consent.revoke", OTHER.id),
    ]


def test_an_authority_hears_of_what_an_issuer_says_and_of_what_is_said_of_it(registry):
    given = CLINIC.accredits(WARD.did, parent=ROOT)
    monitor = monitor_of(registry, Watch(issuers=frozenset({WARD.did})))
    for raw in (WARD.op, given, WARD.publishes()):
        registry.submit(raw)

    assert [kind for kind, _ in told(monitor)] == ["did.op", "accredit.grant", "status.publish"]


def test_the_versions_of_a_watched_did_are_told_and_nothing_else_that_it_says(registry):
    monitor = monitor_of(registry, Watch(dids=frozenset({CLINIC.did})))
    registry.submit(CLINIC.publishes())
    registry.submit(CLINIC.updates())

    assert [kind for kind, _ in told(monitor)] == ["did.op", "did.op"]


def test_what_concerns_nobody_is_not_told(registry):
    stranger = frozenset({signer("nobody").public_key.multikey})

    assert told(monitor_of(registry, Watch(keys=stranger))) == []


def test_a_monitor_goes_on_where_it_was_and_tells_again_what_it_could_not_finish(registry):
    watch, place = Watch(histories=frozenset({MINE.id, OTHER.id})), Place()
    first = monitor_of(registry, watch, place)
    first.follow()
    findings = first.untold()
    assert next(findings).id == MINE.id
    assert next(findings).id == OTHER.id

    again = monitor_of(registry, watch, place)

    assert told(again) == [("consent.grant", OTHER.id)]
    assert told(again) == []


def test_a_watch_for_nothing_is_refused():
    with pytest.raises(MalformedError):
        Watch()
