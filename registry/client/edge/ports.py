"""What the edge needs from outside: a clock, a registry that takes entries, and a durable queue."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from registry.client.edge.item import Arriving, Item, ItemState, Settled, Waiting
from registry.client.registry_client import Outcome


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present moment, aware and in UTC."""
        ...


class Submitting(Protocol):
    """A registry, as far as entries are handed in to it."""

    def submit_all(self, entries: Sequence[bytes], /) -> Sequence[Outcome]:
        """Hand in entries in this order; the same bytes again are the same entry."""
        ...


class Queue(Protocol):
    """Entries that are kept before they are sent, wherever a role keeps them."""

    def waiting(self, limit: int) -> Sequence[Waiting]:
        """Return the oldest entries that have not been sent, in the order to send them in."""
        ...

    def settle(self, settled: Sequence[Settled]) -> None:
        """Remember, durably and all at once, what became of entries."""
        ...


class OutboxStore(Queue, Protocol):
    """Where an outbox keeps its items. Durable once a call returns; threads may share it."""

    def put(self, entries: Sequence[Arriving], *, at: datetime) -> Sequence[Item]:
        """Keep entries behind all others, all or none; one that is known keeps its item."""
        ...

    def find(self, leaf: bytes) -> Item | None:
        """Return the item with this leaf hash."""
        ...

    def unsent_about(self, subject: str) -> Sequence[Item]:
        """Return, in order, what is about `subject` and was not sent, whatever the reason."""
        ...

    def count_waiting(self) -> int:
        """Return how many have not been sent."""
        ...

    def effective(self, *, seen: int) -> Sequence[Item]:
        """Return, in order, what is queued, and what was sent to an index from `seen` on."""
        ...

    def of_state(self, state: ItemState) -> Sequence[Item]:
        """Return the items that are in a state, oldest first."""
        ...

    def dismiss(self, leaf: bytes) -> None:
        """Remember that a refused entry has been seen to; nothing happens to any other."""
        ...
