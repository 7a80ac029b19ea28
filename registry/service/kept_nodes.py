"""Nodes of the tree that proofs had in common lately: what an entry completed never changes."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final, final

from registry.model.merkle import HASH_BYTES
from registry.model.stored_nodes import LoadNodes
from registry.ports import LogSnapshot

# Of a hundred bytes or two each.
_MOST: Final = 16_384
# Who completed so many levels at once stands in the way of 256 entries or more.
_SHARED: Final = 9 * HASH_BYTES


@final
class KeptNodes:
    """Loads nodes from snapshots of one log, and keeps those of some `most` entries.

    Threads may share it.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._nodes: dict[int, bytes] = {}

    def within(self, log: LogSnapshot) -> LoadNodes:
        """Return what loads nodes of the entries that `log` has."""
        return partial(self._load, log)

    def _load(self, log: LogSnapshot, indexes: Sequence[int]) -> Mapping[int, bytes]:
        # Others may put another one in its place meanwhile, but take nothing out of this one.
        kept = self._nodes
        missing = [index for index in indexes if index not in kept]
        if missing:
            if len(kept) >= self._most:
                kept = self._nodes = self._fewer(kept, besides=indexes)
            kept.update(log.nodes(missing))
        return kept

    def _fewer(self, kept: dict[int, bytes], *, besides: Sequence[int]) -> dict[int, bytes]:
        wanted = {index: kept[index] for index in besides if index in kept}
        shared = {index: nodes for index, nodes in list(kept.items()) if len(nodes) >= _SHARED}
        return wanted | shared if len(shared) <= self._most // 2 else wanted
