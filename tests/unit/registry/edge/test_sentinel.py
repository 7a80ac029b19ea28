from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Event

import pytest

from registry.client.edge import Pace, Presence, Reach, Sentinel
from ssi_core.adapters.clock import FixedClock, SystemClock
from ssi_core.errors import MalformedError, NotFoundError, UnavailableError
from tests.support.registry import AT

SECONDS = 20.0
QUICK = Pace(calm=0.02, first=0.01, most=0.02)
SLOW = Pace(calm=3_600, first=3_600, most=3_600)


class Line:
    """A line to a registry that can be cut, and says when it was tried."""

    def __init__(self) -> None:
        self.is_cut = False
        self.tried = Event()

    def probe(self) -> None:
        self.tried.set()
        if self.is_cut:
            raise UnavailableError("nobody there")


@pytest.fixture
def line() -> Line:
    return Line()


def until(holds: Callable[[], bool]) -> bool:
    """Wait until something holds; return whether it ever did."""
    tick, left = Event(), SECONDS
    while not holds() and left > 0:
        tick.wait(0.005)
        left -= 0.005
    return holds()


@pytest.fixture
def watching() -> Iterator[list[Sentinel]]:
    begun: list[Sentinel] = []
    yield begun
    for sentinel in begun:
        sentinel.__exit__(None, None, None)


def begin(sentinel: Sentinel, watching: list[Sentinel]) -> Sentinel:
    watching.append(sentinel.__enter__())
    return sentinel


def test_nothing_is_known_before_it_was_tried(line: Line) -> None:
    sentinel = Sentinel(line.probe, clock=FixedClock(AT))

    assert sentinel.presence() == Presence(reach=Reach.UNKNOWN, since=AT)


def test_a_loss_that_a_call_sees_counts_at_once(line: Line) -> None:
    sentinel = Sentinel(line.probe, clock=FixedClock(AT), pace=SLOW)

    sentinel.failed()

    assert sentinel.presence() == Presence(reach=Reach.OFFLINE, since=AT, failures=1)


def test_a_loss_that_nobody_saw_is_noticed(line: Line, watching: list[Sentinel]) -> None:
    sentinel = begin(Sentinel(line.probe, clock=SystemClock(), pace=QUICK), watching)
    assert until(lambda: sentinel.presence().reach is Reach.ONLINE)

    line.is_cut = True

    assert until(lambda: sentinel.presence().is_offline)


def test_after_a_return_what_waits_is_sent_first(line: Line, watching: list[Sentinel]) -> None:
    done: list[str] = []
    line.is_cut = True
    sentinel = begin(
        Sentinel(
            line.probe,
            clock=SystemClock(),
            pace=QUICK,
            each_time=[lambda: done.append("sent")],
            on_return=[lambda: done.append("judged"), lambda: done.append("told")],
        ),
        watching,
    )
    assert until(lambda: sentinel.presence().is_offline)
    assert done == []

    line.is_cut = False

    assert until(lambda: "told" in done)
    assert done[:3] == ["sent", "judged", "told"]


def test_the_return_is_celebrated_once(line: Line, watching: list[Sentinel]) -> None:
    returns: list[None] = []
    probes: list[None] = []

    def probe() -> None:
        probes.append(None)
        line.probe()

    begin(
        Sentinel(probe, clock=SystemClock(), pace=QUICK, on_return=[lambda: returns.append(None)]),
        watching,
    )

    assert until(lambda: len(probes) > 4)
    assert len(returns) == 1


def test_work_that_finds_it_gone_again_is_done_at_the_next_return(
    line: Line, watching: list[Sentinel]
) -> None:
    tries: list[None] = []

    def work() -> None:
        tries.append(None)
        if len(tries) < 3:
            raise UnavailableError("gone again")

    sentinel = begin(
        Sentinel(line.probe, clock=SystemClock(), pace=QUICK, on_return=[work]), watching
    )

    assert until(lambda: len(tries) == 3 and sentinel.presence().reach is Reach.ONLINE)


def test_work_that_is_refused_or_broken_holds_up_no_other(
    line: Line, watching: list[Sentinel]
) -> None:
    done = Event()

    def refused() -> None:
        raise NotFoundError("no such thing")

    def broken() -> None:
        raise ZeroDivisionError

    begin(
        Sentinel(
            line.probe, clock=SystemClock(), pace=QUICK, on_return=[refused, broken, done.set]
        ),
        watching,
    )

    assert done.wait(SECONDS)


def test_a_call_that_is_answered_ends_the_waiting(line: Line, watching: list[Sentinel]) -> None:
    line.is_cut = True
    sentinel = begin(Sentinel(line.probe, clock=SystemClock(), pace=SLOW), watching)
    assert until(lambda: sentinel.presence().is_offline)
    line.is_cut = False

    sentinel.heard()

    assert until(lambda: sentinel.presence().reach is Reach.ONLINE)


def test_a_broken_probe_does_not_end_the_watch(watching: list[Sentinel]) -> None:
    tries: list[None] = []

    def probe() -> None:
        tries.append(None)
        if len(tries) < 3:
            raise ZeroDivisionError

    sentinel = begin(Sentinel(probe, clock=SystemClock(), pace=QUICK), watching)

    assert until(lambda: sentinel.presence().reach is Reach.ONLINE)


def test_each_failure_doubles_the_wait_up_to_the_most() -> None:
    pace = Pace(calm=10, first=1, most=5)
    presence = Presence(reach=Reach.ONLINE, since=AT)
    waits = []

    for _ in range(5):
        presence = presence.failed(AT)
        waits.append(presence.wait(pace, jitter=0))

    assert waits == [1, 2, 4, 5, 5]
    assert presence.wait(pace, jitter=1) == 2.5


def test_a_very_long_absence_overflows_nothing() -> None:
    presence = Presence(reach=Reach.OFFLINE, since=AT, failures=10**9)

    assert presence.wait(Pace(), jitter=0) == Pace().most


def test_since_when_is_kept_while_nothing_changes() -> None:
    later = AT + timedelta(hours=1)
    online = Presence(reach=Reach.UNKNOWN, since=AT).heard(AT)

    assert online.heard(later) is online
    assert online.failed(later).failed(later + timedelta(hours=1)).since == later


def test_a_pace_without_a_pause_is_refused() -> None:
    with pytest.raises(MalformedError):
        Pace(first=0)
