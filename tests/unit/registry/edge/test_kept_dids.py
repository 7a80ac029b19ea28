"""The log of a DID as it is kept: verified whenever it is used, and asked for once a minute."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from registry.client.edge import EvidenceCache, KeptDids, MemoryEvidenceStore
from registry.client.edge.kept_evidence import KeptRow, did_key
from registry.client.edge.presence import Presence, Reach
from registry.client.edge.sentinel import AlwaysTry
from registry.model.envelope import Entry
from ssi_core.adapters.clock import FixedClock
from ssi_core.did.document import VerificationRelationship
from ssi_core.did.syntax import Did
from ssi_core.errors import DeactivatedError, MalformedError, ProofError, UnavailableError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_object
from tests.support.registry import AT, organisation

CLINIC = organisation("clinic")
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
END = as_object(Entry.parse(CLINIC.updates(deactivate=True)).members["line"], at="/line")


class Logs:
    """A registry with the clinic's DID, that counts how often it is asked and can be away."""

    def __init__(self) -> None:
        self.lines: list[JsonObject] = [CLINIC.line]
        self.asked = 0
        self.away = False

    def did_log(self, did: Did) -> Sequence[JsonObject]:
        assert did == CLINIC.did
        self.asked += 1
        if self.away:
            raise UnavailableError("away")
        return self.lines

    def did_witness(self, did: Did) -> JsonValue:
        assert did == CLINIC.did
        return []


class Offline:
    """A watch that knows the registry to be away."""

    def presence(self) -> Presence:
        return Presence(reach=Reach.OFFLINE, since=AT)

    def heard(self) -> None:
        raise AssertionError

    def failed(self) -> None:
        raise AssertionError


def opened(logs: Logs, store: MemoryEvidenceStore) -> KeptDids:
    return KeptDids(logs, EvidenceCache(store), AlwaysTry(FixedClock(AT)))


def test_a_log_is_asked_for_once_a_minute() -> None:
    logs = Logs()
    dids = opened(logs, MemoryEvidenceStore())

    for seconds in (0, 1, 59, 60, 61):
        dids.keep(CLINIC.did, at=AT + timedelta(seconds=seconds))

    assert logs.asked == 2


def test_what_was_kept_is_as_old_as_its_last_answer() -> None:
    logs = Logs()
    dids = opened(logs, MemoryEvidenceStore())
    dids.keep(CLINIC.did, at=AT)
    logs.away = True
    with pytest.raises(UnavailableError):
        dids.keep(CLINIC.did, at=AT + HOUR)

    found = dids.find(CLINIC.did, at=AT + HOUR, kept_for=HOUR)

    assert found is not None
    assert (found.did, found.known_at) == (CLINIC.did, AT)
    relationship = VerificationRelationship.ASSERTION_METHOD
    assert found.key_for(CLINIC.key_id, relationship) == CLINIC.key.public_key
    second = timedelta(seconds=1)
    assert dids.find(CLINIC.did, at=AT + HOUR + second, kept_for=HOUR) is None
    assert dids.find(CLINIC.did, at=AT - second, kept_for=HOUR) is None


def test_what_was_kept_is_verified_anew() -> None:
    store = MemoryEvidenceStore()
    dids = opened(Logs(), store)
    dids.keep(CLINIC.did, at=AT)
    row = store.load(did_key(CLINIC.did))
    assert row is not None
    forged = row.text.replace(
        CLINIC.key.public_key.multikey, organisation("x").key.public_key.multikey
    )
    assert forged != row.text
    store.keep(KeptRow(key=row.key, text=forged, size=row.size, known_at=row.known_at))

    with pytest.raises((ProofError, MalformedError)):
        dids.find(CLINIC.did, at=AT, kept_for=HOUR)


def test_a_did_that_had_ended_is_known_to_have_for_ever() -> None:
    logs = Logs()
    dids = opened(logs, MemoryEvidenceStore())
    dids.keep(CLINIC.did, at=AT)
    logs.lines = [CLINIC.line, END]

    dids.keep_end(CLINIC.did, at=AT + MINUTE / 2)

    with pytest.raises(DeactivatedError):
        dids.find(CLINIC.did, at=AT + 99 * HOUR, kept_for=HOUR)


def test_of_a_stranger_that_has_ended_nothing_is_kept() -> None:
    logs, store = Logs(), MemoryEvidenceStore()
    logs.lines = [CLINIC.line, END]

    opened(logs, store).keep_end(CLINIC.did, at=AT)

    assert (logs.asked, store.load(did_key(CLINIC.did))) == (0, None)


def test_our_own_time_of_a_did_is_nobodys_word_on_what_time_it_is() -> None:
    cache = EvidenceCache(MemoryEvidenceStore())

    KeptDids(Logs(), cache, AlwaysTry(FixedClock(AT))).keep(CLINIC.did, at=AT)

    assert cache.newest() is None


def test_a_registry_that_is_known_to_be_away_is_not_asked() -> None:
    logs = Logs()
    dids = KeptDids(logs, EvidenceCache(MemoryEvidenceStore()), Offline())

    dids.keep(CLINIC.did, at=AT)

    assert dids.is_away()
    assert logs.asked == 0
