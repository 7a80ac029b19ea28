"""A log in memory, for tests and simulations."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import final

from registry.ports import Batch, Head, LogSnapshot, NewEntry, SeenTree, StateRow
from ssi_core.errors import ConflictError


@final
class MemoryLogStore:
    """Forgets everything when the process ends."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._log = _Log(None, [], {}, {})

    def create(self, head: Head) -> None:
        """Begin the log with an empty tree; raise `ConflictError` if there is one already."""
        with self._lock:
            if self._log.head() is not None:
                raise ConflictError("the log exists already")
            self._log = self._log.grown(head, {})

    @contextmanager
    def snapshot(self) -> Iterator[LogSnapshot]:
        """Open the log as it is now."""
        yield self._log

    def append(self, batch: Batch) -> None:
        """Store all of `batch`, or raise `ConflictError` if the head is no longer `batch.after`."""
        with self._lock:
            if self._log.head() != batch.after:
                raise ConflictError("the log has grown meanwhile")
            if self._log.indexes([new.leaf for new in batch.entries]):
                raise ConflictError("the log has the entry already")
            self._log.extend(batch)
            rows = {(row.kind, row.key): row for row in (*batch.created, *batch.replaced)}
            self._log = self._log.grown(batch.head, rows)


@final
class MemoryWitnessMemory:
    """A witness's memory that lasts as long as the process."""

    def __init__(self) -> None:
        self._seen: SeenTree | None = None

    def load(self) -> SeenTree | None:
        """Return the largest tree seen; nothing before the first."""
        return self._seen

    def keep(self, tree: SeenTree) -> None:
        """Remember `tree`."""
        self._seen = tree


@final
class _Log:
    """A log up to `head`. The lists may have grown since; the rows are this head's own."""

    def __init__(
        self,
        head: Head | None,
        entries: list[NewEntry],
        indexes: dict[bytes, int],
        rows: Mapping[tuple[str, str], StateRow],
    ) -> None:
        self._head = head
        self._entries = entries
        self._indexes = indexes
        self._rows = rows
        self._size = 0 if head is None else head.size

    def extend(self, batch: Batch) -> None:
        for number, new in enumerate(batch.entries, start=self._size):
            self._indexes[new.leaf] = number
            self._entries.append(new)

    def grown(self, head: Head, rows: Mapping[tuple[str, str], StateRow]) -> "_Log":
        return _Log(head, self._entries, self._indexes, {**self._rows, **rows})

    def head(self) -> Head | None:
        return self._head

    def entries(self, indexes: Sequence[int]) -> Mapping[int, bytes]:
        return {index: self._entries[index].raw for index in indexes if index < self._size}

    def entries_from(self, start: int, *, limit: int) -> Sequence[bytes]:
        return [new.raw for new in self._entries[start : min(start + limit, self._size)]]

    def indexes(self, leaves: Sequence[bytes]) -> Mapping[bytes, int]:
        found = {leaf: self._indexes.get(leaf, self._size) for leaf in leaves}
        return {leaf: index for leaf, index in found.items() if index < self._size}

    def nodes(self, indexes: Sequence[int]) -> Mapping[int, bytes]:
        return {index: self._entries[index].nodes for index in indexes if index < self._size}

    def rows(self, kind: str, keys: Sequence[str]) -> Mapping[str, StateRow]:
        return {key: self._rows[kind, key] for key in keys if (kind, key) in self._rows}

    def rows_by_lookup(self, kind: str, prefix: str, *, limit: int) -> Sequence[StateRow]:
        if not prefix:
            return []
        found = [
            row
            for row in self._rows.values()
            if row.kind == kind and row.lookup is not None and row.lookup.startswith(prefix)
        ]
        return sorted(found, key=lambda row: (row.lookup or "", row.key))[:limit]

    def all_rows(self) -> Iterator[StateRow]:
        return iter(self._rows.values())
