"""A thread that does the housekeeping every few seconds."""

from threading import Event, Thread
from types import TracebackType
from typing import Final, Self, final

from issuer.service.housekeeping import Housekeeping
from ssi_core.adapters.clock import Clock
from ssi_core.adapters.logging import event
from ssi_core.errors import SsiError

_SECONDS: Final = 5.0


@final
class Housekeeper:
    """Works from its beginning to its end as a context manager."""

    def __init__(
        self, housekeeping: Housekeeping, clock: Clock, *, seconds: float = _SECONDS
    ) -> None:
        self._housekeeping = housekeeping
        self._clock = clock
        self._seconds = seconds
        self._stop = Event()
        self._thread = Thread(target=self._run, name="housekeeper", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._seconds):
            try:
                self._work()
            except SsiError as error:
                # A database that is away now is tried again next time.
                event("housekeeping_failed", code=error.code)

    def _work(self) -> None:
        now = self._clock.now()
        erased = self._housekeeping.erase(at=now)
        if erased:
            event("claims_erased", count=erased)
        if not self._housekeeping.publish():
            event("publications_waiting")
