"""A stored log as tlog-tiles shows it: https://c2sp.org/tlog-tiles."""

from registry.model.tlog_tiles import WIDTH, Tile, bundle
from registry.ports import LogSnapshot, LogStore
from registry.service.tree import size_within
from ssi_core.errors import RedactedError


def hashes_of(store: LogStore, tile: Tile, *, may_be_empty: bool = False) -> bytes:
    """Return the hashes of a tile, one after another; `NotFoundError` if there is no such tile.

    A store without a log raises `UnavailableError`: nobody knows what the log has. If it
    `may_be_empty`, as a mirror's before the first upload, it says for itself that it has nothing.
    """
    with store.snapshot() as log:
        return tile.hashes(size=_size(log, may_be_empty=may_be_empty), load=log.nodes)


def bundle_of(store: LogStore, tile: Tile, *, may_be_empty: bool = False) -> bytes:
    """Return the entries below a tile of level 0, else as `hashes_of` does.

    Raises `RedactedError` if one has no bytes left: a bundle cannot say that an entry is missing.
    """
    with store.snapshot() as log:
        tile.require_within(_size(log, may_be_empty=may_be_empty))
        found = log.entries_from(tile.index * WIDTH, limit=tile.width)
    raws = [raw for raw in found if raw is not None]
    if len(raws) != tile.width:
        raise RedactedError("an entry of this bundle was redacted; ask for them in a list")
    return bundle(raws)


def _size(log: LogSnapshot, *, may_be_empty: bool) -> int:
    return 0 if may_be_empty and log.head() is None else size_within(log, None)
