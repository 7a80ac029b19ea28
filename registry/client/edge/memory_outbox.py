"""An outbox in memory: for tests and benchmarks, and as the plainest statement of the contract."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from threading import Lock
from typing import final

from registry.client.edge.item import Arriving, Item, ItemState, Sent, Settled, Waiting
from registry.model.succession import subject_of


@final
class MemoryOutboxStore:
    """Implements `OutboxStore`, gone with the process."""

    def __init__(self) -> None:
        self._items: dict[bytes, Item] = {}
        self._lock = Lock()

    def put(self, entries: Sequence[Arriving], *, at: datetime) -> Sequence[Item]:
        """Keep entries behind all others, all or none; one that is known keeps its item."""
        with self._lock:
            return [self._put(each, at) for each in entries]

    def find(self, leaf: bytes) -> Item | None:
        """Return the item with this leaf hash."""
        return self._items.get(leaf)

    def waiting(self, limit: int) -> Sequence[Waiting]:
        """Return the oldest entries that have not been sent, in the order to send them in."""
        found = self._in(ItemState.QUEUED)[:limit]
        return [Waiting(item.entry, item.leaf, item.after) for item in found]

    def unsent_about(self, subject: str) -> Sequence[Item]:
        """Return, in order, what is about `subject` and was not sent, whatever the reason."""
        with self._lock:
            items = [item for item in self._items.values() if item.about == subject]
        return [item for item in items if item.state is not ItemState.SENT]

    def count_waiting(self) -> int:
        """Return how many have not been sent."""
        return len(self._in(ItemState.QUEUED))

    def effective(self, *, seen: int) -> Sequence[Item]:
        """Return, in order, what is queued, and what was sent to an index from `seen` on."""
        with self._lock:
            return [
                item
                for item in self._items.values()
                if item.state is ItemState.QUEUED or (item.index is not None and item.index >= seen)
            ]

    def of_state(self, state: ItemState) -> Sequence[Item]:
        """Return the items that are in a state, oldest first."""
        return self._in(state)

    def dismiss(self, leaf: bytes) -> None:
        """Remember that a refused entry has been seen to; nothing happens to any other."""
        with self._lock:
            item = self._items[leaf]
            if item.state is ItemState.REFUSED:
                self._items[leaf] = replace(item, state=ItemState.DISMISSED)

    def settle(self, settled: Sequence[Settled]) -> None:
        """Remember what became of entries; the bytes of what was sent are in the log now."""
        with self._lock:
            for each in settled:
                item = self._items[each.leaf]
                if item.state is ItemState.QUEUED:
                    self._items[each.leaf] = _settled(item, each)

    def _put(self, arriving: Arriving, at: datetime) -> Item:
        read = arriving.entry
        item = Item(
            number=len(self._items) + 1,
            entry=read.raw,
            leaf=read.leaf,
            type=read.type.value,
            about=subject_of(read),
            state=ItemState.QUEUED,
            queued_at=at,
            after=arriving.after,
        )
        return self._items.setdefault(read.leaf, item)

    def _in(self, state: ItemState) -> list[Item]:
        with self._lock:
            return [item for item in self._items.values() if item.state is state]


def _settled(item: Item, outcome: Settled) -> Item:
    if isinstance(outcome, Sent):
        return replace(
            item, entry=b"", state=ItemState.SENT, index=outcome.index, settled_at=outcome.at
        )
    return replace(
        item,
        state=ItemState.REFUSED,
        code=outcome.code,
        reason=outcome.reason,
        settled_at=outcome.at,
        winner=outcome.winner,
    )
