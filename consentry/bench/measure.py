"""Rates of several cases, taken in turn, so that what disturbs the machine disturbs all of them."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import Final

_LEAST_SECONDS: Final = 0.005


class Clock(StrEnum):
    """Seconds of one core's work, for pure computing; or seconds on the wall, for waiting too."""

    CORE = "core"
    WALL = "wall"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One thing that can be done many times.

    `run` does it as often as it is told; `count` fixes how often in a round, where each time uses
    something up. `check` raises, outside the time taken, if what was done was not done well.
    `reference` names the case of the same subject that this one is compared with, and `aim` is the
    rate that we want, per second.
    """

    name: str
    run: Callable[[int], None]
    clock: Clock = Clock.CORE
    count: int | None = None
    check: Callable[[], None] | None = None
    reference: str | None = None
    aim: float | None = None


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

    def ratio(self, row: Row) -> float | None:
        """Return the median, over the rounds, of the row's rate to its reference's."""
        for other in self.rows:
            if other.case.name == row.case.reference:
                pairs = zip(row.rates, other.rates, strict=True)
                return median(rate / reference for rate, reference in pairs)
        return None


def measure(subject: Subject, pace: Pace) -> Result:
    """Run every case once in each round."""
    with _collected():
        counts = [case.count or _enough(case, pace.seconds) for case in subject.cases]
        rounds = [list(_round(subject, counts)) for _ in range(pace.rounds)]
    rates = zip(*rounds, strict=True)
    rows = (Row(case, tuple(found)) for case, found in zip(subject.cases, rates, strict=True))
    return Result(subject, tuple(rows))


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
    now = time.process_time if case.clock is Clock.CORE else time.perf_counter
    began = now()
    case.run(count)
    return max(now() - began, 1e-9)
