"""Where a tree's nodes are kept, and which of them a proof needs.

Every entry is kept with the nodes that appending it completed: its own leaf hash, then each inner
node whose last missing part it was. So a node lies with the last leaf below it, at its level.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from registry.model.merkle import HASH_BYTES, fold
from ssi_core.errors import LogProofError, NotFoundError

LoadNodes: TypeAlias = Callable[[Sequence[int]], Mapping[int, bytes]]
"""Return the nodes that the entries at some indexes completed: their hashes, one after another."""


class Place(NamedTuple):
    """Where a node is kept: with which entry, and how many levels above its leaf hash."""

    entry: int
    level: int

    def of(self, nodes: Mapping[int, bytes]) -> bytes:
        """Return the node's hash out of what was loaded; raise `LogProofError` if it is missing."""
        start = self.level * HASH_BYTES
        node = nodes.get(self.entry, b"")[start : start + HASH_BYTES]
        if len(node) != HASH_BYTES:
            raise LogProofError("the store lacks nodes of the tree")
        return node


class Span(NamedTuple):
    """The leaves from `start` up to, not including, `end`."""

    start: int
    end: int

    def peaks(self) -> tuple[Place, ...]:
        """Return the perfect subtrees that cover the span, left to right."""
        places, start = [], self.start
        while start < self.end:
            # The largest subtree that fits, and that can begin here.
            level = (self.end - start).bit_length() - 1
            if start:
                level = min(level, (start & -start).bit_length() - 1)
            start += 1 << level
            places.append(Place(start - 1, level))
        return tuple(places)


def inclusion_path(index: int, size: int, *, load: LoadNodes) -> tuple[bytes, ...]:
    """Return the path that proves leaf `index` in the tree of `size` (RFC 9162 section 2.1.3.1)."""
    if not 0 <= index < size:
        raise NotFoundError("the tree has no such entry")
    wanted: list[tuple[Place, ...]] = []
    level = 0
    while (width := 1 << level) < size:
        # The sibling of the subtree that has the leaf: whole, cut off by the tree's edge, or none.
        start = (index >> level ^ 1) << level
        if start + width <= size:
            wanted.append((Place(start + width - 1, level),))
        elif start < size:
            wanted.append(Span(start, size).peaks())
        level += 1
    return _hashes(wanted, load)


def consistency_path(old_size: int, new_size: int, *, load: LoadNodes) -> tuple[bytes, ...]:
    """Return the proof that one tree begins with another (RFC 9162 section 2.1.4.1)."""
    if not 0 < old_size <= new_size:
        raise NotFoundError("the log has not had a tree of that size")
    spans, start, end, whole = [], 0, new_size, True
    while old_size != end:
        middle = start + _split(end - start)
        if old_size <= middle:
            spans.append(Span(middle, end))
            end = middle
        else:
            spans.append(Span(start, middle))
            start, whole = middle, False
    if not whole:
        spans.append(Span(start, end))
    return _hashes([span.peaks() for span in spans[::-1]], load)


def _split(width: int) -> int:
    """Return the largest power of two that is smaller than `width`."""
    return 1 << ((width - 1).bit_length() - 1)


def _hashes(wanted: Sequence[Sequence[Place]], load: LoadNodes) -> tuple[bytes, ...]:
    nodes = load([place.entry for peaks in wanted for place in peaks])
    return tuple([_top(peaks, nodes) for peaks in wanted])


def _top(peaks: Sequence[Place], nodes: Mapping[int, bytes]) -> bytes:
    first, *others = peaks
    top = first.of(nodes)
    return fold([top, *(place.of(nodes) for place in others)]) if others else top
