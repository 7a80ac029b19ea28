"""What entries do to a log, as state machines: nothing here has a store, a clock or a server."""

from datetime import timedelta

import pytest

from registry.model import entry
from registry.model.did_logs import MAX_VERSIONS, DidLogRecord
from registry.model.grant_records import GrantRecord
from registry.model.status_map import Status
from ssi_core.did import webvh
from ssi_core.errors import (
    AccreditationError,
    ConflictError,
    DeactivatedError,
    MalformedError,
    NotFoundError,
    ProofError,
    RejectedError,
    TrustError,
)
from ssi_core.period import Period
from tests.support.registry import (
    AT,
    DIAGNOSIS,
    LAB,
    ORIGIN,
    YEAR,
    Grant,
    grant,
    organisation,
    signer,
)
from tests.support.small_state import Log

AUTHORITY, REGION = organisation("authority"), organisation("region")
CLINIC, STRANGER = organisation("clinic"), organisation("stranger")
ROOT = AUTHORITY.accredits(AUTHORITY.did, role="accredit", types=(DIAGNOSIS, LAB))


def _record(log: Log, given: Grant) -> GrantRecord:
    found = log.state.grant(given.id)
    assert found is not None
    return found


@pytest.fixture
def log() -> Log:
    return Log(AUTHORITY.op, REGION.op, CLINIC.op, ROOT)


def test_a_grant_is_given_once():
    log = Log(grant().raw)

    with pytest.raises(ConflictError):
        log.append(grant().raw)

    assert _record(log, grant()).entries == (0,)


@pytest.mark.parametrize("key", ["key", "next_key", "revocation_key"])
def test_a_grant_is_ended_by_its_own_key_its_next_and_its_revocation_key(key):
    given = grant()
    log = Log(given.raw)

    log.append(given.revoked(getattr(given, key)))

    assert _record(log, given).entries == (0, 1)


def test_a_grant_is_not_ended_by_a_strangers_key():
    log = Log(grant().raw)

    with pytest.raises(ProofError):
        log.append(grant().revoked(signer("stranger")))


def test_an_ended_grant_absorbs_every_further_entry():
    given = grant()
    log = Log(given.raw, given.revoked())

    for raw in (given.raw, given.revoked(given.next_key)):
        with pytest.raises(ConflictError):
            log.append(raw)

    assert _record(log, given).changed == 1


def test_a_grant_that_was_never_given_cannot_end():
    with pytest.raises(NotFoundError):
        Log().append(grant().revoked())


def test_an_accreditation_below_a_root_names_its_whole_chain(log):
    regional = AUTHORITY.accredits(REGION.did, role="accredit", parent=ROOT)
    log.append(regional)

    record = log.append(REGION.accredits(CLINIC.did, parent=regional)).records[0]

    assert [str(did) for did in record.accreditors] == [
        str(did) for did in (AUTHORITY.did, AUTHORITY.did, REGION.did)
    ]
    assert record.root == AUTHORITY.did


@pytest.mark.parametrize(
    "raw",
    [
        AUTHORITY.accredits(CLINIC.did),
        AUTHORITY.accredits(AUTHORITY.did, role="issue"),
        STRANGER.accredits(CLINIC.did, parent=ROOT),
        CLINIC.accredits(STRANGER.did, parent=ROOT),
        AUTHORITY.accredits(CLINIC.did, parent=ROOT, types=(DIAGNOSIS, "urn:other")),
        AUTHORITY.accredits(
            CLINIC.did, parent=ROOT, period=Period(AT, AT + YEAR + timedelta(seconds=1))
        ),
        AUTHORITY.accredits(
            CLINIC.did, parent=ROOT, period=Period(AT - timedelta(seconds=1), AT + YEAR)
        ),
        AUTHORITY.accredits(CLINIC.did, parent=grant().raw),
    ],
)
def test_an_accreditation_that_does_not_nest_is_refused(log, raw):
    log.append(STRANGER.op)

    with pytest.raises(AccreditationError):
        log.append(raw)


def test_an_accreditation_to_issue_is_no_right_to_accredit(log):
    to_issue = AUTHORITY.accredits(CLINIC.did, parent=ROOT)
    log.append(to_issue)

    with pytest.raises(AccreditationError):
        log.append(CLINIC.accredits(STRANGER.did, parent=to_issue))


def test_nobody_accredits_on_a_right_that_has_ended(log):
    regional = AUTHORITY.accredits(REGION.did, role="accredit", parent=ROOT)
    log.append(regional)
    log.append(AUTHORITY.ends(ROOT))

    with pytest.raises(AccreditationError):
        log.append(REGION.accredits(CLINIC.did, parent=regional))


def test_a_chain_of_accreditors_has_an_end(log):
    parent, outcomes = ROOT, []
    for _ in range(8):
        child = AUTHORITY.accredits(AUTHORITY.did, role="accredit", parent=parent)
        try:
            log.append(child)
        except AccreditationError:
            outcomes.append("refused")
        else:
            outcomes.append("taken")
            parent = child

    assert outcomes == ["taken"] * 7 + ["refused"]


