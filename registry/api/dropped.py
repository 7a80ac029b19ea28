"""A dropped log over HTTP: its last checkpoint, where it went, and that the rest is gone."""

from http import HTTPStatus
from typing import Final, NoReturn

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from registry.model.dropped_log import DROPPED, DroppedLog
from ssi_core.errors import GoneError

_NO_STORE: Final = {"Cache-Control": "no-store"}


class DroppedOut(BaseModel, frozen=True):
    """That the log was dropped, how many entries it had, and which origin followed."""

    state: str = "dropped"
    size: int
    next: str


def dropped_routes(left: DroppedLog) -> APIRouter:
    """Return the routes that show what is left of a log; they come before those of a whole one."""
    routes = APIRouter(tags=["dropped log"])

    @routes.get("/healthz")
    def check_health() -> DroppedOut:
        """Say that the log was dropped, and which one followed."""
        return DroppedOut(size=left.size, next=left.handover.next_origin)

    @routes.get("/checkpoint", response_class=PlainTextResponse)
    def read_checkpoint() -> PlainTextResponse:
        """Return the last checkpoint, with its cosignatures; there will be no later one."""
        return PlainTextResponse(left.checkpoint, headers=_NO_STORE)

    @routes.get("/handover", response_class=PlainTextResponse)
    def read_handover() -> Response:
        """Return the proof of the log's handover, with the entry in it (C2SP tlog-proof)."""
        return Response(left.proof, media_type="text/plain; charset=utf-8", headers=_NO_STORE)

    return routes


def gone_routes() -> APIRouter:
    """Return the routes that are left for every other path: 410."""
    routes = APIRouter(tags=["dropped log"])

    @routes.get("/{path:path}", status_code=HTTPStatus.GONE, response_model=None)
    def refuse_reading(path: str) -> NoReturn:
        """Say that this went with the log: 410, `gone`."""
        del path
        raise GoneError(DROPPED)

    @routes.post("/{path:path}", status_code=HTTPStatus.GONE, response_model=None)
    def refuse(path: str) -> NoReturn:
        """Say the same to whoever sends something, without reading it."""
        del path
        raise GoneError(DROPPED)

    return routes
