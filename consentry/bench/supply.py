"""A supply of signed entries, used up round by round by several clients at a time."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import islice
from typing import final

from consentry.bench.entries import sign_entries
from consentry.bench.measure import Case, Clock, Lead, Pace, percentiles


@final
class Supply:
    """Entries for every round of one case, and how long each submission took."""

    def __init__(
        self,
        send: Callable[[Sequence[bytes]], object],
        *,
        log: str,
        count: int,
        stack: ExitStack,
        pace: Pace,
        batch: int = 1,
        clients: int = 1,
    ) -> None:
        """Sign `count` entries a round; `send` raises if one that it hands in is not taken."""
        self._send = send
        self._count = max(batch * clients, count // 20) if pace.quick else count
        self._batch = batch
        self._taken: list[float] = []
        self._supply = iter(sign_entries(self._count * (pace.rounds + 1), log=log))
        self._threads = stack.enter_context(ThreadPoolExecutor(clients))
        # Connections are opened and tables warm before the first round.
        self._run(self._count)
        self._taken.clear()

    def case(
        self,
        name: str,
        *,
        reference: str | None = None,
        aim: float | None = None,
        lead: Lead | None = None,
    ) -> Case:
        """Return the case that uses the supply up."""
        return Case(
            name=name,
            run=self._run,
            clock=Clock.WALL,
            count=self._count,
            reference=reference,
            aim=aim,
            lead=lead,
            remark=lambda: f"{name}: a submission is answered within {percentiles(self._taken)}",
        )

    def _run(self, count: int) -> None:
        entries = list(islice(self._supply, count))
        batches = [entries[start : start + self._batch] for start in range(0, count, self._batch)]
        self._taken += self._threads.map(self._timed, batches)

    def _timed(self, entries: Sequence[bytes]) -> float:
        began = time.perf_counter()
        self._send(entries)
        return time.perf_counter() - began
