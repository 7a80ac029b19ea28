"""What all routes of the wallet share: who may call, and how answers are written."""

from collections.abc import Callable
from http import HTTPStatus
from typing import TypeAlias

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from ssi_core.adapters.strict_route import StrictRoute
from ssi_core.json_types import JsonObject

Authenticate: TypeAlias = Callable[[Request], None]


def private_router(tag: str, authenticate: Authenticate, *, prefix: str = "") -> APIRouter:
    """Return a router whose every route raises for anyone whom `authenticate` does not know."""
    return APIRouter(
        prefix=prefix,
        tags=[tag],
        route_class=StrictRoute,
        dependencies=[Depends(authenticate)],
    )


def answer(body: JsonObject, status: HTTPStatus = HTTPStatus.OK) -> JSONResponse:
    """Return `body`; it is health data, so nothing on the way may keep it."""
    return JSONResponse(body, status, headers={"Cache-Control": "no-store"})
