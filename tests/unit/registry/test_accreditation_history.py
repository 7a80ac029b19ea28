"""What the log shows, afterwards, of an accreditation that somebody relied on."""

from dataclasses import replace
from datetime import timedelta

import pytest

from registry.adapters.memory import MemoryLogStore, MemoryWitnessMemory
from registry.adapters.proof_workers import ProofWorkers
from registry.model.accreditation_history import (
    Ending,
    LoggedAccreditation,
    verify_accreditation_history,
)
from registry.model.entry import entry_id
from registry.model.evidence import LogEvidence, LogPolicy
from registry.service.registry import LogKeys, Registry
from ssi_core.adapters.clock import FixedClock
from ssi_core.errors import LogProofError, NotFoundError, SsiError, StaleError
from tests.support.registry import AT, ORIGIN, POLICY, SmallLog, organisation, signer

AUTHORITY, REGION, CLINIC = (organisation(name) for name in ("authority", "region", "clinic"))
ROOT = AUTHORITY.accredits(AUTHORITY.did, role="accredit")
MIDDLE = AUTHORITY.accredits(REGION.did, role="accredit", parent=ROOT)
CHILD = REGION.accredits(CLINIC.did, parent=MIDDLE)
BEGUN = (AUTHORITY.op, REGION.op, ROOT, MIDDLE, CHILD)
LATER = AT + timedelta(seconds=30)


def looked(
    evidence: LogEvidence, policy: LogPolicy = POLICY, accreditation: bytes = CHILD
) -> LoggedAccreditation:
    name = entry_id(accreditation) or ""
    return verify_accreditation_history(evidence, accreditation_id=name, policy=policy, at=LATER)


def after(*raws: bytes) -> Ending | None:
    return looked(SmallLog([*BEGUN, *raws]).evidence(at=AT)).ending


def test_one_that_stands_has_no_ending():
    found = looked(SmallLog(BEGUN).evidence(at=AT))

    assert (found.id, found.known_at, found.ending) == (entry_id(CHILD), AT, None)


@pytest.mark.parametrize("link", [ROOT, MIDDLE, CHILD])
def test_the_end_of_any_link_is_its_end(link: bytes):
    assert after(AUTHORITY.ends(link, at=LATER)) == Ending(5, LATER)


def test_a_suspension_counts_for_as_long_as_it_lasts():
    pause = AUTHORITY.suspends(MIDDLE)

    assert after(pause) == Ending(5, AT)
    assert after(pause, AUTHORITY.resumes(pause)) is None


def test_a_compromise_counts_from_when_it_began():
    began = AT - timedelta(hours=3)

    assert after(AUTHORITY.ends(CHILD, since=began)) == Ending(5, began)


def test_the_earliest_of_several_ends_counts():
    ends = (AUTHORITY.ends(CHILD, at=LATER), AUTHORITY.ends(ROOT))

    assert after(*ends) == Ending(6, AT)


def test_the_end_of_a_did_that_signed_a_link_is_an_end():
    assert after(REGION.updates(deactivate=True)) == Ending(5, AT + timedelta(seconds=1))
    assert after(CLINIC.op, CLINIC.updates(deactivate=True)) is None


def test_an_end_that_only_the_map_of_states_shows_is_one_of_which_nobody_says_when():
    log = SmallLog([*BEGUN, AUTHORITY.ends(CHILD)])

    assert looked(log.evidence(0, 1, 2, 3, 4, at=AT)).ending == Ending(None, None)


def test_a_later_version_of_a_did_that_is_left_out_is_noticed():
    log = SmallLog([*BEGUN, REGION.updates(deactivate=True)])

    with pytest.raises(LogProofError):
        looked(log.evidence(0, 1, 2, 3, 4, at=AT))


def test_what_is_not_shown_is_not_found_and_no_end():
    with pytest.raises(NotFoundError):
        looked(SmallLog(BEGUN[:4]).evidence(at=AT))


def test_what_was_shown_too_long_ago_says_nothing():
    with pytest.raises(StaleError):
        looked(SmallLog(BEGUN).evidence(at=AT - timedelta(minutes=6)))


def test_a_map_of_another_log_proves_nothing():
    evidence = SmallLog(BEGUN).evidence(
        at=AT, snapshot=SmallLog(BEGUN).snapshot(signer=signer("x"))
    )

    with pytest.raises(LogProofError):
        looked(evidence)
    with pytest.raises(LogProofError):
        looked(replace(SmallLog(BEGUN).evidence(at=AT), statuses=()))


def test_the_registry_shows_an_accreditation_whatever_became_of_it():
    registry = Registry(
        MemoryLogStore(),
        origin=ORIGIN,
        public_url="http://localhost:8100",
        keys=LogKeys(log=signer("log"), witness=signer("w"), did_witness=signer("dw")),
        memory=MemoryWitnessMemory(),
        verifier=ProofWorkers(0),
        clock=FixedClock(AT),
    )
    policy = LogPolicy(
        origin=ORIGIN,
        log_vkey=str(registry.log_key),
        witness_vkeys=(str(registry.witness_key),),
        max_checkpoint_age=timedelta(minutes=5),
    )
    pause, end = AUTHORITY.suspends(ROOT), AUTHORITY.ends(MIDDLE)
    taken = registry.submit_all([*BEGUN, pause])
    assert not [each for each in taken if isinstance(each, SsiError)]

    suspended = looked(registry.reader.one_accreditation(entry_id(CHILD) or ""), policy)
    registry.submit_all([AUTHORITY.resumes(pause)])
    resumed = looked(registry.reader.one_accreditation(entry_id(CHILD) or ""), policy)
    registry.submit_all([end])
    ended = looked(registry.reader.one_accreditation(entry_id(CHILD) or ""), policy)

    raws = registry.reader.entries(0, limit=99)
    assert suspended.ending == Ending(raws.index(pause), AT)
    assert resumed.ending is None
    assert ended.ending == Ending(raws.index(end), AT)
    with pytest.raises(NotFoundError):
        looked(registry.reader.one_accreditation("zUnknown"), policy)
