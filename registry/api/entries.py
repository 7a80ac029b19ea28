"""Entries over HTTP: handed in alone or many at a time, and read."""

from asyncio import wrap_future
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from http import HTTPStatus
from typing import Annotated, Any, Literal, TypeAlias

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from registry.model import profile, transfer
from registry.model.receipt_state import ReceiptState
from registry.model.transfer import NDJSON
from registry.service.publication import Standing
from registry.service.sequencer import Queued, Receipt
from registry.service.served import ServedLog, Taken, TakesEntries
from ssi_core import strict_json
from ssi_core.adapters.problem_details import problem
from ssi_core.encoding import base64url_encode
from ssi_core.errors import MalformedError, SsiError
from ssi_core.json_types import JsonValue
from ssi_core.strict_json import as_array

StandingOf: TypeAlias = Callable[[int], Standing]
"""Says how far the entry at an index has come."""

# An entry never changes, but it may be redacted, and a cache must not outlive that for long.
_FOR_AN_HOUR = {"Cache-Control": "public, max-age=3600"}
_ENTRY = {"application/json": {"schema": {"type": "object", "required": ["v", "t", "log"]}}}
_ENTRY_BODY = {"requestBody": {"required": True, "content": _ENTRY}}
_BATCH_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            NDJSON: {"schema": {"type": "string", "description": "one entry to a line"}},
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["entries"],
                    "properties": {
                        "entries": {"type": "array", "minItems": 1, "maxItems": 1000},
                    },
                }
            },
        },
    }
}
_MAX_INDEX = 2**63 - 1
# Seconds for which a submission waits to be witnessed, if it wants to.
_PATIENCE = 5.0


class ReceiptOut(BaseModel, frozen=True):
    """Where an entry stands, durably: its index, its leaf hash (base64url) and the log's size.

    `state` says how far it has come, `witnesses` who else has cosigned it by now.
    """

    index: int
    leaf: str
    size: int
    state: ReceiptState
    witnesses: list[str]


class QueuedOut(BaseModel, frozen=True):
    """An entry that is kept here until the log can be reached; it is in no log yet.

    `receipt` is a JWS by the replica's key, which `GET /healthz` names.
    """

    leaf: str
    receipt: str
    state: Literal["queued"] = "queued"


class BatchOut(BaseModel, frozen=True):
    """What became of each entry of a batch, in its order: a receipt or a problem document."""

    results: list[dict[str, object]]


class EntriesOut(BaseModel, frozen=True):
    """Entries in order, each as the exact text that was handed in; null where it was redacted."""

    start: int
    entries: list[str | None]


def entry_routes(registry: ServedLog) -> APIRouter:
    """Return the routes that take entries for `registry` and give them back."""
    routes = APIRouter()
    routes.include_router(submission_routes(registry))
    routes.include_router(_reading_routes(registry))
    return routes


def submission_routes(registry: TakesEntries) -> APIRouter:
    """Return the routes that take entries for `registry`."""
    routes = APIRouter(prefix="/entries", tags=["entries"])

    @routes.post(
        "",
        openapi_extra=_ENTRY_BODY,
        response_model=ReceiptOut,
        status_code=HTTPStatus.CREATED,
        responses={
            HTTPStatus.OK: {"model": ReceiptOut, "description": "It was there before."},
            HTTPStatus.ACCEPTED: {"model": QueuedOut, "description": "A replica keeps it."},
        },
    )
    async def submit(
        request: Request, wait_for: Literal["published", "witnessed"] = "published"
    ) -> JSONResponse:
        """Append one entry: the body is its exact bytes; wait some seconds for its witnesses."""
        # One proof is verified sooner than a thread is woken for it.
        answer: Future[Any] = registry.begin([await request.body()])
        receipt: Taken = (await wrap_future(answer))[0]
        if isinstance(receipt, SsiError):
            raise receipt
        if wait_for == "witnessed" and isinstance(receipt, Receipt):
            waiting = registry.publication.wait_until_witnessed
            await run_in_threadpool(waiting, receipt.index, timeout=_PATIENCE)
        return JSONResponse(_receipt(receipt, _asking(registry)), _status(receipt))

    @routes.post("/batch", openapi_extra=_BATCH_BODY, response_model=BatchOut)
    async def submit_batch(request: Request) -> JSONResponse:
        """Append up to 1,000 entries: one to a line, or as the member `entries` of an object."""
        raws = _batch(await request.body(), request.headers.get("content-type", ""))
        answer: Future[Any] = await run_in_threadpool(registry.begin, raws)
        outcomes: Sequence[Taken] = await wrap_future(answer)
        standing_of = _standing_of(outcomes, _asking(registry))
        return JSONResponse({"results": [_result(outcome, standing_of) for outcome in outcomes]})

    return routes


def _reading_routes(registry: ServedLog) -> APIRouter:
    routes = APIRouter(prefix="/entries", tags=["entries"])

    @routes.get("", response_model=EntriesOut)
    def read_entries(
        request: Request,
        start: Annotated[int, Query(ge=0, le=_MAX_INDEX)] = 0,
        limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    ) -> EntriesOut | Response:
        """Return entries in order, from index `start` on; none beyond the end."""
        if request.headers.get("accept", "") == NDJSON:
            run = transfer.render(registry.reader.run(start, limit=limit))
            return Response(run, media_type=NDJSON)
        found = registry.reader.entries(start, limit=limit)
        return EntriesOut(
            start=start, entries=[None if raw is None else raw.decode() for raw in found]
        )

    @routes.get(
        "/{index}",
        response_class=Response,
        responses={HTTPStatus.OK: {"content": _ENTRY}},
    )
    def read_entry(index: Annotated[int, Path(ge=0, le=_MAX_INDEX)]) -> Response:
        """Return the exact bytes of one entry."""
        raw = registry.reader.entry(index)
        return Response(raw, media_type="application/json", headers=_FOR_AN_HOUR)

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


def _status(receipt: Receipt | Queued) -> HTTPStatus:
    if isinstance(receipt, Queued):
        return HTTPStatus.ACCEPTED
    return HTTPStatus.OK if receipt.known else HTTPStatus.CREATED


def _asking(registry: TakesEntries) -> StandingOf:
    def ask(index: int) -> Standing:
        # Not everybody who answers publishes: that is asked only of what has an index.
        return registry.publication.standing(index)

    return ask


def _standing_of(outcomes: Sequence[Taken], ask: StandingOf) -> StandingOf:
    """Return what says how far each of these has come; of most batches all have come as far."""
    indexes = [outcome.index for outcome in outcomes if isinstance(outcome, Receipt)]
    if not indexes:
        return ask
    # Whoever has seen an entry has seen every one before it.
    most, least = ask(min(indexes)), ask(max(indexes))
    return (lambda _index: least) if least == most else ask


def _receipt(receipt: Receipt | Queued, standing_of: StandingOf) -> dict[str, object]:
    if isinstance(receipt, Queued):
        return {
            "leaf": base64url_encode(receipt.leaf),
            "receipt": receipt.receipt,
            "state": ReceiptState.QUEUED,
        }
    standing = standing_of(receipt.index)
    return {
        "index": receipt.index,
        "leaf": base64url_encode(receipt.leaf),
        "size": receipt.size,
        "state": standing.state,
        "witnesses": list(standing.cosigned_by),
    }


def _result(outcome: Taken, standing_of: StandingOf) -> dict[str, object]:
    return problem(outcome) if isinstance(outcome, SsiError) else _receipt(outcome, standing_of)
