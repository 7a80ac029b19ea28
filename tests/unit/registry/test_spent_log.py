"""When nothing in a log counts any more: each thing that keeps it, and each that leaves it open."""

from datetime import UTC, datetime, timedelta

import pytest

from registry.model.contents import content_of
from registry.model.emergencies import BreakGlass
from registry.model.entry import entry_id
from registry.model.envelope import Entry
from registry.model.log_records import LogRecord
from registry.model.spent_log import (
    EMERGENCIES_STAY,
    ENDLESS,
    OVER,
    Kind,
    Stake,
    Tally,
    accreditation_stake,
    did_stake,
    emergency_stake,
    grant_stake,
    require_handed_over,
    require_spent,
    status_list_stake,
)
from registry.model.status_lists import StatusPublish
from registry.model.view import StateView
from ssi_core.errors import RejectedError, UnavailableError
from ssi_core.period import from_timestamp, to_timestamp
from tests.support.registry import (
    AT,
    YEAR,
    SmallLog,
    emergency_entry,
    grant,
    handover_entry,
    organisation,
)

GIVEN, CLINIC = grant("given"), organisation("clinic")
HOUR = timedelta(hours=1)
ROOT = CLINIC.accredits(CLINIC.did, role="accredit")
LATER = AT + timedelta(days=3650)


def closed(*raws: bytes) -> StateView:
    """What a log with these entries is, after it was handed over."""
    kept = [*raws]
    kept.append(SmallLog(kept).snapshot())
    return SmallLog([*kept, handover_entry()]).state()


def spent_at(at: datetime, *stakes: Stake):
    return require_spent(closed().log(), Tally.of(stakes, at=at))


def test_a_log_that_was_not_handed_over_is_never_spent():
    for record in (LogRecord(), SmallLog([GIVEN.raw, GIVEN.revoked()]).state().log()):
        with pytest.raises(RejectedError, match="not been handed over"):
            require_spent(record, Tally.of([], at=LATER))
        with pytest.raises(RejectedError, match="not been handed over"):
            require_handed_over(record)


def test_a_log_of_which_everything_is_over_is_spent():
    found = spent_at(AT, Stake(Kind.GRANT, OVER), Stake(Kind.DID, OVER))

    assert found.successor.origin == "registry.example/2027"
    assert found.counts == {Kind.GRANT: 1, Kind.DID: 1}
    assert found.latest is None


def test_a_log_with_nothing_in_it_but_its_handover_is_spent():
    assert spent_at(AT).counts == {}


def test_a_grant_counts_up_to_its_end_and_not_at_it():
    record = closed(GIVEN.raw).grant(GIVEN.id)
    assert record is not None
    stake = grant_stake(record)
    assert stake.until is not None
    end = from_timestamp(stake.until)

    with pytest.raises(RejectedError, match="grants neither ended nor expired: 1"):
        spent_at(end - timedelta(seconds=1), stake)
    assert spent_at(end, stake).latest == end


@pytest.mark.parametrize("change", ["ended", "superseded", "redacted"])
def test_a_grant_that_is_over_does_not_count_however_long_it_was_to_last(change):
    newer = grant("newer")
    raws = {
        "ended": [GIVEN.raw, GIVEN.revoked()],
        "superseded": [GIVEN.raw, GIVEN.superseded(newer)],
        "redacted": [GIVEN.raw, GIVEN.revoked(), GIVEN.redacted(0)],
    }[change]
    record = closed(*raws).grant(GIVEN.id)

    assert record is not None
    assert grant_stake(record) == Stake(Kind.GRANT, OVER)


def test_a_suspended_grant_counts_for_it_could_be_resumed():
    record = closed(GIVEN.raw, GIVEN.suspended()).grant(GIVEN.id)
    assert record is not None

    with pytest.raises(RejectedError, match="neither ended nor expired: 1"):
        spent_at(AT, grant_stake(record))


