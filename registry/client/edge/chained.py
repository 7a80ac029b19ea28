"""An outbox as its sender sees it: what builds on an entry is not sent before, or without, it."""

from collections.abc import Sequence
from typing import Final, final

from registry.client.edge.item import Refused, Settled, Waiting
from registry.client.edge.ports import Clock, OutboxStore

BUILDS_ON_REFUSED: Final = "it was not sent, because it builds on an entry that was refused"


@final
class Chained:
    """Implements `Queue` for one time of sending; `held` is what was refused here, unsent.

    An entry waits until it is known what became of the one that it builds on, so the two are never
    on their way together.
    """

    def __init__(self, store: OutboxStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self.held: list[Refused] = []

    def waiting(self, limit: int) -> Sequence[Waiting]:
        """Return the oldest entries that may be sent now, in order."""
        while held := self._held(found := self._store.waiting(limit)):
            self._store.settle(held)
            self.held += held
        return _apart(found)

    def settle(self, settled: Sequence[Settled]) -> None:
        """Remember, durably and all at once, what became of entries."""
        self._store.settle(settled)

    def _held(self, found: Sequence[Waiting]) -> list[Refused]:
        held: dict[bytes, Refused] = {}
        for each in found:
            before = None if each.after is None else self._refused(each.after, held)
            if before is not None:
                held[each.leaf] = Refused(
                    each.leaf, before.code, BUILDS_ON_REFUSED, self._clock.now(), before.winner
                )
        return list(held.values())

    def _refused(self, leaf: bytes, held: dict[bytes, Refused]) -> Refused | None:
        if leaf in held:
            return held[leaf]
        item = self._store.find(leaf)
        return None if item is None else item.refusal()


def _apart(found: Sequence[Waiting]) -> Sequence[Waiting]:
    """Return the entries up to the first that builds on one of them."""
    seen: set[bytes] = set()
    for place, each in enumerate(found):
        if each.after in seen:
            return found[:place]
        seen.add(each.leaf)
    return found
