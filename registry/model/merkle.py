"""Merkle trees over log entries: hashes, the growing right edge, and the check of both proofs.

https://www.rfc-editor.org/rfc/rfc9162#section-2.1 (the same tree as RFC 6962)
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final, final

from ssi_core.errors import LogProofError, MalformedError

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()
# No path in a tree of fewer than 2^63 leaves is longer.
MAX_PATH: Final = 63
_MAX_SIZE: Final = 2**63


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of one entry: SHA-256 of 0x00 || entry."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node: SHA-256 of 0x01 || left || right."""
    return sha256(b"\x01" + left + right).digest()


@final
class CompactRange:
    """The right edge of a tree: its size, and the roots of the perfect subtrees it consists of."""

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        if size < 0 or len(peaks) != size.bit_count():
            raise MalformedError("a tree has one peak for each bit set in its size")
        self._size = size
        self._peaks = list(peaks)

    @property
    def size(self) -> int:
        """How many leaves the tree has."""
        return self._size

    def copy(self) -> "CompactRange":
        """Return an edge that grows by itself."""
        return CompactRange(self._size, self._peaks)

    def push(self, leaf: bytes) -> list[bytes]:
        """Add one leaf hash; return it and the inner nodes that it completes, lowest first."""
        completed = [leaf]
        node, size = leaf, self._size
        while size & 1:
            node = node_hash(self._peaks.pop(), node)
            completed.append(node)
            size >>= 1
        self._peaks.append(node)
        self._size += 1
        return completed

    def root(self) -> bytes:
        """Return the root of the whole tree."""
        return fold(self._peaks) if self._peaks else EMPTY_ROOT


def fold(peaks: Sequence[bytes]) -> bytes:
    """Return the root above perfect subtrees that stand side by side, largest first."""
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the root of the tree with these leaf hashes."""
    edge = CompactRange()
    for leaf in leaves:
        edge.push(leaf)
    return edge.root()


def verify_inclusion(
    leaf: bytes, *, index: int, size: int, path: Sequence[bytes], root: bytes
) -> None:
    """Return if `path` leads from `leaf` at `index` to `root` (RFC 9162 section 2.1.3.2)."""
    _require_hashes(path)
    if not 0 <= index < size < _MAX_SIZE:
        raise LogProofError("the index lies outside the tree")
    position, last, node = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise LogProofError("the inclusion path is too long")
        if position & 1 or position == last:
            node = node_hash(sibling, node)
            position, last = _skip_left_edge(position, last)
        else:
            node = node_hash(node, sibling)
        position, last = position >> 1, last >> 1
    if last != 0 or node != root:
        raise LogProofError("the inclusion path does not lead to the root")


def verify_consistency(
    *, old_size: int, new_size: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]
) -> None:
    """Return if the old tree is the beginning of the new one (RFC 9162 section 2.1.4.2)."""
    _require_hashes(path)
    if not 0 < old_size <= new_size < _MAX_SIZE:
        raise LogProofError("a tree is consistent with one that is not empty and not larger")
    if old_size == new_size:
        if path or old_root != new_root:
            raise LogProofError("two trees of one size have one root and an empty proof")
        return
    old, new = _replay(old_size, new_size, old_root, path)
    if old != old_root or new != new_root:
        raise LogProofError("the consistency proof does not lead to the roots")


def _replay(
    old_size: int, new_size: int, old_root: bytes, path: Sequence[bytes]
) -> tuple[bytes, bytes]:
    nodes = [old_root, *path] if old_size & (old_size - 1) == 0 else list(path)
    if not nodes:
        raise LogProofError("the consistency proof is too short")
    position, last = old_size - 1, new_size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old = new = nodes[0]
    for node in nodes[1:]:
        if last == 0:
            raise LogProofError("the consistency proof is too long")
        if position & 1 or position == last:
            old, new = node_hash(node, old), node_hash(node, new)
            position, last = _skip_left_edge(position, last)
        else:
            new = node_hash(new, node)
        position, last = position >> 1, last >> 1
    if last != 0:
        raise LogProofError("the consistency proof is too short")
    return old, new


def _skip_left_edge(position: int, last: int) -> tuple[int, int]:
    # A node without a right sibling rises unchanged until it is a right child.
    while position and not position & 1:
        position, last = position >> 1, last >> 1
    return position, last


def _require_hashes(path: Sequence[bytes]) -> None:
    if len(path) > MAX_PATH or any(len(node) != HASH_BYTES for node in path):
        raise LogProofError("a Merkle path is at most 63 hashes of 32 bytes")
