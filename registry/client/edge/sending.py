"""Send what waits: in order, many at a time, and as often as it takes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from registry.client.edge.item import Refused, Sent, Settled, Waiting
from registry.client.edge.ports import Clock, Queue, Submitting
from registry.client.registry_client import MAX_BATCH, Outcome, SubmitReceipt
from ssi_core.errors import (
    ConflictError,
    MalformedError,
    RejectedError,
    SsiError,
    UnavailableError,
)

# A registry's limit for a body is larger than this by default, and a proxy's rarely smaller. It is
# room for a thousand grants, so that they are one batch, and one transaction here and there.
_MAX_BYTES: Final = 1_048_576
# What a registry says about an entry after it has looked at it; anything else is no answer.
_ANSWERS: Final = (MalformedError, RejectedError, ConflictError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of sending. `problem` says why something is still waiting, if something is."""

    settled: tuple[Settled, ...] = ()
    problem: SsiError | None = None

    @property
    def sent(self) -> tuple[Sent, ...]:
        """What the registry has now, in order."""
        return tuple(each for each in self.settled if isinstance(each, Sent))

    @property
    def refused(self) -> tuple[Refused, ...]:
        """What the registry will not have, in order."""
        return tuple(each for each in self.settled if isinstance(each, Refused))

    def require_all(self) -> None:
        """Return if everything was sent; raise why the first that was not is refused, or waits."""
        for each in self.refused:
            raise each.error()
        if self.problem is not None:
            raise self.problem


def send_waiting(queue: Queue, registry: Submitting, clock: Clock) -> Report:
    """Send everything that waits in `queue`; what could not be sent stays there.

    One sender at a time, please: two would do each other's work again, though nothing twice. After
    an interruption the same bytes are sent again, and the registry answers with the same index.
    """
    settled: list[Settled] = []
    while waiting := _batch(queue.waiting(MAX_BATCH)):
        try:
            outcomes = registry.submit_all([item.entry for item in waiting])
        except SsiError as error:
            return Report(settled=tuple(settled), problem=error)
        heard, problem = _heard(waiting, outcomes, clock)
        queue.settle(heard)
        settled += heard
        if problem is not None:
            return Report(settled=tuple(settled), problem=problem)
    return Report(settled=tuple(settled))


def _batch(waiting: Sequence[Waiting]) -> Sequence[Waiting]:
    size = 0
    for place, item in enumerate(waiting):
        size += len(item.entry) + 1
        if size > _MAX_BYTES and place:
            return waiting[:place]
    return waiting


def _heard(
    waiting: Sequence[Waiting], outcomes: Sequence[Outcome], clock: Clock
) -> tuple[list[Settled], SsiError | None]:
    """Return what the registry said, up to the first entry that it said nothing about."""
    settled: list[Settled] = []
    for each in _settled(waiting, outcomes, clock):
        if isinstance(each, SsiError):
            return settled, each
        settled.append(each)
    return settled, None


def _settled(
    waiting: Sequence[Waiting], outcomes: Sequence[Outcome], clock: Clock
) -> Iterator[Settled | SsiError]:
    for item, outcome in zip(waiting, outcomes, strict=True):
        match outcome:
            case SubmitReceipt() if outcome.leaf == item.leaf:
                yield Sent(item.leaf, outcome.index, clock.now())
            case SubmitReceipt():
                yield UnavailableError("the registry answered for another entry")
            case _ if isinstance(outcome, _ANSWERS):
                winner = outcome.winner if isinstance(outcome, ConflictError) else None
                yield Refused(item.leaf, outcome.code, outcome.reason, clock.now(), winner)
            case _:
                yield outcome