def test_an_accreditation_is_ended_by_who_gave_it_and_by_those_above(log):
    regional = AUTHORITY.accredits(REGION.did, role="accredit", parent=ROOT)
    first = REGION.accredits(CLINIC.did, parent=regional)
    second = REGION.accredits(STRANGER.did, parent=regional)
    for raw in (regional, first, second):
        log.append(raw)

    ended = [
        log.append(REGION.ends(first)).records[0],
        log.append(AUTHORITY.ends(second)).records[0],
    ]

    assert all(record.status is Status.ENDED for record in ended)


def test_an_accreditation_is_not_ended_by_others_nor_twice(log):
    regional = AUTHORITY.accredits(REGION.did, role="accredit", parent=ROOT)
    log.append(regional)

    with pytest.raises(TrustError):
        log.append(REGION.ends(regional))
    log.append(AUTHORITY.ends(regional))
    with pytest.raises(ConflictError):
        log.append(AUTHORITY.ends(regional))
    with pytest.raises(NotFoundError):
        log.append(AUTHORITY.ends(AUTHORITY.accredits(CLINIC.did, parent=ROOT)))


def test_an_issuer_whose_did_is_not_in_the_log_signs_nothing(log):
    with pytest.raises(TrustError):
        log.append(STRANGER.publishes())


def test_an_issuer_signs_with_its_own_key_and_no_other(log):
    with pytest.raises(ProofError):
        log.append(AUTHORITY.accredits(CLINIC.did, parent=ROOT, key_id=CLINIC.key_id))
    with pytest.raises(ProofError):
        log.append(AUTHORITY.accredits(CLINIC.did, parent=ROOT, key_id=f"{AUTHORITY.did}#x"))


def test_publications_of_a_list_follow_one_another(log):
    first = CLINIC.publishes()
    second = CLINIC.publishes(previous=first)
    log.append(first)

    record = log.append(second).records[0]

    assert (record.sequence, record.latest) == (1, 5)


def test_two_publications_do_not_follow_the_same_one(log):
    first = CLINIC.publishes()
    for raw in (first, CLINIC.publishes(previous=first)):
        log.append(raw)

    for raw in (CLINIC.publishes(), CLINIC.publishes(previous=first)):
        with pytest.raises(ConflictError):
            log.append(raw)


def test_a_publication_does_not_follow_one_of_another_list(log):
    other = CLINIC.publishes("https://clinic.example/status/2")
    for raw in (CLINIC.publishes(), other):
        log.append(raw)

    with pytest.raises(ConflictError):
        log.append(CLINIC.publishes(previous=other))


def test_the_same_uri_is_another_list_for_another_issuer(log):
    log.append(CLINIC.publishes())
    log.append(REGION.publishes())

    found = log.state.status_list(REGION.did, "https://clinic.example/status/1")

    assert found.sequence == 0


@pytest.mark.parametrize(
    "uri", ["http://clinic.example/1", "https://x?y", "ftp://x", "https://", "https://a b/"]
)
def test_a_status_list_is_at_a_plain_https_uri(uri):
    with pytest.raises(MalformedError):
        Log().append(CLINIC.publishes(uri))


def test_a_did_is_created_once_and_then_updated_in_turn(log):
    with pytest.raises(ConflictError):
        log.append(CLINIC.op)

    record = log.append(CLINIC.updates()).records[0]
    with pytest.raises(ConflictError):
        log.append(CLINIC.updates())

    assert (record.state.version_number, record.entries) == (2, (2, 4))


def test_a_did_whose_log_does_not_begin_here_is_refused():
    with pytest.raises(ConflictError):
        Log().append(CLINIC.updates())


def test_no_two_dids_live_at_one_location(log):
    squatter = organisation("squatter", path="clinic")

    with pytest.raises(ConflictError):
        log.append(squatter.op)


def test_a_deactivated_did_signs_nothing_more_and_stays_so(log):
    log.append(CLINIC.updates(deactivate=True))

    with pytest.raises(DeactivatedError):
        log.append(CLINIC.publishes())
    # It is for the version that the deactivation is: that one was first.
    with pytest.raises(ConflictError) as lost:
        log.append(CLINIC.updates())
    assert lost.value.winner == log.state.did_log(CLINIC.did).entries[-1]


def test_a_did_has_an_end_of_versions_but_can_always_be_ended():
    log, lines = Log(CLINIC.op), [CLINIC.line]
    state = webvh.replay(lines)

    def next_line(number: int, *, deactivate: bool = False) -> bytes:
        key, after = (signer(f"clinic update {later}") for later in (number, number + 1))
        announced = [webvh.key_hash(after.public_key.multikey)]
        line = webvh.update(
            state,
            update_key=key,
            next_key_hashes=None if deactivate else announced,
            at=AT + timedelta(seconds=number),
            deactivate=deactivate,
        )
        lines.append(line)
        return entry.did_op(log=ORIGIN, line=line)

    for number in range(1, MAX_VERSIONS):
        log.append(next_line(number))
        state = state.then(lines[-1])

    with pytest.raises(RejectedError):
        log.append(next_line(MAX_VERSIONS))
    ended = log.append(next_line(MAX_VERSIONS, deactivate=True)).records[0]
    assert isinstance(ended, DidLogRecord)
    assert len(ended.entries) == MAX_VERSIONS + 1


def test_a_refused_entry_changes_nothing(log):
    before = log.state.records()

    with pytest.raises(AccreditationError):
        log.append(AUTHORITY.accredits(CLINIC.did))

    assert (log.state.records(), log.state.size) == (before, 4)
