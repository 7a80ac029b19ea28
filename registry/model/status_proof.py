"""Statuses as evidence shows them: chunks of the status map, proved by the log's own snapshot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self, final

from registry.model.merkle import leaf_hash, verify_inclusion
from registry.model.snapshots import StateSnapshot
from registry.model.status_map import CHUNK_BYTES, CHUNK_ENTRIES, Status, chunk_count, status_in
from ssi_core.encoding import base64url_decode, base64url_encode_all
from ssi_core.errors import LogProofError, MalformedError
from ssi_core.json_types import JsonObject
from ssi_core.status.bitstring import BitstringStatusList
from ssi_core.strict_json import as_array, as_integer, as_text

STATUS_SIZE: Final = 2
# Evidence of four chains of eight accreditations and as many DIDs, each in another chunk.
MAX_CHUNKS: Final = 64
# What cannot be compressed, in base64, with room for the frame.
_MAX_TEXT: Final = 24_576

# What may be true when the entries that are shown say no more than the key.
_AFTER: Final[Mapping[Status, frozenset[Status]]] = {
    Status.IN_FORCE: frozenset(Status),
    Status.SUSPENDED: frozenset({Status.SUSPENDED, Status.ENDED, Status.SUPERSEDED}),
    Status.ENDED: frozenset({Status.ENDED}),
    Status.SUPERSEDED: frozenset({Status.SUPERSEDED}),
}


@dataclass(frozen=True, slots=True)
class ChunkProof:
    """One chunk of the status map, and its inclusion path up to the snapshot's root."""

    number: int
    chunk: bytes
    path: tuple[bytes, ...]

    def require_included(self, snapshot: StateSnapshot) -> None:
        """Return if the chunk has this place in the map that the snapshot is of."""
        verify_inclusion(
            leaf_hash(self.chunk),
            index=self.number,
            size=chunk_count(snapshot.size),
            path=self.path,
            root=snapshot.root,
        )

    def to_json(self) -> JsonObject:
        """Return the proof as the registry's API writes it: a Bitstring Status List inside."""
        return {
            "chunk": self.number,
            "encodedList": BitstringStatusList(self.chunk, STATUS_SIZE).encode(),
            "path": base64url_encode_all(self.path),
        }

    @classmethod
    def from_json(cls, body: JsonObject) -> Self:
        """Read what `to_json` wrote; nothing beyond one chunk is ever inflated."""
        text = as_text(body.get("encodedList"), at="/encodedList")
        if len(text) > _MAX_TEXT:
            raise MalformedError("the chunk is larger than allowed", at="/encodedList")
        found = BitstringStatusList.decode(text, STATUS_SIZE, max_bytes=CHUNK_BYTES)
        if len(found.data) != CHUNK_BYTES:
            raise MalformedError("a chunk of the status map has 16,384 bytes", at="/encodedList")
        nodes = as_array(body.get("path"), at="/path")
        return cls(
            number=as_integer(body.get("chunk"), at="/chunk"),
            chunk=found.data,
            path=tuple(base64url_decode(as_text(node, at="/path"), at="/path") for node in nodes),
        )


@final
class ProvenStatuses:
    """The statuses that evidence proves as of its checkpoint. Only `prove` makes one."""

    def __init__(self, chunks: dict[int, bytes], size: int) -> None:
        self._chunks = chunks
        self._size = size

    @classmethod
    def prove(
        cls,
        chunks: Sequence[ChunkProof],
        snapshot: StateSnapshot | None,
        *,
        tree_size: int,
        log_key: str,
    ) -> Self:
        """Return the statuses if `snapshot` is the tree's last entry and the log's own.

        `log_key` is the Multikey of the log that is believed. Raises `LogProofError`.
        """
        if snapshot is None or snapshot.size != tree_size - 1:
            raise LogProofError("the evidence does not end with the log's snapshot")
        if snapshot.proof.own_key() != log_key:
            raise LogProofError("another key than the log's took the snapshot")
        for proof in chunks:
            proof.require_included(snapshot)
        return cls({proof.number: proof.chunk for proof in chunks}, snapshot.size)

    def of(self, index: int) -> Status:
        """Return the status of what entry `index` began; raise `LogProofError` if not shown."""
        chunk = self._chunks.get(index // CHUNK_ENTRIES)
        if chunk is None or index >= self._size:
            raise LogProofError("the evidence does not show the status of an entry")
        return status_in(chunk, index)

    def confirm(self, shown: Status, index: int) -> Status:
        """Return the status of entry `index`, of which the entries shown say that it is `shown`.

        The map may know of an end or a suspension that the entries do not show: it counts. That the
        entries show one that the map does not know of is a `LogProofError`.
        """
        proven = self.of(index)
        if proven not in _AFTER[shown]:
            raise LogProofError("the status map contradicts the entries")
        return proven
