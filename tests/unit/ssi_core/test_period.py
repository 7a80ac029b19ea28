"""Half-open periods, and moments as the wire has them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.errors import ExpiredError, MalformedError, NotYetValidError, SsiError
from ssi_core.period import Period, from_rfc3339, from_timestamp, to_rfc3339, to_timestamp

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MOMENTS = st.datetimes(
    min_value=datetime(1970, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(9999, 12, 31, 23, 59, 59),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=st.just(UTC),
)


def test_a_period_has_its_start_and_not_its_end():
    period = Period(NOON, NOON + HOUR)

    assert NOON in period
    assert NOON + HOUR - timedelta(microseconds=1) in period
    assert NOON + HOUR not in period
    assert NOON - timedelta(microseconds=1) not in period


def test_an_open_side_has_no_limit():
    assert NOON in Period(None, None)
    assert NOON in Period(NOON, None)
    assert NOON not in Period(None, NOON)


def test_a_moment_outside_is_refused_by_the_side_it_is_on():
    period = Period(NOON, NOON + HOUR)

    period.require(NOON, at="/validity")
    with pytest.raises(NotYetValidError, match="/validity"):
        period.require(NOON - HOUR, at="/validity")
    with pytest.raises(ExpiredError, match="/validity"):
        period.require(NOON + HOUR, at="/validity")


@pytest.mark.parametrize("end", [NOON, NOON - HOUR])
def test_a_period_ends_after_it_starts(end: datetime):
    with pytest.raises(MalformedError):
        Period(NOON, end)


def test_a_period_needs_time_zones():
    for start, end in ((NOON.replace(tzinfo=None), None), (None, NOON.replace(tzinfo=None))):
        with pytest.raises(MalformedError):
            Period(start, end)


@pytest.mark.parametrize(
    ("start", "end", "covered"),
    [
        (NOON, NOON + HOUR, True),
        (NOON + HOUR / 4, NOON + HOUR / 2, True),
        (NOON - HOUR, NOON + HOUR, False),
        (NOON, NOON + 2 * HOUR, False),
        (None, NOON + HOUR, False),
        (NOON, None, False),
    ],
)
def test_a_period_covers_what_lies_inside(
    start: datetime | None, end: datetime | None, *, covered: bool
):
    assert Period(NOON, NOON + HOUR).covers(Period(start, end)) is covered
    assert Period(None, None).covers(Period(start, end))


@pytest.mark.parametrize("seconds", [-1, 253_402_300_800, 2**63, 10**30])
def test_a_numeric_date_beyond_our_calendar_is_refused(seconds: int):
    with pytest.raises(MalformedError, match="/exp"):
        from_timestamp(seconds, at="/exp")


def test_a_numeric_date_is_whole_seconds_since_1970():
    assert from_timestamp(0) == datetime(1970, 1, 1, tzinfo=UTC)
    assert from_timestamp(253_402_300_799).year == 9999
    assert to_timestamp(NOON + timedelta(milliseconds=999)) == to_timestamp(NOON) == 1_772_366_400
    with pytest.raises(MalformedError):
        to_timestamp(NOON.replace(tzinfo=None))


@pytest.mark.spec("RFC 3339", "5.6")
@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01T12:00:00Z", NOON),
        ("2026-03-01T12:00:00+00:00", NOON),
        ("2026-03-01T13:30:00+01:30", NOON),
        ("2026-03-01T11:00:00-01:00", NOON),
        ("2026-03-01T12:00:00.5Z", NOON + timedelta(milliseconds=500)),
        ("2026-03-01T12:00:00.123456789Z", NOON + timedelta(microseconds=123_456)),
    ],
)
def test_a_date_time_is_read_in_utc(text: str, moment: datetime):
    assert from_rfc3339(text) == moment
    assert from_rfc3339(text).tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-03-01",
        "2026-03-01T12:00:00",
        "2026-03-01T12:00Z",
        "2026-03-01 12:00:00Z",
        "2026-3-1T12:00:00Z",
        "20260301T120000Z",
        "2026-02-30T12:00:00Z",
        "2026-03-01T24:00:00Z",
        "2026-03-01T12:60:00Z",
        "2026-03-01T12:00:60Z",
        "2026-03-01T12:00:00.Z",
        "2026-03-01T12:00:00+25:00",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "0000-01-01T00:00:00Z",
        "-2026-03-01T12:00:00Z",
        "\u0662026-03-01T12:00:00Z",
        "2026-03-01T12:00:00Z\n",
        "2026-W10-1T12:00:00Z",
    ],
)
def test_what_is_not_a_date_time_is_refused(text: str):
    with pytest.raises(MalformedError, match="/created"):
        from_rfc3339(text, at="/created")


def test_a_date_time_is_written_in_utc_without_fractions_unless_asked_for():
    moment = (NOON + timedelta(milliseconds=500)).astimezone(timezone(timedelta(hours=2)))

    assert to_rfc3339(moment) == "2026-03-01T12:00:00Z"
    assert to_rfc3339(moment, fractions=True) == "2026-03-01T12:00:00.500000Z"
    assert to_rfc3339(NOON, fractions=True) == "2026-03-01T12:00:00Z"
    assert to_rfc3339(datetime(33, 1, 1, tzinfo=UTC)) == "0033-01-01T00:00:00Z"
    with pytest.raises(MalformedError):
        to_rfc3339(NOON.replace(tzinfo=None))


@given(MOMENTS)
def test_a_moment_survives_the_wire(moment: datetime):
    whole = moment.replace(microsecond=0)

    assert from_rfc3339(to_rfc3339(moment, fractions=True)) == moment
    assert from_rfc3339(to_rfc3339(moment)) == whole
    assert from_timestamp(to_timestamp(moment)) == whole


@given(st.text() | MOMENTS.map(str))
def test_junk_raises_only_our_own_errors(text: str):
    with pytest.raises(SsiError):
        from_rfc3339(text)
