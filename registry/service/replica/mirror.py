"""A mirror: it cosigns a tree only when it has stored, and verified, all that is in it."""

from typing import final

from registry.model.merkle import fold
from registry.model.stored_nodes import Span
from registry.ports import CosignedTree, CosignedTrees, LogSnapshot, LogStore
from ssi_core.errors import ForkError, UnavailableError


@final
class StoredFirst:
    """A cosigner's memory that takes no tree which `store` does not have, durably."""

    def __init__(self, memory: CosignedTrees, store: LogStore) -> None:
        self._memory = memory
        self._store = store

    def load(self, origin: str) -> CosignedTree | None:
        """Return the last tree of the log that was cosigned; nothing before the first."""
        return self._memory.load(origin)

    def advance(self, origin: str, *, after: CosignedTree | None, to: CosignedTree) -> None:
        """Remember `to` once it is stored.

        Raises `UnavailableError` if it is not yet, `ForkError` if another tree is stored.
        """
        with self._store.snapshot() as log:
            head = log.head()
            if head is None or head.size < to.size:
                raise UnavailableError("the mirror has not stored as much yet")
            if head.origin != origin or (to.size and _root(log, to.size) != to.root):
                raise ForkError("the mirror has stored another tree")
        self._memory.advance(origin, after=after, to=to)


def _root(log: LogSnapshot, size: int) -> bytes:
    places = Span(0, size).peaks()
    stored = log.nodes([place.entry for place in places])
    return fold([place.of(stored) for place in places])
