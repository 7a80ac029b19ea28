"""The thread that follows: soon again after a success, less and less often after failures."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread
from typing import Self, final

from registry.ports import Batch
from registry.service.replica.replica import Replica


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """Seconds between two looks at the source, and at most so many while it is out of reach."""

    every: float = 0.5
    at_most: float = 5.0


@final
class Following:
    """Follows for as long as it is open. What waits is sent whenever the source was reached."""

    def __init__(
        self,
        replica: Replica,
        *,
        rhythm: Rhythm,
        bug: Callable[[BaseException], None],
        stored: Callable[[Batch], None] | None = None,
    ) -> None:
        self._replica = replica
        self._rhythm = rhythm
        self._bug = bug
        self._stored = stored
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="following", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        pause = self._rhythm.every
        while not self._stopping.is_set():
            reached = self._step()
            pause = self._rhythm.every if reached else min(2 * pause, self._rhythm.at_most)
            self._stopping.wait(pause)

    def _step(self) -> bool:
        try:
            return self._replica.catch_up(stored=self._stored)
        except Exception as error:  # noqa: BLE001 - a replica that stopped following looks like one cut off
            self._bug(error)
            return False
