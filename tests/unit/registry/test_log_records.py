"""What a log says of itself: snapshots, its policy, its handover; and broken glass."""

from datetime import timedelta

import pytest

from consent_contracts.break_glass_log import EmergencySecret, log_body
from consent_contracts.break_glass_rule import EmergencyReason
from consent_contracts.purpose import Purpose
from registry.model import entry
from registry.model.envelope import EntryType
from ssi_core.errors import ConflictError, MalformedError, ProofError, RejectedError, TrustError
from tests.support.consent import make_access_request
from tests.support.registry import (
    AT,
    LOG_SIGNER,
    ORIGIN,
    SmallLog,
    emergency_entry,
    grant,
    handover_entry,
    organisation,
    policy_entry,
    signer,
)
from tests.support.small_state import Log

GIVEN = grant("given")
A, B, C = (signer(name) for name in "abc")


def closed(*raws: bytes) -> Log:
    """A log with a snapshot at its end."""
    return Log(*raws, SmallLog(raws).snapshot())


def test_the_first_snapshot_names_the_logs_key_and_moves_its_clock():
    log = closed(GIVEN.raw)

    told = log.state.log()

    assert (told.keys, told.clock, told.latest) == (
        (LOG_SIGNER.public_key.multikey,),
        AT.timestamp(),
        1,
    )


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"signer": signer("stranger")}, ProofError),
        ({"sequence": 0}, ConflictError),
        ({"sequence": 2}, ConflictError),
        ({"size": 2}, ConflictError),
        ({"root": bytes(32)}, RejectedError),
        ({"at": AT - timedelta(seconds=1)}, RejectedError),
    ],
)
def test_a_snapshot_of_something_else_is_refused(changes, error):
    log = closed(GIVEN.raw)
    raws = [GIVEN.raw, SmallLog([GIVEN.raw]).snapshot(), GIVEN.revoked()]
    log.append(raws[2])

    with pytest.raises(error):
        log.append(SmallLog(raws).snapshot(**changes))


def test_a_snapshot_that_leaves_a_withdrawal_out_is_refused_by_who_has_the_entries():
    log = Log(GIVEN.raw, GIVEN.revoked())
    blind = SmallLog([GIVEN.raw, grant("other").raw])

    with pytest.raises(RejectedError):
        log.append(blind.snapshot())


def test_nobody_speaks_for_a_log_that_has_not_said_which_key_it_has():
    for raw in (policy_entry(), handover_entry()):
        with pytest.raises(TrustError):
            Log().append(raw)


def test_the_first_policy_is_signed_by_the_log_and_the_next_by_a_quorum_of_the_last():
    first = policy_entry()
    log = closed()
    log.append(first)

    for few in ([A], [LOG_SIGNER], [A, A], [A, signer("stranger")], [A, LOG_SIGNER]):
        with pytest.raises(ProofError):
            log.append(policy_entry(signers=few, previous=first))
    log.append(policy_entry("xyz", 3, signers=[A, C], previous=first))

    assert [member.name for member in log.state.log().members] == ["x", "y", "z"]


def test_two_policies_do_not_follow_the_same_one():
    first = policy_entry()
    second = policy_entry("xyz", 1, signers=[A, B], previous=first)
    log = closed()
    for raw in (first, second):
        log.append(raw)

    for raw in (policy_entry(quorum=3), policy_entry(signers=[signer("x")], previous=first)):
        with pytest.raises(ConflictError) as refused:
            log.append(raw)
        assert refused.value.winner == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"quorum": 0},
        {"quorum": 4},
        {"members": ()},
        {"members": "aa", "quorum": 1},
        {"keys": ()},
        {"members": tuple(f"m{number:02}" for number in range(33))},
    ],
)
def test_a_policy_has_members_keys_and_a_quorum_among_them(changes):
    with pytest.raises(MalformedError):
        closed().append(policy_entry(**changes))


def test_a_policy_can_change_the_logs_own_key():
    new = signer("new log")
    log = closed()
    raws = [SmallLog().snapshot(), policy_entry(keys=[new])]
    log.append(raws[1])

    with pytest.raises(ProofError):
        log.append(SmallLog(raws).snapshot())
    log.append(SmallLog(raws).snapshot(signer=new))

    assert log.state.log().snapshots == 2


def test_after_its_handover_a_log_takes_what_that_allows_and_no_more():
    clinic = organisation("clinic")
    raws = [GIVEN.raw, SmallLog([GIVEN.raw]).snapshot()]
    raws.append(handover_entry(allows=[EntryType.CONSENT_REVOKE]))
    log = Log(*raws)

    for raw in (grant("new").raw, clinic.op, GIVEN.suspended(), handover_entry(), policy_entry()):
        with pytest.raises(ConflictError) as refused:
            log.append(raw)
        assert refused.value.winner == 2
    log.append(GIVEN.revoked())
    raws.append(GIVEN.revoked())
    log.append(SmallLog(raws).snapshot())

    assert log.state.log().successor.origin == "registry.example/2027"


def test_a_handover_allows_nothing_that_gives_more():
    for kind in (EntryType.CONSENT_GRANT, EntryType.CONSENT_RESUME, EntryType.LOG_POLICY):
        with pytest.raises(MalformedError):
            closed().append(handover_entry(allows=[kind]))


def test_a_log_is_handed_over_by_a_quorum_of_its_policy():
    log = closed()
    log.append(policy_entry())

    with pytest.raises(ProofError):
        log.append(handover_entry())
    log.append(handover_entry(signers=[B, C]))

    assert log.state.log().entries == (1, 2)


def test_a_log_is_not_handed_over_to_itself():
    raw = entry.log_handover(
        log=ORIGIN,
        signer=LOG_SIGNER,
        next_origin=ORIGIN,
        next_key=LOG_SIGNER.public_key.multikey,
        at=AT,
    )

    with pytest.raises(MalformedError):
        closed().append(raw)


def test_what_is_logged_of_a_broken_glass_is_taken_as_it_is_made():
    request = make_access_request(purpose=Purpose.BTG)
    secret = EmergencySecret.generate()
    body = log_body(request, EmergencyReason.EMERGENCY_TREATMENT, secret, at=AT)
    raw = entry.access_breakglass(log=ORIGIN, signer=signer("once"), body=body)
    log = Log()

    log.append(raw)

    assert log.state.emergency(entry.entry_id(raw) or "").entries == (0,)
    assert entry.Entry.parse(raw).members.items() >= body.items()


def test_an_emergency_is_told_once():
    raw = emergency_entry()
    log = Log(raw)

    with pytest.raises(ConflictError) as refused:
        log.append(raw)

    assert refused.value.winner == 0
