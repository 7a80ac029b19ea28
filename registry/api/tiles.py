"""The tree in tiles over HTTP: https://c2sp.org/tlog-tiles."""

from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from registry.model.tlog_tiles import Tile
from registry.service.served import ServedLog
from ssi_core.errors import MalformedError, NotFoundError

_OCTETS: Final = "application/octet-stream"
# A hash never changes.
_FOREVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
# An entry does not change either, but it may be redacted, and a cache must not outlive that long.
_FOR_AN_HOUR: Final = {"Cache-Control": "public, max-age=3600"}


def tile_routes(registry: ServedLog) -> APIRouter:
    """Return the routes under which the tree of `registry` is found as static files would be."""
    routes = APIRouter(prefix="/tile", tags=["log"])

    @routes.get("/entries/{path:path}", response_class=Response)
    async def read_bundle(_request: Request, path: str) -> Response:
        """Return up to 256 entries, each with its length; 410 if one of them was redacted."""
        content = await run_in_threadpool(registry.reader.bundle, _tile("0", path))
        return Response(content, media_type=_OCTETS, headers=_FOR_AN_HOUR)

    @routes.get("/{level}/{path:path}", response_class=Response)
    async def read_tile(_request: Request, level: str, path: str) -> Response:
        """Return up to 256 hashes of one level of the tree."""
        tile = _tile(level, path)
        content = registry.reader.tile_at_once(tile)
        if content is None:
            content = await run_in_threadpool(registry.reader.tile, tile)
        return Response(content, media_type=_OCTETS, headers=_FOREVER)

    return routes


def _tile(level: str, path: str) -> Tile:
    try:
        return Tile.parse(level, path)
    except MalformedError:
        # As a file server would say it.
        raise NotFoundError("there is no such tile") from None
