"""The status map as readers need it: of one moment, with its tree, made once for each head."""

from collections.abc import Collection
from threading import Lock
from typing import final

from registry.model.status_map import CHUNK_ENTRIES, StatusMap, chunk_count
from registry.model.status_proof import ChunkProof
from registry.ports import LogSnapshot


@final
class StoredMaps:
    """Makes chunk proofs; threads may share it, and it keeps one map and the proofs in it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._size = -1
        self._map = StatusMap()
        self._proofs: dict[int, ChunkProof] = {}

    def prove(
        self, log: LogSnapshot, indexes: Collection[int], *, size: int
    ) -> tuple[ChunkProof, ...]:
        """Return the chunks that cover `indexes`, proved in the map of the first `size` entries.

        `log` is a snapshot whose last entry is the one at `size`, and changed no status.
        """
        numbers = sorted({index // CHUNK_ENTRIES for index in indexes})
        with self._lock:
            if size != self._size:
                self._map = StatusMap(log.chunks(range(chunk_count(size))))
                self._size, self._proofs = size, {}
            return tuple(self._proof(number) for number in numbers)

    def _proof(self, number: int) -> ChunkProof:
        found = self._proofs.get(number)
        if found is None:
            chunk, path = self._map.chunk(number), self._map.path(number, self._size)
            found = self._proofs[number] = ChunkProof(number, chunk, path)
        return found
