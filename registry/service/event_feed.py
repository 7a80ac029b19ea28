"""The log as a feed: for any index, one signed event about everything that changed since.

Who has heard the same gets the same event, byte for byte, so an event says nothing about whom it is
for. Nothing is stored: what is remembered here only saves reading the log again.
"""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import RLock
from typing import Final, final

from registry.model import checkpoint as checkpoints
from registry.model import signed_message
from registry.model.log_event import MAX_CHANGES, Change, LogEvent, changes_in, sign_event
from registry.model.signed_note import VerifierKey
from registry.ports import Clock
from registry.service.reader import MAX_ENTRIES, LogReader
from ssi_core.keys import Signer

# Entries that one event looks through at most, and changes that are remembered.
_WINDOW: Final = 65_536
_REMEMBERED: Final = 100_000
_KEPT_EVENTS: Final = 32
_FRESH: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class SignedEvent:
    """An event as it is sent, with its digest and what it covers."""

    text: str
    digest: str
    start: int
    end: int


@final
class EventFeed:
    """Makes events; threads may share it."""

    def __init__(
        self, reader: LogReader, *, log_key: VerifierKey, signer: Signer, clock: Clock
    ) -> None:
        self._reader = reader
        self._log_key = log_key
        self._signer = signer
        self._clock = clock
        self._lock = RLock()
        # A log that must not go on is still shown, so nobody is asked for a cosignature here.
        self._size = self._floor = reader.size()
        # Every change from `_floor` up to `_size`, in order.
        self._changes: list[Change] = []
        self._made: dict[tuple[int, int], tuple[datetime, SignedEvent]] = {}

    @property
    def size(self) -> int:
        """How many entries the log had when it was last looked at."""
        return self._size

    def look(self) -> str:
        """See what has been published since, and return its checkpoint."""
        with self._lock:
            note, size = self._published()
            if size - self._size > _WINDOW:
                # Nobody asked for long; what lies further back is read when somebody needs it.
                self._changes, self._floor, self._size = [], size - _WINDOW, size - _WINDOW
            self._changes += self._scan(self._size, size)
            self._size = size
            if len(self._changes) > _REMEMBERED:
                del self._changes[: _REMEMBERED // 2]
                self._floor = self._changes[0].index
            return note

    def has_news(self, heard: int) -> bool:
        """Say whether there may be an event for who has heard everything before `heard`."""
        last = self._changes[-1].index if self._changes else -1
        return heard < self._floor or heard <= last

    def after(self, heard: int) -> SignedEvent | None:
        """Return the event that comes next for who has heard everything before `heard`, if any."""
        with self._lock:
            note = self.look()
            self._remember_from(heard)
            if not self.has_news(heard):
                return None
            key, now = (heard, self._size), self._clock.now()
            made, event = self._made.get(key, (now, None))
            # For a while everybody gets this one, though later ones would have fresher checkpoints.
            if event is None or abs(now - made) > _FRESH:
                event = self._event(heard, note)
                self._keep(key, now, event)
            return event

    def _keep(self, key: tuple[int, int], now: datetime, event: SignedEvent) -> None:
        if len(self._made) >= _KEPT_EVENTS:
            del self._made[next(iter(self._made))]
        self._made[key] = (now, event)

    def _event(self, heard: int, note: str) -> SignedEvent:
        changed, end = self._between(heard)
        event = LogEvent(
            log=self._log_key.name,
            start=heard,
            end=end,
            checkpoint=note,
            consistency=self._consistency(heard),
            changed=tuple(changed),
        )
        text = sign_event(event, signer=self._signer)
        return SignedEvent(text, signed_message.digest(text), heard, end)

    def _consistency(self, heard: int) -> tuple[bytes, ...]:
        return self._reader.consistency(heard, self._size) if 0 < heard < self._size else ()

    def _between(self, heard: int) -> tuple[list[Change], int]:
        if heard < self._floor:
            # Somebody was away for long: they are told in parts, some perhaps of nothing.
            end = min(heard + _WINDOW, self._floor)
            found = self._scan(heard, end)
        else:
            end = self._size
            first = bisect_left(self._changes, heard, key=lambda change: change.index)
            found = self._changes[first : first + MAX_CHANGES + 1]
        if len(found) > MAX_CHANGES:
            return found[:MAX_CHANGES], found[MAX_CHANGES].index
        return found, end

    def _remember_from(self, heard: int) -> None:
        if self._floor - _WINDOW <= heard < self._floor:
            self._changes[:0] = self._scan(heard, self._floor)
            self._floor = heard

    def _scan(self, start: int, end: int) -> list[Change]:
        found: list[Change] = []
        while start < end:
            entries = self._reader.entries(start, limit=min(MAX_ENTRIES, end - start))
            found += changes_in(entries, start=start)
            # What was dropped from the front of a log changes nothing any more.
            start += len(entries) or end
        return found

    def _published(self) -> tuple[str, int]:
        note = self._reader.checkpoint()
        return note, checkpoints.read(note, log_key=self._log_key).size
