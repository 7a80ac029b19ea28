from datetime import UTC, datetime, timedelta, timezone

import pytest

from ssi_core.adapters.clock import Clock, FixedClock, SystemClock
from ssi_core.errors import MalformedError

MOMENT = datetime(2026, 11, 21, 10, tzinfo=UTC)


def test_the_systems_clock_is_aware_in_utc_and_goes_on() -> None:
    clock: Clock = SystemClock()

    first, second = clock.now(), clock.now()

    assert first.tzinfo is UTC
    assert timedelta(0) <= second - first < timedelta(minutes=1)


def test_a_fixed_clock_stands_still_until_it_is_moved() -> None:
    clock = FixedClock(MOMENT)
    before = [clock.now(), clock.now()]

    clock.advance(timedelta(hours=1))

    assert before == [MOMENT, MOMENT]
    assert clock.now() == MOMENT + timedelta(hours=1)


def test_a_fixed_clock_can_be_set_back() -> None:
    clock = FixedClock(MOMENT)

    clock.set(MOMENT - timedelta(days=1))

    assert clock.now() == MOMENT - timedelta(days=1)


def test_every_clock_tells_utc() -> None:
    clock = FixedClock(MOMENT.astimezone(timezone(timedelta(hours=5))))

    assert clock.now().tzinfo is UTC
    assert clock.now() == MOMENT


def test_a_moment_without_a_zone_is_no_moment() -> None:
    with pytest.raises(MalformedError):
        FixedClock(datetime(2026, 11, 21))  # noqa: DTZ001 - on purpose
