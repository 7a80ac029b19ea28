"""What a verifier believes of evidence, and what it does not. No server, no clock."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from registry.model import checkpoint
from registry.model.entry import entry_id
from registry.model.evidence import (
    GrantState,
    LogEvidence,
    LogPolicy,
    verify_accreditation,
    verify_emergency,
    verify_grant,
    verify_status_publication,
)
from registry.model.signed_note import SignatureType
from registry.model.status_map import EMPTY_CHUNK
from registry.model.status_proof import MAX_CHUNKS
from ssi_core.encoding import base64url_encode
from ssi_core.errors import (
    AccreditationError,
    GrantNotLoggedError,
    LogProofError,
    MalformedError,
    NotFoundError,
    StaleError,
    StatusUndeterminedError,
)
from ssi_core.period import Period
from ssi_core.status.bitstring import BitstringStatusList
from tests.support.registry import (
    AT,
    DIAGNOSIS,
    LAB,
    POLICY,
    YEAR,
    SmallLog,
    commitments,
    emergency_entry,
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


def test_an_answer_that_leaves_the_withdrawal_out_does_not_hide_it():
    given = grant()
    log = SmallLog([given.raw, given.revoked()])

    seen = verify_grant(log.evidence(0), grant_id=given.id, policy=POLICY, at=AT)

    assert (seen.state, seen.changed) == (GrantState.WITHDRAWN, None)


def other_map(log: SmallLog) -> LogEvidence:
    """An answer with the withdrawal left out, and a map that does not know of it."""
    blind = SmallLog([log.entries[0], grant("other").raw])
    return replace(log.evidence(0), statuses=blind.evidence(0).statuses)


def no_map(log: SmallLog) -> LogEvidence:
    return replace(log.evidence(0), statuses=())


def no_snapshot(log: SmallLog) -> LogEvidence:
    evidence = log.evidence(0)
    return replace(evidence, entries=evidence.entries[:1])


def older_snapshot(log: SmallLog) -> LogEvidence:
    """The snapshot from before the withdrawal, honestly proved where it stands."""
    before = SmallLog(log.entries[:1])
    later = SmallLog([*before.entries, before.snapshot(), log.entries[1]])
    evidence = later.evidence(0, 1)
    return replace(evidence, entries=evidence.entries[:2], statuses=before.evidence(0).statuses)


def lying_snapshot(log: SmallLog) -> LogEvidence:
    """A snapshot by somebody else, who does not know of the withdrawal."""
    blind = SmallLog([log.entries[0], grant("other").raw])
    snapshot = blind.snapshot(signer=signer("stranger"))
    return replace(log.evidence(0, snapshot=snapshot), statuses=blind.evidence(0).statuses)


def snapshot_of_another_place(log: SmallLog) -> LogEvidence:
    blind = SmallLog([log.entries[0]])
    snapshot = blind.snapshot()
    return replace(log.evidence(0, snapshot=snapshot), statuses=blind.evidence(0).statuses)


@pytest.mark.parametrize(
    "lie",
    [
        other_map,
        no_map,
        no_snapshot,
        older_snapshot,
        lying_snapshot,
        snapshot_of_another_place,
    ],
)
def test_an_answer_that_leaves_the_withdrawal_out_and_its_proof_too_is_refused(lie):
    given = grant()
    log = SmallLog([given.raw, given.revoked()])

    with pytest.raises(LogProofError):
        verify_grant(lie(log), grant_id=given.id, policy=POLICY, at=AT)


@pytest.mark.parametrize("end", ["revoked", "suspended"])
def test_a_map_that_knows_less_than_the_entries_contradicts_them(end):
    given = grant()
    log = SmallLog([given.raw, getattr(given, end)()])
    blind = SmallLog([given.raw, grant("other").raw])
    evidence = replace(
        log.evidence(0, 1, snapshot=blind.snapshot()), statuses=blind.evidence(0).statuses
    )

    with pytest.raises(LogProofError):
        verify_grant(evidence, grant_id=given.id, policy=POLICY, at=AT)


def test_a_suspended_grant_is_no_active_one_until_it_is_resumed():
    given = grant()
    pause = given.suspended()
    log = SmallLog([given.raw, pause])

    before = verify_grant(log.evidence(), grant_id=given.id, policy=POLICY, at=AT)
    log.entries.append(given.resumed(pause))
    after = verify_grant(log.evidence(0), grant_id=given.id, policy=POLICY, at=AT)

    assert (before.state, before.changed) == (GrantState.SUSPENDED, 1)
    assert (after.state, after.changed) == (GrantState.ACTIVE, None)


def test_a_resumption_that_is_left_out_leaves_a_contradiction():
    given = grant()
    pause = given.suspended()
    log = SmallLog([given.raw, pause, given.resumed(pause)])

    with pytest.raises(LogProofError):
        verify_grant(log.evidence(0, 1), grant_id=given.id, policy=POLICY, at=AT)


def test_a_superseded_grant_is_seen_as_such_and_the_new_one_by_its_own_entry():
    old, new = grant("old"), grant("new")
    log = SmallLog([old.raw, old.superseded(new)])

    seen = verify_grant(log.evidence(0, 1), grant_id=old.id, policy=POLICY, at=AT)
    alone = verify_grant(log.evidence(1), grant_id=new.id, policy=POLICY, at=AT)

    assert (seen.state, alone.state, alone.index) == (
        GrantState.SUPERSEDED,
        GrantState.ACTIVE,
        1,
    )
    assert dict(alone.commitments) == commitments("new")


def test_a_suspended_link_suspends_what_stands_on_it():
    pause = AUTHORITY.suspends(ROOT)
    log = SmallLog([AUTHORITY.op, ROOT, CHILD, pause])

    for evidence in (log.evidence(), log.evidence(0, 1, 2)):
        with pytest.raises(AccreditationError):
            accredited(evidence)
    log.entries.append(AUTHORITY.resumes(pause))

    assert accredited(log.evidence()).subject == CLINIC.did


def test_an_answer_that_leaves_the_end_of_a_link_out_does_not_hide_it():
    log = SmallLog([AUTHORITY.op, ROOT, CHILD, AUTHORITY.ends(ROOT)])

    with pytest.raises(AccreditationError):
        accredited(log.evidence(0, 1, 2))


def test_a_later_version_of_an_accreditors_did_is_not_left_out():
    log = SmallLog([AUTHORITY.op, ROOT, CHILD, AUTHORITY.updates(deactivate=True)])

    with pytest.raises(LogProofError):
        accredited(log.evidence(0, 1, 2))


def test_a_compromise_leaves_good_what_was_issued_before_it_for_those_who_ask():
    since = AT - timedelta(hours=1)
    log = SmallLog([AUTHORITY.op, ROOT, CHILD, AUTHORITY.ends(CHILD, since=since)])
    evidence = log.evidence()

    found = accredited(evidence, issued_at=since - timedelta(seconds=1))

    assert found.compromised_since == since
    for changes in ({}, {"issued_at": since}, {"issued_at": AT}):
        with pytest.raises(AccreditationError):
            accredited(evidence, **changes)


def test_an_older_publication_is_not_shown_as_the_latest():
    digests = [base64url_encode(bytes([number]) * 32) for number in range(2)]
    first = CLINIC.publishes(URI, digests[0])
    log = SmallLog([CLINIC.op, first, CLINIC.publishes(URI, digests[1], previous=first)])

    with pytest.raises(LogProofError):
        published(log.evidence(0, 1), digests[0])


def test_an_emergency_is_found_with_everything_that_it_says():
    raw = emergency_entry()
    log = SmallLog([grant().raw, raw])
    emergency = entry_id(raw) or ""

    seen = verify_emergency(log.evidence(1), emergency_id=emergency, policy=POLICY, at=AT)

    assert (seen.index, seen.tree_size, seen.known_at) == (1, 3, AT)
    assert seen.body["t"] == "access.breakglass"
    with pytest.raises(NotFoundError):
        verify_emergency(log.evidence(0), emergency_id=emergency, policy=POLICY, at=AT)


def test_no_more_than_one_chunk_is_ever_inflated():
    body = SmallLog([grant().raw]).evidence().to_json()
    (status,) = body["statuses"]
    for data in (EMPTY_CHUNK + b"\0", EMPTY_CHUNK[:-1], bytes(50_000_000)):
        bomb = {**status, "encodedList": BitstringStatusList(data, 2).encode()}

        with pytest.raises(MalformedError):
            LogEvidence.from_json({**body, "statuses": [bomb]})
    with pytest.raises(MalformedError):
        LogEvidence.from_json({**body, "statuses": [status] * (MAX_CHUNKS + 1)})
