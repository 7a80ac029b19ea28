"""A durable queue of entries for the log: kept before they are sent, sent once and in order."""

from collections.abc import Sequence
from dataclasses import replace
from threading import Lock
from typing import Final, final

from registry.client.edge.chained import Chained
from registry.client.edge.item import Arriving, Item, ItemState, require_refused
from registry.client.edge.ports import Clock, OutboxStore, Submitting
from registry.client.edge.sending import Report, send_waiting
from registry.model.envelope import Entry
from registry.model.log_event import CHANGING, Standing
from registry.model.succession import builds_on, stands_on
from ssi_core.errors import NotFoundError

_NOTHING_SENT: Final = 2**63 - 1


@final
class Outbox:
    """Takes entries at any time, and sends them when the registry can be reached."""

    def __init__(self, store: OutboxStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._sending = Lock()

    def put(self, entry: bytes) -> Item:
        """Keep an entry, durably, and return its item; the same bytes are one item for ever.

        It is not in the log yet: only its item's state says when it is. `MalformedError` for bytes
        that no log would take.
        """
        return self.put_all([entry])[0]

    def put_all(self, entries: Sequence[bytes]) -> tuple[Item, ...]:
        """Keep entries in this order, all of them or none; see `put`."""
        read = [Entry.parse(raw) for raw in entries]
        arriving = [
            Arriving(each, self._predecessor(read, place)) for place, each in enumerate(read)
        ]
        return tuple(self._store.put(arriving, at=self._clock.now()))

    def find(self, leaf: bytes) -> Item | None:
        """Return what became of the entry with this leaf hash."""
        return self._store.find(leaf)

    def waiting(self) -> int:
        """Return how many entries are marked as not sent."""
        return self._store.count_waiting()

    def queued(self) -> tuple[Item, ...]:
        """Return the entries that are marked as not sent, in order."""
        items = self._store.effective(seen=_NOTHING_SENT)
        return tuple(item for item in items if item.state is ItemState.QUEUED)

    def refused(self) -> tuple[Item, ...]:
        """Return the entries that the registry would not have, for somebody to look at."""
        return tuple(self._store.of_state(ItemState.REFUSED))

    def dismissed(self) -> tuple[Item, ...]:
        """Return the entries that the registry would not have, and that somebody has looked at."""
        return tuple(self._store.of_state(ItemState.DISMISSED))

    def dismiss(self, leaf: bytes) -> Item:
        """Return a refused entry as dismissed: kept with its reason, and no more work for anybody.

        What builds on it is still not sent. Raises `NotFoundError`, or `ConflictError` for an entry
        that may still be sent, or was.
        """
        found = self._store.find(leaf)
        if found is None:
            raise NotFoundError("the outbox has no such entry", at="/leaf")
        require_refused(found.refusal(), at="/leaf")
        self._store.dismiss(leaf)
        return replace(found, state=ItemState.DISMISSED)

    def drain(self, registry: Submitting) -> Report:
        """Send what waits, in order and in batches; what could not be sent is kept.

        It never raises for a registry that is away: the report's `problem` says so. What builds on
        a refused entry is not sent, and refused here with its reason: it has to be signed again.
        """
        with self._sending:
            queue = Chained(self._store, self._clock)
            report = send_waiting(queue, registry, self._clock)
            return replace(report, settled=(*report.settled, *queue.held))

    def ended(self, *, seen: int = 0) -> frozenset[str]:
        """Return the ids of what our own entries end or suspend and a reader cannot see yet.

        These are the queued entries, and the sent ones at an index from `seen` on: `seen` is the
        size of the tree that the caller reads. So a withdrawal holds here at once.
        """
        found: set[str] = set()
        suspended: set[str] = set()
        for item in self._store.effective(seen=seen):
            if item.about is None:
                continue
            match CHANGING.get(item.type):
                case Standing.ENDED | Standing.SUPERSEDED:
                    found.add(item.about)
                case Standing.SUSPENDED:
                    suspended.add(item.about)
                case Standing.IN_FORCE:
                    suspended.discard(item.about)
                case None:
                    pass
        return frozenset(found | suspended)

    def _predecessor(self, read: Sequence[Entry], place: int) -> bytes | None:
        """Return the leaf hash of the entry here that this one builds on; nothing if it is sent."""
        entry = read[place]
        subject = stands_on(entry)
        if subject is None:
            return None
        kept = [Entry.parse(item.entry) for item in self._store.unsent_about(subject)]
        before = (*reversed(read[:place]), *reversed(kept))
        return next((each.leaf for each in before if builds_on(entry, each)), None)
