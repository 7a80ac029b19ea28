"""The status map of a log: two bits for each entry that say whether what it began still stands.

Its chunks are the leaves of a tree (RFC 9162, section 2.1), and the log writes its root down as
`state.snapshot`. A chunk is also a W3C Bitstring Status List with `statusSize` 2.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from typing import Final, Self, final

from registry.model.merkle import EMPTY_ROOT, leaf_hash, node_hash
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject
from ssi_core.strict_json import as_integer

CHUNK_BYTES: Final = 16_384
CHUNK_ENTRIES: Final = 65_536
EMPTY_CHUNK: Final = bytes(CHUNK_BYTES)
_EMPTY_LEAF: Final = leaf_hash(EMPTY_CHUNK)
_PER_BYTE: Final = 4
_BITS: Final = 2
_MASK: Final = 3


class Status(IntEnum):
    """What the map says of the entry at an index.

    Of a grant and an accreditation the entry that began it counts, of a status list and a DID
    each publication and each version. Entries that begin nothing stay at 0.
    """

    IN_FORCE = 0
    SUSPENDED = 1
    ENDED = 2
    SUPERSEDED = 3


def status_at(body: JsonObject, name: str) -> Status:
    """Return the member `name` if it is a status."""
    number = as_integer(body.get(name), at=f"/{name}")
    if not 0 <= number <= _MASK:
        raise MalformedError("not a status", at=f"/{name}")
    return Status(number)


def chunk_count(size: int) -> int:
    """Return how many chunks the map of the first `size` entries has."""
    return -(-size // CHUNK_ENTRIES)


def status_in(chunk: bytes, index: int) -> Status:
    """Return what `chunk`, the one that covers entry `index`, says of that entry."""
    if len(chunk) != CHUNK_BYTES:
        raise MalformedError("a chunk of the status map has 16,384 bytes")
    place = index % CHUNK_ENTRIES
    return Status(chunk[place // _PER_BYTE] >> _shift(place) & _MASK)


@final
class StatusMap:
    """A map that changes with the log. Chunks in which nothing is said take no room.

    Copies are cheap: they share every chunk that neither changes.
    """

    def __init__(self, chunks: Mapping[int, bytes] | None = None) -> None:
        self._chunks: dict[int, bytes] = {}
        self._levels: list[list[bytes]] = [[]]
        self._pending: dict[int, Status] = {}
        self._dirty: set[int] = set()
        self._changed: set[int] = set()
        for number, chunk in (chunks or {}).items():
            if len(chunk) != CHUNK_BYTES:
                raise MalformedError("a chunk of the status map has 16,384 bytes")
            self._chunks[number] = chunk
            self._dirty.add(number)

    def copy(self) -> Self:
        """Return a map that changes by itself, and has not changed yet."""
        self._flush()
        twin = type(self)()
        twin._take(self._chunks, self._levels, self._dirty)  # noqa: SLF001 - of its own kind
        return twin

    def apply(self, statuses: Iterable[tuple[int, Status]]) -> None:
        """Take over what these entries' statuses are now."""
        self._pending.update(statuses)

    def get(self, index: int) -> Status:
        """Return what the map says of entry `index`."""
        if index in self._pending:
            return self._pending[index]
        return status_in(self._chunks.get(index // CHUNK_ENTRIES, EMPTY_CHUNK), index)

    def chunk(self, number: int) -> bytes:
        """Return chunk `number`, all zeros if nothing was said in it."""
        self._flush()
        return self._chunks.get(number, EMPTY_CHUNK)

    def changed(self) -> Mapping[int, bytes]:
        """Return the chunks that have changed since this map was made or copied."""
        self._flush()
        return {number: self._chunks[number] for number in sorted(self._changed)}

    def root(self, size: int) -> bytes:
        """Return the root of the map of the first `size` entries; a map never shrinks."""
        self._grow(size)
        return self._levels[-1][0] if self._levels[0] else EMPTY_ROOT

    def path(self, number: int, size: int) -> tuple[bytes, ...]:
        """Return the path that proves chunk `number` in the map of the first `size` entries."""
        self._grow(size)
        if not 0 <= number < len(self._levels[0]):
            raise MalformedError("the status map has no such chunk")
        path: list[bytes] = []
        for level in self._levels[:-1]:
            if number ^ 1 < len(level):
                path.append(level[number ^ 1])
            number >>= 1
        return tuple(path)

    def _take(
        self, chunks: Mapping[int, bytes], levels: Sequence[Sequence[bytes]], dirty: set[int]
    ) -> None:
        self._chunks = dict(chunks)
        self._levels = [list(level) for level in levels]
        self._dirty = set(dirty)

    def _flush(self) -> None:
        if not self._pending:
            return
        by_chunk: dict[int, list[tuple[int, Status]]] = {}
        for index, status in self._pending.items():
            by_chunk.setdefault(index // CHUNK_ENTRIES, []).append((index % CHUNK_ENTRIES, status))
        for number, changes in by_chunk.items():
            self._chunks[number] = _with(self._chunks.get(number, EMPTY_CHUNK), changes)
        self._dirty.update(by_chunk)
        self._changed.update(by_chunk)
        self._pending.clear()

    def _grow(self, size: int) -> None:
        self._flush()
        leaves, count = self._levels[0], chunk_count(size)
        if count < len(leaves):
            raise MalformedError("the status map was larger already")
        dirty = {number for number in self._dirty if number < count}
        dirty.update(range(len(leaves), count))
        # What was the last node may have had no sibling, and have one now.
        if leaves and count > len(leaves):
            dirty.add(len(leaves) - 1)
        leaves.extend(_EMPTY_LEAF for _ in range(len(leaves), count))
        for number in dirty & self._dirty:
            leaves[number] = leaf_hash(self._chunks[number])
        self._dirty -= dirty
        _rehash(self._levels, dirty)


def _rehash(levels: list[list[bytes]], dirty: set[int]) -> None:
    """Make anew, level by level, the nodes above the leaves in `dirty`."""
    height = 0
    while len(levels[height]) > 1:
        below = levels[height]
        if height + 1 == len(levels):
            levels.append([])
        above = levels[height + 1]
        dirty = {number >> 1 for number in dirty}
        above.extend(b"" for _ in range(len(above), len(below) + 1 >> 1))
        for number in dirty:
            above[number] = _parent(below, 2 * number)
        height += 1


def _parent(below: Sequence[bytes], left: int) -> bytes:
    # A node without a right sibling rises unchanged.
    return node_hash(below[left], below[left + 1]) if left + 1 < len(below) else below[left]


def _with(chunk: bytes, changes: Iterable[tuple[int, Status]]) -> bytes:
    data = bytearray(chunk)
    for place, status in changes:
        byte, shift = place // _PER_BYTE, _shift(place)
        data[byte] = data[byte] & ~(_MASK << shift) | status << shift
    return bytes(data)


def _shift(place: int) -> int:
    # The first entry is the left-most, as in a Bitstring Status List.
    return (_PER_BYTE - 1 - place % _PER_BYTE) * _BITS
