"""Rates of several cases, taken in turn, so that what disturbs the machine disturbs all of them."""

import gc
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import Final

_LEAST_SECONDS: Final = 0.005
_MILLI: Final = 1e3


class Clock(StrEnum):
    """Seconds of one core's work, for pure computing; or seconds on the wall, for waiting too."""

    CORE = "core"
    WALL = "wall"


_CLOCKS: Final[Mapping[Clock, Callable[[], float]]] = {
    Clock.CORE: time.process_time,
    Clock.WALL: time.perf_counter,
}


@dataclass(frozen=True, slots=True)
class Lead:
    """How many times as fast as another case of the same subject we want to be."""

    times: float
    over: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One thing that can be done many times.

    `run` does it as often as it is told; `count` fixes how often in a round, where each time uses
    something up. `now` reads the seconds that another process has spent, where it does the work.
    `check` raises, outside the time taken, if what was done was not done well. `reference` names
    the case of the same subject that this one is compared with. `aim` is the rate that we want,
    per second, and `lead` the distance to a peer. `remark` says, once all rounds are done, what a
    rate does not.
    """

    name: str
    run: Callable[[int], None]
    clock: Clock = Clock.CORE
    now: Callable[[], float] | None = None
    count: int | None = None
    check: Callable[[], None] | None = None
    reference: str | None = None
    aim: float | None = None
    lead: Lead | None = None
    remark: Callable[[], str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Cases that belong together, in the order in which they are shown, and what to know."""

    title: str
    text: str
    cases: tuple[Case, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How many rounds, and how long each case is repeated in one."""

    rounds: int = 5
    seconds: float = 0.5
    quick: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A case, and its rate per second in each round."""

    case: Case
    rates: tuple[float, ...]

    @property
    def rate(self) -> float:
        """The median of the rounds."""
        return median(self.rates)

    @property
    def reached(self) -> bool | None:
        """Whether the aim was reached; none where there is no aim."""
        return None if self.case.aim is None else self.rate >= self.case.aim


@dataclass(frozen=True, slots=True)
class Result:
    """What was measured of one subject."""

    subject: Subject
    rows: tuple[Row, ...]
    found: tuple[str, ...] = ()

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was known before, and what was found by the way."""
        return (*self.subject.remarks, *self.found)

    def ratio(self, row: Row) -> float | None:
        """Return the median, over the rounds, of the row's rate to its reference's."""
        return self._times(row, row.case.reference)

    def lead(self, row: Row) -> float | None:
        """Return how many times as fast the row is as the case that it wants to lead."""
        return None if row.case.lead is None else self._times(row, row.case.lead.over)

    def _times(self, row: Row, name: str | None) -> float | None:
        for other in self.rows:
            if other.case.name == name:
                pairs = zip(row.rates, other.rates, strict=True)
                return median(rate / reference for rate, reference in pairs)
        return None


def percentiles(seconds: Sequence[float]) -> str:
    """Say how long half of them took at most, and all but one in a hundred."""
    ordered = sorted(seconds)
    half, most = (ordered[int(share * (len(ordered) - 1))] * _MILLI for share in (0.5, 0.99))
    return f"{half:.2f} ms (p50), {most:.2f} ms (p99)"


def measure(subject: Subject, pace: Pace) -> Result:
    """Run every case once in each round."""
    with _collected():
        counts = [case.count or _enough(case, pace.seconds) for case in subject.cases]
        rounds = [list(_round(subject, counts)) for _ in range(pace.rounds)]
    rates = zip(*rounds, strict=True)
    rows = (Row(case, tuple(found)) for case, found in zip(subject.cases, rates, strict=True))
    remarks = (case.remark() for case in subject.cases if case.remark is not None)
    return Result(subject, tuple(rows), tuple(remarks))


@contextmanager
def _collected() -> Iterator[None]:
    # What was made to be measured is not walked through again and again by the garbage collector.
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _round(subject: Subject, counts: list[int]) -> Iterator[float]:
    for case, count in zip(subject.cases, counts, strict=True):
        seconds = _timed(case, count)
        if case.check is not None:
            case.check()
        yield count / seconds


def _enough(case: Case, seconds: float) -> int:
    """Return how often the case fits into `seconds`; finding out warms it up."""
    count = 1
    while (taken := _timed(case, count)) < min(_LEAST_SECONDS, seconds):
        count *= 2
    return max(1, round(count * seconds / taken))


def _timed(case: Case, count: int) -> float:
    now = case.now or _CLOCKS[case.clock]
    began = now()
    case.run(count)
    return max(now() - began, 1e-9)


def often(once: Callable[[], object]) -> Callable[[int], None]:
    """Return a `run` that calls `once` so many times."""

    def run(count: int) -> None:
        for _ in range(count):
            once()

    return run
