"""A thread that notices when the registry is lost and when it is back, and then catches up."""

import random
from collections.abc import Callable, Sequence
from threading import Condition, Thread
from types import TracebackType
from typing import Final, Protocol, Self, TypeAlias, final

from registry.client.edge.ports import Clock
from registry.client.edge.presence import Pace, Presence, Reach
from ssi_core.adapters.logging import event, unexpected
from ssi_core.errors import SsiError, UnavailableError

_JOIN_SECONDS: Final = 10.0
Work: TypeAlias = Callable[[], object]


class Watch(Protocol):
    """Told of every call to the registry, and asked whether another is worth its time."""

    def heard(self) -> None:
        """Learn that the registry has answered."""
        ...

    def failed(self) -> None:
        """Learn that the registry could not be reached."""
        ...

    def presence(self) -> Presence:
        """Return whether the registry is there, and since when."""
        ...


@final
class Sentinel:
    """Watches one registry from its beginning to its end as a context manager.

    `probe` asks the registry something small. `each_time` it answers, what waits is sent; when it
    answers for the first time, or again, `on_return` is done after that, one by one. Work that
    finds the registry gone again says so with `UnavailableError`, and is done at the next return.
    """

    def __init__(
        self,
        probe: Work,
        *,
        clock: Clock,
        each_time: Sequence[Work] = (),
        on_return: Sequence[Work] = (),
        pace: Pace | None = None,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._probe = probe
        self._clock = clock
        self._each_time = tuple(each_time)
        self._on_return = tuple(on_return)
        self._pace = pace or Pace()
        self._draw = draw
        self._changed = Condition()
        self._presence = Presence(reach=Reach.UNKNOWN, since=clock.now())
        self._owing = True
        self._hurried = True
        self._stopping = False
        self._thread = Thread(target=self._run, name="sentinel", daemon=True)

    def presence(self) -> Presence:
        """Return whether the registry is there, and since when."""
        with self._changed:
            return self._presence

    def failed(self) -> None:
        """Learn at once that a call found nobody; from now on the registry is looked for."""
        with self._changed:
            if not self._presence.is_offline:
                self._owing = True
                self._become(self._presence.failed(self._clock.now()))
                self._changed.notify_all()

    def heard(self) -> None:
        """Learn that a call was answered; if the registry was thought lost, catch up at once."""
        with self._changed:
            if self._presence.is_offline:
                self.hurry()

    def hurry(self) -> None:
        """Probe now, and not only when it is time."""
        with self._changed:
            self._hurried = True
            self._changed.notify_all()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join(_JOIN_SECONDS)

    def _run(self) -> None:
        while self._wait():
            try:
                self._probe()
            except SsiError:
                self._lost()
                continue
            except Exception as error:  # noqa: BLE001 - a sentinel that dies notices nothing
                unexpected(error)
                self._lost()
                continue
            self._found()

    def _wait(self) -> bool:
        """Wait until it is time to probe; return whether to go on."""
        with self._changed:
            seen = self._presence
            seconds = seen.wait(self._pace, jitter=self._draw())
            self._changed.wait_for(
                lambda: self._hurried or self._stopping or self._presence.reach is not seen.reach,
                timeout=seconds,
            )
            self._hurried = False
            return not self._stopping

    def _lost(self) -> None:
        with self._changed:
            self._owing = True
            self._become(self._presence.failed(self._clock.now()))

    def _found(self) -> None:
        with self._changed:
            self._become(self._presence.heard(self._clock.now()))
            owing, self._owing = self._owing, False
        for work in (*self._each_time, *(self._on_return if owing else ())):
            if not self._did(work):
                return

    def _did(self, work: Work) -> bool:
        try:
            work()
        except UnavailableError:
            self._lost()
            return False
        except SsiError as error:
            event("catching_up_failed", code=error.code)
        except Exception as error:  # noqa: BLE001 - the other work still has to be done
            unexpected(error)
        return True

    def _become(self, presence: Presence) -> None:
        if presence.reach is not self._presence.reach:
            event("registry", state=presence.reach.value)
        self._presence = presence


@final
class AlwaysTry:
    """A watch for where nobody watches: every call is worth its time."""

    def __init__(self, clock: Clock) -> None:
        self._presence = Presence(reach=Reach.UNKNOWN, since=clock.now())

    def presence(self) -> Presence:
        """Return that nothing is known."""
        return self._presence

    def heard(self) -> None:
        """Take no notice."""

    def failed(self) -> None:
        """Take no notice."""
