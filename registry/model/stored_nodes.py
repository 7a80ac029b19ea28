"""Where a tree's nodes are kept, and which of them a proof needs.

Nodes are numbered in the order in which appending completes them: a leaf, then every inner node
whose last missing part was this leaf. So the numbering never changes and has no gaps.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from registry.model.merkle import fold
from ssi_core.errors import NotFoundError

LoadNodes = Callable[[Sequence[int]], Mapping[int, bytes]]


@dataclass(frozen=True, slots=True)
class Span:
    """The leaves from `start` up to, not including, `end`."""

    start: int
    end: int

    def peaks(self) -> tuple[int, ...]:
        """Return the positions of the perfect subtrees that cover the span, left to right."""
        positions, start = [], self.start
        while start < self.end:
            # The largest subtree that fits, and that can begin here.
            level = (self.end - start).bit_length() - 1
            if start:
                level = min(level, (start & -start).bit_length() - 1)
            positions.append(position(level, start >> level))
            start += 1 << level
        return tuple(positions)


def stored_count(size: int) -> int:
    """Return how many nodes a tree of `size` leaves has completed."""
    return 2 * size - size.bit_count()


def position(level: int, index: int) -> int:
    """Return the number of the `index`-th node at `level`; leaves are at level 0."""
    last_leaf = ((index + 1) << level) - 1
    return stored_count(last_leaf) + level


def inclusion_path(index: int, size: int, *, load: LoadNodes) -> tuple[bytes, ...]:
    """Return the path that proves leaf `index` in the tree of `size` (RFC 9162 section 2.1.3.1)."""
    if not 0 <= index < size:
        raise NotFoundError("the tree has no such entry")
    spans, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            spans.append(Span(middle, end))
            end = middle
        else:
            spans.append(Span(start, middle))
            start = middle
    return _hashes(spans[::-1], load)


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
    return _hashes(spans[::-1], load)


def _split(width: int) -> int:
    """Return the largest power of two that is smaller than `width`."""
    return 1 << ((width - 1).bit_length() - 1)


def _hashes(spans: Sequence[Span], load: LoadNodes) -> tuple[bytes, ...]:
    wanted = [span.peaks() for span in spans]
    nodes = load([place for peaks in wanted for place in peaks])
    return tuple(fold([nodes[place] for place in peaks]) for peaks in wanted)
