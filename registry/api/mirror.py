"""What is uploaded to a mirror, and shown by it, over HTTP: https://c2sp.org/tlog-mirror."""

import zlib
from collections.abc import AsyncIterator, Iterator
from http import HTTPStatus
from typing import Final, TypeVar, final

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from registry.api.tiles import FOR_AN_HOUR, FOREVER, OCTETS, tile_at
from registry.model.gapped_upload import GAPPED_TYPE
from registry.model.tlog_mirror import INFO_TYPE, AddEntries, EntryPackage, Reading
from registry.service.replica.mirror import Mirror
from registry.service.replica.uploads import Conflict, Finished, Partial, Upload
from ssi_core.adapters.problem_details import render
from ssi_core.errors import LogProofError, MalformedError

_Read = TypeVar("_Read")

_UNPROCESSABLE: Final = 422
_GZIP: Final = 16 + zlib.MAX_WBITS
# Unpacked at a time, so that a small body cannot become a large one in memory.
_PART: Final = 65_536
_HEADERS: Final = {"Cache-Control": "no-store", "Accept-Encoding": "gzip"}
_BODY: Final = {"requestBody": {"required": True, "content": {OCTETS: {}, GAPPED_TYPE: {}}}}


def mirror_routes(mirror: Mirror) -> APIRouter:
    """Return the routes under which logs upload to `mirror`, and others read what it has."""
    routes = APIRouter(tags=["mirror"])

    @routes.post("/add-entries", openapi_extra=_BODY, response_class=PlainTextResponse)
    async def add_entries(request: Request) -> Response:
        """Store packages of entries as they arrive; cosign the checkpoint they complete."""
        body = _Body(request)
        try:
            return _answer(await _uploaded(mirror, body))
        except LogProofError as error:
            return render(error, status=_UNPROCESSABLE)

    @routes.get("/{log}/tile/entries/{path:path}", response_class=Response)
    def read_bundle(log: str, path: str) -> Response:
        """Return up to 256 entries, each with its length; 410 if one of them was redacted."""
        content = mirror.bundle(log, tile_at("0", path))
        return Response(content, media_type=OCTETS, headers=FOR_AN_HOUR)

    @routes.get("/{log}/tile/{level}/{path:path}", response_class=Response)
    def read_tile(log: str, level: str, path: str) -> Response:
        """Return up to 256 hashes of one level of the tree."""
        content = mirror.tile(log, tile_at(level, path))
        return Response(content, media_type=OCTETS, headers=FOREVER)

    return routes


async def _uploaded(mirror: Mirror, body: "_Body") -> Finished:
    asked = await body.read(AddEntries.read())
    if asked is None:
        raise MalformedError("the body ends too early")
    upload = await run_in_threadpool(mirror.begin, asked, gapped=body.is_gapped)
    if isinstance(upload, Conflict):
        return upload
    await _add_all(upload, body)
    return await run_in_threadpool(upload.finish)


async def _add_all(upload: Upload, body: "_Body") -> None:
    while (wanted := upload.wanted()) is not None:
        package = await body.read(EntryPackage.read(entries=wanted))
        if package is None:
            return
        await run_in_threadpool(upload.add, package)
    if not await body.has_ended():
        raise MalformedError("something follows the last package")


def _answer(finished: Finished) -> Response:
    match finished:
        case Conflict(info):
            return Response(info.render(), HTTPStatus.CONFLICT, _HEADERS, INFO_TYPE)
        case Partial(info):
            return Response(info.render(), HTTPStatus.ACCEPTED, _HEADERS, INFO_TYPE)
        case lines:
            return PlainTextResponse("".join(str(line) for line in lines), headers=_HEADERS)


@final
class _Body:
    """A request's body as it arrives, unpacked, of which as much is kept as is read at once."""

    def __init__(self, request: Request) -> None:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in {OCTETS, GAPPED_TYPE}:
            raise MalformedError("entries are uploaded as application/octet-stream")
        self.is_gapped = kind == GAPPED_TYPE
        self._parts = _unpacked(
            _arriving(request), request.headers.get("content-encoding", "identity").strip().lower()
        )
        self._kept = bytearray()

    async def read(self, reading: Reading[_Read]) -> _Read | None:
        """Return what `reading` makes of what comes next; nothing if the body ends before."""
        try:
            wanted = next(reading)
            while (part := await self._take(wanted)) is not None:
                wanted = reading.send(part)
        except StopIteration as end:
            found: _Read = end.value
            return found
        return None

    async def has_ended(self) -> bool:
        """Say whether nothing more comes."""
        return not self._kept and await self._take(1) is None

    async def _take(self, count: int) -> bytes | None:
        while len(self._kept) < count:
            part = await anext(self._parts, None)
            if part is None:
                return None
            self._kept += part
        taken = bytes(self._kept[:count])
        del self._kept[:count]
        return taken


async def _arriving(request: Request) -> AsyncIterator[bytes]:
    try:
        async for part in request.stream():
            yield part
    except ClientDisconnect:
        # An upload may be interrupted; what came before counts.
        return


async def _unpacked(parts: AsyncIterator[bytes], encoding: str) -> AsyncIterator[bytes]:
    if encoding not in {"gzip", "identity"}:
        raise MalformedError("a body is packed with gzip, or not at all")
    unpacker = zlib.decompressobj(_GZIP)
    async for part in parts:
        if encoding == "identity":
            yield part
            continue
        for unpacked in _unpack(unpacker, part):
            yield unpacked


def _unpack(unpacker: "zlib._Decompress", packed: bytes) -> Iterator[bytes]:
    if packed and unpacker.eof:
        raise MalformedError("something follows the packed body")
    unpacked = b""
    # The last part may have left more to come out than was taken.
    while packed or len(unpacked) == _PART:
        try:
            unpacked = unpacker.decompress(packed, _PART)
        except zlib.error:
            raise MalformedError("the body is not gzip") from None
        packed = unpacker.unconsumed_tail
        yield unpacked
