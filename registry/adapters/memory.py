"""A log in memory, for tests and simulations."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import final

from registry.model.dropped_log import DROPPED
from registry.model.tlog_policy import TlogPolicy
from registry.ports import Batch, CosignedTree, Head, LogSnapshot, NewEntry, SeenTree, StateRow
from ssi_core.errors import ConflictError, GoneError, NotFoundError


@final
class MemoryLogStore:
    """Forgets everything when the process ends."""

    is_near = True

    def __init__(self) -> None:
        self._lock = Lock()
        self._log = _Log()

    def create(self, head: Head) -> None:
        """Begin the log with an empty tree; raise `ConflictError` if there is one already."""
        with self._lock:
            if self._log.head() is not None:
                raise ConflictError("the log exists already")
            self._log = self._log.at(head)

    @contextmanager
    def snapshot(self) -> Iterator[LogSnapshot]:
        """Open the log as it is now."""
        yield self._log

    def claim(self) -> Head:
        """Become the log's writer: raise its epoch by one, and return its head."""
        with self._lock:
            head = self._log.head()
            if head is None:
                raise NotFoundError("there is no log")
            claimed = replace(head, epoch=head.epoch + 1)
            self._log = self._log.at(claimed)
            return claimed

    def confirm(self, head: Head) -> None:
        """Return: what is shown is all that there is."""

    def append(self, batch: Batch) -> None:
        """Store all of `batch`, or raise `ConflictError` if size, root or epoch have changed."""
        with self._lock:
            head, after = self._log.head(), batch.after
            if head is None or (head.size, head.root, head.epoch) != (
                after.size,
                after.root,
                after.epoch,
            ):
                raise ConflictError("the log has grown, or has another writer")
            leaves = [new.leaf for new in batch.entries]
            if self._log.indexes(leaves) or len(set(leaves)) != len(leaves):
                raise ConflictError("the log has the entry already")
            self._log = self._log.grown(batch)

    def drop(self, head: Head, *, remains: bytes) -> None:
        """Drop the log whole and keep `remains`, or raise `ConflictError` if it has changed."""
        with self._lock:
            if self._log.head() != head:
                raise ConflictError("the log has grown, or has another writer")
            self._log = _Log(_remains=remains)

    def remains(self) -> bytes | None:
        """Return what `drop` kept; nothing if no log was dropped here."""
        return self._log.remains()

    def wipe(self) -> None:
        """Do nothing: there are no files."""


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
class MemoryPolicyMemory:
    """Which policy was met last, as long as the process lasts."""

    def __init__(self) -> None:
        self._policy: TlogPolicy | None = None

    def load(self) -> TlogPolicy | None:
        """Return the policy that was met last; nothing before the first."""
        return self._policy

    def keep(self, policy: TlogPolicy) -> None:
        """Remember `policy`."""
        self._policy = policy


@final
class MemoryCosignedTrees:
    """What a witness of many logs has seen, as long as the process lasts."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._trees: dict[str, CosignedTree] = {}

    def load(self, origin: str) -> CosignedTree | None:
        """Return the last tree of the log that was cosigned; nothing before the first."""
        return self._trees.get(origin)

    def advance(self, origin: str, *, after: CosignedTree | None, to: CosignedTree) -> None:
        """Remember `to`, or raise `ConflictError` if something else than `after` was there."""
        with self._lock:
            was = self._trees.get(origin)
            if (was and (was.size, was.root)) != (after and (after.size, after.root)):
                raise ConflictError("another request was cosigned first")
            self._trees[origin] = to


@dataclass(frozen=True)
@final
class _Log:
    """A log up to its head. Entries may have been added since; all else is this head's own."""

    _head: Head | None = None
    _entries: list[NewEntry] = field(default_factory=list)
    _indexes: dict[bytes, int] = field(default_factory=dict)
    _rows: Mapping[tuple[str, str], StateRow] = field(default_factory=dict)
    _chunks: Mapping[int, bytes] = field(default_factory=dict)
    _redacted: frozenset[int] = frozenset()
    _remains: bytes | None = None

    @property
    def _size(self) -> int:
        return 0 if self._head is None else self._head.size

    def at(self, head: Head) -> "_Log":
        return replace(self, _head=head)

    def grown(self, batch: Batch) -> "_Log":
        for number, new in enumerate(batch.entries, start=self._size):
            self._indexes[new.leaf] = number
            self._entries.append(new)
        rows = {(row.kind, row.key): row for row in (*batch.created, *batch.replaced)}
        return replace(
            self,
            _head=batch.head,
            _entries=_without(self._entries, batch.redacted),
            _rows={**self._rows, **rows},
            _chunks={**self._chunks, **batch.chunks},
            _redacted=self._redacted.union(batch.redacted),
        )

    def head(self) -> Head | None:
        if self._remains is not None:
            raise GoneError(DROPPED)
        return self._head

    def remains(self) -> bytes | None:
        return self._remains

    def entries(self, indexes: Sequence[int]) -> Mapping[int, bytes]:
        shown = [index for index in indexes if index < self._size and index not in self._redacted]
        return {index: self._entries[index].raw for index in shown}

    def entries_from(self, start: int, *, limit: int) -> Sequence[bytes | None]:
        found = enumerate(self._entries[start : min(start + limit, self._size)], start)
        return [None if index in self._redacted else new.raw for index, new in found]

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

    def chunks(self, numbers: Sequence[int]) -> Mapping[int, bytes]:
        return {number: self._chunks[number] for number in numbers if number in self._chunks}

    def all_rows(self) -> Iterator[StateRow]:
        return iter(self._rows.values())


def _without(entries: list[NewEntry], indexes: Sequence[int]) -> list[NewEntry]:
    """Return `entries` itself if nothing is redacted, and otherwise a list without those bytes."""
    if not indexes:
        return entries
    kept = list(entries)
    for index in indexes:
        kept[index] = replace(kept[index], raw=b"")
    return kept
