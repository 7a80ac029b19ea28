"""Entries over HTTP: handed in alone or many at a time, and read."""

from asyncio import wrap_future
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from registry.model import profile
from registry.service import Receipt, Registry
from ssi_core import strict_json
from ssi_core.adapters.problem_details import problem
from ssi_core.encoding import base64url_encode
from ssi_core.errors import MalformedError, SsiError
from ssi_core.json_types import JsonValue
from ssi_core.strict_json import as_array

NDJSON = "application/x-ndjson"
_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_ENTRY_BODY = {"requestBody": {"required": True, "content": {"application/json": {}}}}
_BATCH_BODY = {"requestBody": {"required": True, "content": {NDJSON: {}, "application/json": {}}}}
_MAX_INDEX = 2**63 - 1


class ReceiptOut(BaseModel, frozen=True):
    """Where an entry stands, durably: its index, its leaf hash (base64url) and the log's size."""

    index: int
    leaf: str
    size: int
    state: Literal["published"] = "published"


class BatchOut(BaseModel, frozen=True):
    """What became of each entry of a batch, in its order: a receipt or a problem document."""

    results: list[dict[str, object]]


class EntriesOut(BaseModel, frozen=True):
    """Entries in order, each as the exact text that was handed in; null where it was redacted."""

    start: int
    entries: list[str | None]


def entry_routes(registry: Registry) -> APIRouter:
    """Return the routes that take entries for `registry` and give them back."""
    routes = APIRouter(prefix="/entries", tags=["entries"])

    @routes.post(
        "",
        openapi_extra=_ENTRY_BODY,
        response_model=ReceiptOut,
        status_code=HTTPStatus.CREATED,
        responses={HTTPStatus.OK: {"model": ReceiptOut, "description": "It was there before."}},
    )
    async def submit(request: Request) -> JSONResponse:
        """Append one entry: the body is its exact bytes."""
        # One proof is verified sooner than a thread is woken for it.
        answer = registry.begin([await request.body()])
        receipt = (await wrap_future(answer))[0]
        if isinstance(receipt, SsiError):
            raise receipt
        status = HTTPStatus.OK if receipt.known else HTTPStatus.CREATED
        return JSONResponse(_receipt(receipt), status)

    @routes.post("/batch", openapi_extra=_BATCH_BODY, response_model=BatchOut)
    async def submit_batch(request: Request) -> JSONResponse:
        """Append up to 1,000 entries: one to a line, or as the member `entries` of an object."""
        raws = _batch(await request.body(), request.headers.get("content-type", ""))
        answer = await run_in_threadpool(registry.begin, raws)
        outcomes = await wrap_future(answer)
        return JSONResponse({"results": [_result(outcome) for outcome in outcomes]})

    @routes.get("")
    def read_entries(
        start: Annotated[int, Query(ge=0, le=_MAX_INDEX)] = 0,
        limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    ) -> EntriesOut:
        """Return entries in order, from index `start` on; none beyond the end."""
        found = registry.reader.entries(start, limit=limit)
        return EntriesOut(
            start=start, entries=[None if raw is None else raw.decode() for raw in found]
        )

    @routes.get("/{index}", response_class=Response)
    def read_entry(index: Annotated[int, Path(ge=0, le=_MAX_INDEX)]) -> Response:
        """Return the exact bytes of one entry."""
        raw = registry.reader.entry(index)
        return Response(raw, media_type="application/json", headers=_FOREVER)

    return routes


def _batch(body: bytes, content_type: str) -> list[bytes]:
    if content_type.partition(";")[0].strip().lower() == NDJSON:
        return body.removesuffix(b"\n").split(b"\n")
    content = strict_json.parse_object(body, max_bytes=len(body))
    entries = as_array(content.get("entries"), at="/entries")
    if not entries:
        raise MalformedError("a batch has at least one entry", at="/entries")
    # An object cannot hold the bytes that were signed, but the profile has one spelling only.
    return [_canonical(entry) for entry in entries]


def _canonical(entry: JsonValue) -> bytes:
    try:
        return profile.render(entry)
    except MalformedError:
        # It is refused in its place, and does not hold up the others.
        return b""


def _receipt(receipt: Receipt) -> dict[str, object]:
    return {
        "index": receipt.index,
        "leaf": base64url_encode(receipt.leaf),
        "size": receipt.size,
        "state": "published",
    }


def _result(outcome: Receipt | SsiError) -> dict[str, object]:
    return problem(outcome) if isinstance(outcome, SsiError) else _receipt(outcome)
