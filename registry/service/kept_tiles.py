"""The tiles that were asked for lately: a hash never changes, so a whole tile does not either."""

from threading import Lock
from typing import Final, final

from registry.model.tlog_tiles import WIDTH, Tile

# Of 8 KiB each.
_MOST: Final = 256


@final
class KeptTiles:
    """Keeps whole tiles, and forgets the oldest. Threads may share it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._hashes: dict[Tile, bytes] = {}

    def find(self, tile: Tile) -> bytes | None:
        """Return the hashes of a tile, if they are kept."""
        return self._hashes.get(tile)

    def keep(self, tile: Tile, hashes: bytes) -> None:
        """Keep the hashes of a tile that the log has, unless some of it is still to come."""
        if tile.width != WIDTH:
            return
        with self._lock:
            self._hashes[tile] = hashes
            if len(self._hashes) > _MOST:
                del self._hashes[next(iter(self._hashes))]
