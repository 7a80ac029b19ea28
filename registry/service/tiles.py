"""A stored log as tlog-tiles shows it: https://c2sp.org/tlog-tiles."""

from registry.model.tlog_tiles import WIDTH, Tile, bundle
from registry.ports import LogStore
from registry.service.tree import size_within
from ssi_core.errors import RedactedError


def hashes_of(store: LogStore, tile: Tile) -> bytes:
    """Return the hashes of a tile, one after another."""
    with store.snapshot() as log:
        return tile.hashes(size=size_within(log, None), load=log.nodes)


def bundle_of(store: LogStore, tile: Tile) -> bytes:
    """Return the entries below a tile of level 0; `RedactedError` if one has no bytes left.

    A bundle cannot say that an entry is missing.
    """
    with store.snapshot() as log:
        tile.require_within(size_within(log, None))
        found = log.entries_from(tile.index * WIDTH, limit=tile.width)
    raws = [raw for raw in found if raw is not None]
    if len(raws) != tile.width:
        raise RedactedError("an entry of this bundle was redacted; ask for them in a list")
    return bundle(raws)
