"""Events on their way: to each listener in order, until it has acknowledged, however long it takes.

Two pools, so that listeners who did not answer last time wait for each other and for nobody else.
"""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Event, Lock, Thread
from typing import Final, Self, final

from registry.model.event_acknowledgement import verify_event_acknowledgement
from registry.ports import Clock, Endpoint, Subscription, SubscriptionStore
from registry.service.event_feed import EventFeed
from ssi_core.did.syntax import Did
from ssi_core.errors import SsiError
from ssi_core.strict_json import as_text

LEASE: Final = timedelta(days=30)
"""How long a listener may say nothing before its subscription ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPace:
    """Seconds between looks at the log, and of the first and longest wait after a failure."""

    look: float = 0.2
    first_wait: float = 0.25
    longest_wait: float = 60.0
    prompt: int = 16
    """Threads for listeners who answered last time."""
    late: int = 8
    """Threads for those who did not."""


@dataclass(slots=True)
class _Line:
    subscription: Subscription
    failures: int = 0
    due: datetime | None = None
    busy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """How delivery stands: listeners, those who have not heard everything, and those who failed."""

    listeners: int
    behind: int
    failing: int


@final
class Delivery:
    """Pushes events for as long as it is open; use it as a context."""

    def __init__(
        self,
        store: SubscriptionStore,
        feed: EventFeed,
        endpoint: Endpoint,
        *,
        clock: Clock,
        pace: DeliveryPace | None = None,
        report: Callable[[str, str], None] = lambda _name, _code: None,
    ) -> None:
        self._store = store
        self._feed = feed
        self._endpoint = endpoint
        self._clock = clock
        self._pace = pace or DeliveryPace()
        self._report = report
        self._lock = Lock()
        self._lines: dict[str, _Line] = {}
        self._wake, self._stop = Event(), Event()
        self._prompt = ThreadPoolExecutor(self._pace.prompt, "delivery")
        self._late = ThreadPoolExecutor(self._pace.late, "late-delivery")
        self._thread = Thread(target=self._run, name="dispatch", daemon=True)

    def renew(self, subscription_id: str) -> None:
        """See again what the store says of a subscription, and try it at once."""
        found = self._store.find(subscription_id)
        with self._lock:
            if found is None:
                self._lines.pop(subscription_id, None)
            else:
                self._lines[subscription_id] = _Line(found)
        self._wake.set()

    def failures(self, subscription_id: str) -> int:
        """Return how often in a row a listener did not acknowledge."""
        line = self._lines.get(subscription_id)
        return 0 if line is None else line.failures

    def backlog(self) -> Backlog:
        """Return how delivery stands."""
        with self._lock:
            lines = tuple(self._lines.values())
        behind = sum(self._feed.has_news(line.subscription.heard) for line in lines)
        failing = sum(line.failures > 0 for line in lines)
        return Backlog(listeners=len(lines), behind=behind, failing=failing)

    def __enter__(self) -> Self:
        self._lines = {each.id: _Line(each) for each in self._store.all()}
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._wake.set()
        self._thread.join()
        self._prompt.shutdown(cancel_futures=True)
        self._late.shutdown(cancel_futures=True)

    def _run(self) -> None:
        while not self._stop.is_set():
            if self._lines:
                self._look()
            # With nobody to tell, the first who wants to be told wakes this thread.
            self._wake.wait(self._pace.look if self._lines else None)
            self._wake.clear()

    def _look(self) -> None:
        try:
            self._feed.look()
            self._dispatch()
        except SsiError as error:
            # The log's store does not answer; listeners cannot be told anything meanwhile.
            self._report("event_feed", error.code)

    def _dispatch(self) -> None:
        now = self._clock.now()
        with self._lock:
            lines = tuple(self._lines.values())
        for line in lines:
            if self._stop.is_set():
                return
            if now - line.subscription.renewed_at > LEASE:
                self._store.remove(line.subscription.id)
                self.renew(line.subscription.id)
            elif self._is_due(line, now):
                line.busy = True
                pool = self._late if line.failures else self._prompt
                pool.submit(self._deliver, line)

    def _is_due(self, line: _Line, now: datetime) -> bool:
        if line.busy or not self._feed.has_news(line.subscription.heard):
            return False
        # A clock that was put back must not make anybody wait longer than the longest wait.
        wait = timedelta() if line.due is None else line.due - now
        return wait <= timedelta() or wait > timedelta(seconds=self._pace.longest_wait)

    def _deliver(self, line: _Line) -> None:
        try:
            while self._tell(line):
                line.failures = 0
        except SsiError as error:
            self._put_off(line, error.code)
        except Exception:
            # Whatever it was, this listener is not forgotten because of it.
            self._put_off(line, "internal")
            raise
        finally:
            line.busy = False
            self._wake.set()

    def _tell(self, line: _Line) -> bool:
        """Send the next event and keep its acknowledgement; say whether there was one."""
        told = line.subscription
        event = self._feed.after(told.heard)
        if event is None or self._stop.is_set():
            return False
        answer = self._endpoint.send(told.url, {"event": event.text})
        text = as_text(answer.get("acknowledgement"), at="/acknowledgement")
        verify_event_acknowledgement(
            text, event=event.digest, end=event.end, listener=Did.parse(told.listener)
        )
        at = self._clock.now()
        self._store.acknowledge(told.id, heard=event.end, acknowledgement=text, at=at)
        line.subscription = replace(told, heard=event.end, acknowledgement=text, renewed_at=at)
        return True

    def _put_off(self, line: _Line, code: str) -> None:
        line.failures += 1
        doubled = self._pace.first_wait * 2 ** min(line.failures - 1, 32)
        # Jitter, so that those whom one outage cut off do not all come back at one moment.
        part = random.uniform(0.5, 1.0)  # noqa: S311 - no secret
        wait = timedelta(seconds=part * min(doubled, self._pace.longest_wait))
        line.due = self._clock.now() + wait
        self._report("event_not_delivered", code)
