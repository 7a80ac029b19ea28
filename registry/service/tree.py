"""The log's tree as it grows: what must be stored for each entry, and what proves it."""

from collections.abc import Collection, Mapping
from typing import NoReturn, Self, final

from registry.model.merkle import CompactRange
from registry.model.proof import EntryProof
from registry.model.stored_nodes import LoadNodes, Span, inclusion_path
from registry.ports import Head, LogSnapshot
from ssi_core.errors import LogProofError, NotFoundError, UnavailableError


@final
class GrowingTree:
    """The right edge of the tree above a head."""

    def __init__(self, edge: CompactRange) -> None:
        self._edge = edge

    @classmethod
    def above(cls, log: LogSnapshot, head: Head) -> Self:
        """Read the edge of the tree; raise `LogProofError` if its root is not the head's."""
        places = Span(0, head.size).peaks()
        stored = log.nodes([place.entry for place in places])
        edge = CompactRange(head.size, [place.of(stored) for place in places])
        if edge.root() != head.root:
            raise LogProofError("the stored tree does not have the stored root")
        return cls(edge)

    def copy(self) -> "GrowingTree":
        """Return an edge that grows by itself."""
        return GrowingTree(self._edge.copy())

    @property
    def size(self) -> int:
        """How many leaves the tree has."""
        return self._edge.size

    def root(self) -> bytes:
        """Return the root of the tree."""
        return self._edge.root()

    def push(self, leaf: bytes) -> bytes:
        """Add a leaf hash; return the nodes that it completes, one after another."""
        return b"".join(self._edge.push(leaf))


def root_at(log: LogSnapshot, size: int) -> bytes:
    """Return the root that the tree had when it had `size` leaves."""
    places = Span(0, size).peaks()
    stored = log.nodes([place.entry for place in places])
    return CompactRange(size, [place.of(stored) for place in places]).root()


def entry_proofs(
    log: LogSnapshot,
    indexes: Collection[int],
    *,
    size: int,
    read: Mapping[int, bytes] | None = None,
    load: LoadNodes | None = None,
) -> tuple[EntryProof, ...]:
    """Return the entries at `indexes`, each proved in the tree of `size`.

    The bytes of those in `read` are known already. `load` finds nodes sooner than the log does.
    """
    raws = dict(read or {})
    wanted = sorted(set(indexes))
    if missing := [index for index in wanted if index not in raws]:
        raws.update(log.entries(missing))
    if not raws.keys() >= set(wanted):
        raise NotFoundError("the log has no such entry")
    return tuple(
        EntryProof(raws[index], index, inclusion_path(index, size, load=load or log.nodes))
        for index in wanted
    )


def size_within(log: LogSnapshot, size: int | None) -> int:
    """Return `size` if the log has had a tree of that size; how large it is now without one."""
    head = log.head()
    if head is None:
        raise UnavailableError("there is no log")
    if size is not None and not 0 < size <= head.size:
        raise NotFoundError("the log has not had a tree of that size")
    return head.size if size is None else size


def nothing_in(log: LogSnapshot) -> NoReturn:
    """Raise `NotFoundError`; or, of a log that is not there, or not any more, what `head` does."""
    # Such a log cannot say that it has no such entry.
    size_within(log, None)
    raise NotFoundError("the log has no such entry")
