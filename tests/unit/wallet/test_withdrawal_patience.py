"""A recipient that does not confirm is told again, ever less often, and never given up."""

from datetime import UTC, datetime, timedelta

from wallet.sharing import Logged

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def told(attempts: int) -> Logged:
    return Logged(withdrawn_at=NOW, notice="notice", attempts=attempts, tried_at=NOW)


def test_the_first_telling_is_due_at_once():
    assert Logged(withdrawn_at=NOW, notice="notice").is_due(NOW)


def test_each_wait_is_twice_the_last_up_to_an_hour():
    waits = [
        min(s for s in range(0, 7_200, 30) if told(n).is_due(NOW + timedelta(seconds=s)))
        for n in (1, 2, 3, 8, 1_000)
    ]

    assert waits == [30, 60, 120, 3_600, 3_600]


def test_a_clock_that_was_put_back_makes_nobody_wait_longer():
    assert told(5).is_due(NOW - timedelta(days=1))
