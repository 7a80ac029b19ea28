"""Pages of a log, fetched and checked ahead of whoever applies them one after another."""

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Final

from registry.model.state import CheckedEntry, VerifyProofs, check_all
from registry.model.transfer import Gap, Shown
from registry.service.replica.source import MAX_PAGE, Source
from ssi_core.errors import SsiError, UnavailableError

# While one page is applied the next ones are on their way; more would only take room.
_AHEAD: Final = 3


@dataclass(frozen=True, slots=True)
class Page:
    """What a source showed, and of each entry what could be said of it alone."""

    shown: Sequence[Shown]
    checked: Sequence[CheckedEntry | SsiError | Gap]

    @classmethod
    def of(cls, shown: Sequence[Shown], *, log: str, verify: VerifyProofs) -> "Page":
        """Check the entries of a page, each by itself."""
        raws = [item for item in shown if not isinstance(item, Gap)]
        found = iter(check_all(raws, log=log, verify=verify))
        return cls(shown, [item if isinstance(item, Gap) else next(found) for item in shown])


def pages(
    source: Source, start: int, end: int, *, step: int, log: str, verify: VerifyProofs
) -> Generator[Page]:
    """Yield the entries from `start` up to `end` in order, page by page, a whole number to a step.

    Raises `UnavailableError` if the source has fewer. Close it, to let go of what is on its way.
    """

    def fetched(first: int, last: int) -> Page:
        shown = source.run(first, limit=last - first)
        if len(shown) != last - first:
            raise UnavailableError("the log does not show all that it signed")
        return Page.of(shown, log=log, verify=verify)

    bounds = _bounds(start, end, step)
    waiting: deque[Future[Page]] = deque()
    with ThreadPoolExecutor(_AHEAD, "pages") as threads:
        try:
            waiting.extend(threads.submit(fetched, *bound) for bound in islice(bounds, _AHEAD))
            while waiting:
                page = waiting.popleft().result()
                waiting.extend(threads.submit(fetched, *bound) for bound in islice(bounds, 1))
                yield page
        finally:
            for one in waiting:
                one.cancel()


def _bounds(start: int, end: int, step: int) -> Iterator[tuple[int, int]]:
    for begin in range(start, end, step):
        stop = min(begin + step, end)
        for first in range(begin, stop, MAX_PAGE):
            yield first, min(first + MAX_PAGE, stop)
