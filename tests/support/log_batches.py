"""Batches for a log's store that mean nothing, and hold together."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from registry.model.merkle import EMPTY_ROOT, CompactRange, leaf_hash
from registry.ports import Batch, Head, LogStore, NewEntry, StateRow

EMPTY = Head(origin="log.example", size=0, root=EMPTY_ROOT, note="empty")


def batch(
    after: Head,
    *entries: bytes,
    created: tuple[StateRow, ...] = (),
    replaced: tuple[StateRow, ...] = (),
    chunks: Mapping[int, bytes] | None = None,
    redacted: Sequence[int] = (),
) -> Batch:
    """The batch that appends `entries` to a log which so far has numbers as its entries."""
    edge = CompactRange()
    for number in range(after.size):
        edge.push(leaf_hash(str(number).encode()))
    new = [NewEntry(leaf_hash(raw), raw, b"".join(edge.push(leaf_hash(raw)))) for raw in entries]
    note = f"{edge.size} {entries[-1]!r}"
    return Batch(
        after=after,
        head=replace(after, size=edge.size, root=edge.root(), note=note),
        entries=new,
        created=created,
        replaced=replaced,
        chunks=chunks or {},
        redacted=redacted,
    )


def everything(store: LogStore) -> object:
    """All that a store holds, to be compared."""
    with store.snapshot() as log:
        head = log.head()
        size = 0 if head is None else head.size
        rows = sorted(log.all_rows(), key=lambda row: (row.kind, row.key))
        return (
            head,
            log.entries_from(0, limit=size + 9),
            log.nodes(range(size + 9)),
            rows,
            log.chunks(range(9)),
        )