def test_an_accreditation_counts_until_it_is_ended_or_expires():
    given = closed(CLINIC.op, ROOT).accreditation(entry_id(ROOT) or "")
    paused = closed(CLINIC.op, ROOT, CLINIC.suspends(ROOT)).accreditation(entry_id(ROOT) or "")
    ended = closed(CLINIC.op, ROOT, CLINIC.ends(ROOT)).accreditation(entry_id(ROOT) or "")
    assert given is not None
    assert paused is not None
    assert ended is not None

    for record in (given, paused):
        with pytest.raises(RejectedError, match="accreditations neither ended nor expired: 1"):
            spent_at(AT + YEAR - HOUR, accreditation_stake(record))
        assert spent_at(AT + YEAR, accreditation_stake(record)).latest == AT + YEAR
    assert accreditation_stake(ended) == Stake(Kind.ACCREDITATION, OVER)


def test_an_active_did_that_lives_in_this_log_alone_keeps_it_for_ever():
    stake = did_stake(deactivated=False, carried=False)

    assert stake == Stake(Kind.DID, ENDLESS)
    with pytest.raises(RejectedError, match="DIDs active and not carried over: 1"):
        spent_at(LATER, stake)


def test_a_did_that_was_deactivated_or_carried_over_does_not_keep_the_log():
    for deactivated, carried in ((True, None), (True, False), (False, True)):
        stake = did_stake(deactivated=deactivated, carried=carried)

        assert spent_at(AT, stake).counts == {Kind.DID: 1}


def test_a_did_of_which_nobody_can_tell_leaves_it_open():
    with pytest.raises(UnavailableError, match="DIDs perhaps not carried over: 1"):
        spent_at(LATER, did_stake(deactivated=False, carried=None))


def test_a_status_list_counts_for_its_ttl_after_its_latest_publication():
    content = content_of(Entry.parse(CLINIC.publishes()))
    assert isinstance(content, StatusPublish)
    stake = status_list_stake(content)
    until = AT + timedelta(minutes=5)

    assert stake == Stake(Kind.STATUS_LIST, to_timestamp(until))
    with pytest.raises(RejectedError, match="status lists within their ttl: 1"):
        spent_at(until - timedelta(seconds=1), stake)
    assert spent_at(until, stake).latest == until


def test_an_emergency_is_shown_for_a_year():
    content = content_of(Entry.parse(emergency_entry()))
    assert isinstance(content, BreakGlass)
    stake = emergency_stake(content)
    until = datetime.fromtimestamp(content.broken_at, UTC) + EMERGENCIES_STAY

    with pytest.raises(RejectedError, match="emergencies younger than a year: 1"):
        spent_at(until - timedelta(seconds=1), stake)
    assert spent_at(until, stake).latest == until


@pytest.mark.parametrize(
    "stake",
    [status_list_stake(None), emergency_stake(None), Stake(Kind.GRANT, None)],
    ids=["status list", "emergency", "grant"],
)
def test_what_cannot_be_read_leaves_it_open(stake):
    with pytest.raises(UnavailableError, match="that cannot be read: 1"):
        spent_at(LATER, stake)


def test_everything_that_stands_against_it_is_counted_and_a_no_comes_before_a_doubt():
    stakes = [
        *[Stake(Kind.GRANT, ENDLESS)] * 3,
        Stake(Kind.GRANT, OVER),
        Stake(Kind.ACCREDITATION, ENDLESS),
        *[Stake(Kind.DID, None)] * 2,
    ]

    with pytest.raises(RejectedError) as refused:
        spent_at(AT, *stakes)

    assert refused.value.reason == (
        "the log still counts: grants neither ended nor expired: 3, "
        "accreditations neither ended nor expired: 1, DIDs perhaps not carried over: 2"
    )


def test_two_tallies_are_one_of_both():
    stakes = [Stake(kind, until) for kind in Kind for until in (OVER, 7, ENDLESS, None)]

    parts = Tally.of(stakes[:9], at=AT) + Tally.of(stakes[9:], at=AT)

    assert parts == Tally.of(stakes, at=AT)
    assert parts.latest == 7
