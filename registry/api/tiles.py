"""The tree in tiles over HTTP: https://c2sp.org/tlog-tiles."""

from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from registry.model.tlog_tiles import Tile
from registry.service.served import ServedLog
from ssi_core.errors import MalformedError, NotFoundError

OCTETS: Final = "application/octet-stream"
# A hash never changes.
FOREVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
# An entry does not change either, but it may be redacted, and a cache must not outlive that long.
FOR_AN_HOUR: Final = {"Cache-Control": "public, max-age=3600"}


def tile_routes(registry: ServedLog) -> APIRouter:
    """Return the routes under which the tree of `registry` is found as static files would be."""
    routes = APIRouter(prefix="/tile", tags=["log"])

    @routes.get("/entries/{path:path}", response_class=Response)
    async def read_bundle(_request: Request, path: str) -> Response:
        """Return up to 256 entries, each with its length; 410 if one of them was redacted."""
        content = await run_in_threadpool(registry.reader.bundle, tile_at("0", path))
        return Response(content, media_type=OCTETS, headers=FOR_AN_HOUR)

    @routes.get("/{level}/{path:path}", response_class=Response)
    async def read_tile(_request: Request, level: str, path: str) -> Response:
        """Return up to 256 hashes of one level of the tree."""
        tile = tile_at(level, path)
        content = registry.reader.tile_at_once(tile)
        if content is None:
            content = await run_in_threadpool(registry.reader.tile, tile)
        return Response(content, media_type=OCTETS, headers=FOREVER)

    return routes


def tile_at(level: str, path: str) -> Tile:
    """Return the tile of a path; `NotFoundError` if no path is spelled so."""
    try:
        return Tile.parse(level, path)
    except MalformedError:
        # As a file server would say it.
        raise NotFoundError("there is no such tile") from None
