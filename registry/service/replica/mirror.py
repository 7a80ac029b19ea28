"""A mirror: it cosigns a tree only when it has stored, and verified, all that is in it."""

from collections.abc import Sequence
from typing import final

from registry.model.merkle import fold
from registry.model.signed_note import VerifierKey
from registry.model.stored_nodes import Span
from registry.model.tlog_mirror import AddEntries
from registry.model.tlog_tiles import Tile
from registry.model.tlog_witness import AddCheckpoint, origin_hash
from registry.ports import CosignedTree, CosignedTrees, LogSnapshot, LogStore
from registry.service import tiles
from registry.service.cosigner import Answer
from registry.service.replica.packages import tree_of
from registry.service.replica.uploads import Conflict, Upload, UploadedLog
from ssi_core.errors import ForkError, MalformedError, NotFoundError, UnavailableError


@final
class StoredFirst:
    """A cosigner's memory that takes no tree which `store` does not have, durably."""

    def __init__(self, memory: CosignedTrees, store: LogStore) -> None:
        self._memory = memory
        self._store = store

    def load(self, origin: str) -> CosignedTree | None:
        """Return the last tree of the log that was cosigned; nothing before the first."""
        return self._memory.load(origin)

    def advance(self, origin: str, *, after: CosignedTree | None, to: CosignedTree) -> None:
        """Remember `to` once it is stored.

        Raises `UnavailableError` if it is not yet, `ForkError` if another tree is stored.
        """
        with self._store.snapshot() as log:
            head = log.head()
            if head is None or head.size < to.size:
                raise UnavailableError("the mirror has not stored as much yet")
            if head.origin != origin or (to.size and _root(log, to.size) != to.root):
                raise ForkError("the mirror has stored another tree")
        self._memory.advance(origin, after=after, to=to)


@final
class Mirror:
    """The logs that are uploaded to one mirror, each by itself. Threads may share it."""

    def __init__(
        self, *, name: str, keys: Sequence[VerifierKey], logs: Sequence[UploadedLog]
    ) -> None:
        if not logs:
            raise MalformedError("a mirror has a log that it knows")
        self.name = name
        self.keys = tuple(keys)
        self.log_keys = tuple(log.log_key for log in logs)
        self._by_origin = {log.origin: log for log in logs}
        self._by_hash = {origin_hash(log.origin): log for log in logs}

    def add_checkpoint(self, request: AddCheckpoint) -> Answer:
        """Accept a checkpoint to which entries may be uploaded."""
        return self._of(tree_of(request.note).origin).add_checkpoint(request)

    def begin(self, asked: AddEntries, *, gapped: bool = False) -> Upload | Conflict:
        """Begin an upload; see `UploadedLog.begin`."""
        return self._of(asked.origin).begin(asked, gapped=gapped)

    def checkpoint(self, log: str) -> str:
        """Return the mirror checkpoint, cosigned, of the log with this origin hash."""
        return self._shown(log).checkpoint()

    def tile(self, log: str, tile: Tile) -> bytes:
        """Return the hashes of a tile of the log with this origin hash."""
        return tiles.hashes_of(self._shown(log).packages.store, tile, may_be_empty=True)

    def bundle(self, log: str, tile: Tile) -> bytes:
        """Return entries of the log with this origin hash."""
        return tiles.bundle_of(self._shown(log).packages.store, tile, may_be_empty=True)

    def _of(self, origin: str) -> UploadedLog:
        if origin not in self._by_origin:
            raise NotFoundError("this mirror does not know the log")
        return self._by_origin[origin]

    def _shown(self, log: str) -> UploadedLog:
        if log not in self._by_hash:
            raise NotFoundError("this mirror does not know the log")
        return self._by_hash[log]


def _root(log: LogSnapshot, size: int) -> bytes:
    places = Span(0, size).peaks()
    stored = log.nodes([place.entry for place in places])
    return fold([place.of(stored) for place in places])
