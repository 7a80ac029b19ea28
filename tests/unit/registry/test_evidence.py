"""What a verifier believes of evidence, and what it does not. No server, no clock."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from registry.model import checkpoint
from registry.model.evidence import (
    GrantState,
    LogEvidence,
    LogPolicy,
    verify_accreditation,
    verify_grant,
    verify_status_publication,
)
from registry.model.signed_note import SignatureType
from ssi_core.encoding import base64url_encode
from ssi_core.errors import (
    AccreditationError,
    GrantNotLoggedError,
    LogProofError,
    MalformedError,
    StaleError,
    StatusUndeterminedError,
)
from ssi_core.period import Period
from tests.support.registry import (
    AT,
    DIAGNOSIS,
    LAB,
    POLICY,
    YEAR,
    SmallLog,
    commitments,
    grant,
    organisation,
    signer,
)

AUTHORITY, REGION, CLINIC = (organisation(name) for name in ("authority", "region", "clinic"))
ROOT = AUTHORITY.accredits(AUTHORITY.did, role="accredit", types=(DIAGNOSIS, LAB))
CHILD = AUTHORITY.accredits(CLINIC.did, parent=ROOT, period=Period(AT, AT + YEAR / 2))
URI = "https://clinic.example/status/1"


def accredited(evidence: LogEvidence, **changes: Any):
    given: dict[str, Any] = {
        "subject": CLINIC.did,
        "role": "issue",
        "type": DIAGNOSIS,
        "roots": [AUTHORITY.did],
    }
    return verify_accreditation(evidence, **{**given, "policy": POLICY, "at": AT, **changes})


def published(evidence: LogEvidence, digest: str):
    return verify_status_publication(
        evidence, issuer=CLINIC.did, uri=URI, digest=digest, policy=POLICY, at=AT
    )


def test_a_logged_grant_is_what_its_entry_says():
    given = grant("a")
    log = SmallLog([grant("other").raw, given.raw])

    seen = verify_grant(log.evidence(1), grant_id=given.id, policy=POLICY, at=AT)

    assert (seen.index, seen.state, seen.known_at) == (1, GrantState.ACTIVE, AT)
    assert (dict(seen.commitments), seen.control_key) == (commitments("a"), given.key.public_key)


@pytest.mark.parametrize(
    ("moment", "state"),
    [
        (AT - timedelta(hours=1), GrantState.PENDING),
        (AT, GrantState.ACTIVE),
        (AT + timedelta(days=30), GrantState.ACTIVE),
        (AT + timedelta(days=30, hours=1), GrantState.EXPIRED),
    ],
)
def test_time_alone_moves_a_grant(moment, state):
    given = grant()
    evidence = SmallLog([given.raw]).evidence(at=moment)

    seen = verify_grant(evidence, grant_id=given.id, policy=POLICY, at=moment)

    assert seen.state is state


def test_a_withdrawn_grant_stays_withdrawn_whatever_the_time():
    given = grant()
    log = SmallLog([given.raw, given.revoked()])

    for moment in (AT - YEAR, AT, AT + YEAR):
        seen = verify_grant(log.evidence(at=moment), grant_id=given.id, policy=POLICY, at=moment)

        assert seen.state is GrantState.WITHDRAWN


def test_a_witness_that_saw_later_times_corrects_a_slow_clock():
    given = grant()
    evidence = SmallLog([given.raw]).evidence(at=AT + YEAR)

    seen = verify_grant(evidence, grant_id=given.id, policy=POLICY, at=AT)

    assert seen.state is GrantState.EXPIRED


def test_a_grant_that_is_not_in_the_evidence_is_not_in_the_log():
    log = SmallLog([grant("a").raw, grant("b").raw])

    for evidence in (log.evidence(0), LogEvidence((), log.checkpoint())):
        with pytest.raises(GrantNotLoggedError):
            verify_grant(evidence, grant_id=grant("b").id, policy=POLICY, at=AT)


def test_a_checkpoint_may_be_as_old_as_the_policy_says_and_no_older():
    given = grant()
    evidence = SmallLog([given.raw]).evidence()
    limit = AT + POLICY.max_checkpoint_age

    verify_grant(evidence, grant_id=given.id, policy=POLICY, at=limit)
    with pytest.raises(StaleError):
        verify_grant(
            evidence, grant_id=given.id, policy=POLICY, at=limit + timedelta(microseconds=1)
        )


def test_an_entry_proved_for_another_place_is_refused():
    given = grant()
    log = SmallLog([given.raw, grant("b").raw, grant("c").raw])
    proof = log.evidence(0).entries[0]

    for changed in (
        replace(proof, index=1),
        replace(proof, raw=grant("b").raw),
        replace(proof, path=proof.path[:-1]),
        replace(proof, path=()),
    ):
        with pytest.raises(LogProofError):
            verify_grant(
                LogEvidence((changed,), log.checkpoint()),
                grant_id=given.id,
                policy=POLICY,
                at=AT,
            )


def test_an_entry_twice_is_refused():
    given = grant()
    log = SmallLog([given.raw])
    twice = LogEvidence(log.evidence().entries * 2, log.checkpoint())

    with pytest.raises(MalformedError):
        verify_grant(twice, grant_id=given.id, policy=POLICY, at=AT)


def test_a_log_that_took_what_it_had_to_refuse_is_not_believed():
    given = grant()
    stranger = given.revoked(signer("stranger"))
    foreign = grant("x", log="other.example").raw

    for entries in ([given.raw, stranger], [given.raw, given.raw], [given.raw, foreign]):
        with pytest.raises(LogProofError):
            verify_grant(SmallLog(entries).evidence(), grant_id=given.id, policy=POLICY, at=AT)


def test_a_policy_names_the_logs_own_key_and_at_least_one_witness():
    for change in ({"origin": "other.example"}, {"witness_vkeys": ()}, {"log_vkey": "x"}):
        with pytest.raises(MalformedError):
            replace(POLICY, **change)


def test_an_accreditation_in_force_is_found_with_its_chain():
    log = SmallLog([AUTHORITY.op, ROOT, CHILD])

    found = accredited(log.evidence())

    assert (found.root, len(found.chain), found.types) == (AUTHORITY.did, 2, (DIAGNOSIS,))


@pytest.mark.parametrize(
    "changes",
    [
        {"roots": []},
        {"roots": [REGION.did]},
        {"type": LAB},
        {"role": "verify"},
        {"role": "accredit"},
        {"subject": REGION.did},
    ],
)
def test_an_accreditation_for_something_else_does_not_count(changes):
    log = SmallLog([AUTHORITY.op, ROOT, CHILD])

    with pytest.raises(AccreditationError):
        accredited(log.evidence(), **changes)


@pytest.mark.parametrize("moment", [AT - timedelta(seconds=1), AT + YEAR / 2])
def test_an_accreditation_counts_within_its_period(moment):
    log = SmallLog([AUTHORITY.op, ROOT, CHILD])

    with pytest.raises(AccreditationError):
        accredited(log.evidence(at=moment), at=moment)


@pytest.mark.parametrize("ended", [ROOT, CHILD])
def test_an_accreditation_falls_with_any_link_of_its_chain(ended):
    log = SmallLog([AUTHORITY.op, ROOT, CHILD, AUTHORITY.ends(ended)])

    with pytest.raises(AccreditationError):
        accredited(log.evidence())


def test_an_accreditation_falls_with_the_did_of_who_gave_it():
    log = SmallLog([AUTHORITY.op, ROOT, CHILD, AUTHORITY.updates(deactivate=True)])

    with pytest.raises(AccreditationError):
        accredited(log.evidence())


def test_an_accreditation_whose_signer_is_not_shown_is_not_believed():
    log = SmallLog([AUTHORITY.op, ROOT, CHILD])

    with pytest.raises(LogProofError):
        accredited(log.evidence(1, 2))
    with pytest.raises(LogProofError):
        accredited(log.evidence(0, 2))


def test_the_latest_publication_shown_is_the_one_that_counts():
    digests = [base64url_encode(bytes([number]) * 32) for number in range(2)]
    first = CLINIC.publishes(URI, digests[0])
    log = SmallLog([CLINIC.op, first, CLINIC.publishes(URI, digests[1], previous=first)])

    seen = published(log.evidence(0, 2), digests[1])

    assert (seen.sequence, seen.ttl) == (1, timedelta(minutes=5))
    with pytest.raises(StatusUndeterminedError):
        published(log.evidence(), digests[0])


def test_a_list_that_was_not_published_is_undetermined():
    log = SmallLog([CLINIC.op, CLINIC.publishes("https://clinic.example/status/2")])

    with pytest.raises(StatusUndeterminedError):
        published(log.evidence(), base64url_encode(bytes(32)))


def test_a_publication_by_somebody_else_is_not_believed():
    forged = replace(CLINIC, key=signer("stranger")).publishes(URI)
    log = SmallLog([CLINIC.op, forged])

    with pytest.raises(LogProofError):
        published(log.evidence(), base64url_encode(bytes(32)))


def test_evidence_survives_being_written_and_read():
    evidence = SmallLog([grant("a").raw, grant("b").raw, grant("c").raw]).evidence()

    assert LogEvidence.from_json(evidence.to_json()) == evidence


def test_a_policy_of_another_log_believes_nothing_of_this_one():
    given = grant()
    other = LogPolicy(
        origin="other.example",
        log_vkey=str(
            checkpoint.verifier_key("other.example", signer("log"), SignatureType.ED25519)
        ),
        witness_vkeys=POLICY.witness_vkeys,
        max_checkpoint_age=YEAR,
    )

    with pytest.raises(LogProofError):
        verify_grant(SmallLog([given.raw]).evidence(), grant_id=given.id, policy=other, at=AT)
