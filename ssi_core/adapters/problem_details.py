"""Our errors as RFC 9457 problem details: the only place that knows HTTP statuses."""

import logging
from collections.abc import Mapping, Sequence
from typing import Final, final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ssi_core import errors
from ssi_core.errors import SsiError
from ssi_core.json_types import JsonObject

MEDIA_TYPE: Final = "application/problem+json"
_TYPE_PREFIX: Final = "urn:consentry:problem:"
_RETRY_AFTER_SECONDS: Final = "1"
_LOG: Final = logging.getLogger("consentry")

STATUS: Final[Mapping[type[SsiError], int]] = {
    errors.MalformedError: 400,
    errors.AuthenticationError: 401,
    errors.RejectedError: 403,
    errors.NotFoundError: 404,
    errors.ConflictError: 409,
    errors.OverloadedError: 429,
    errors.UnavailableError: 503,
    SsiError: 500,
}


def status_of(error: SsiError) -> int:
    """Return the status of the nearest ancestor that has one."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def problem(error: SsiError) -> dict[str, object]:
    """Return the problem document of `error`: rules and pointers, never values."""
    body: dict[str, object] = {
        "type": _TYPE_PREFIX + error.code,
        "title": error.reason,
        "status": status_of(error),
    }
    if error.at is not None:
        body["pointer"] = error.at
    if isinstance(error, errors.ConsentError) and error.refusals:
        body["refusals"] = list(error.refusals)
    return body


def render(error: SsiError) -> JSONResponse:
    """Return `error` as an HTTP answer."""
    status = status_of(error)
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, errors.OverloadedError | errors.UnavailableError):
        headers["Retry-After"] = _RETRY_AFTER_SECONDS
    if isinstance(error, errors.AuthenticationError):
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(problem(error), status, media_type=MEDIA_TYPE, headers=headers)


def error_from_problem(body: JsonObject) -> SsiError:
    """Return the error that a problem document of ours stands for.

    A document of another kind becomes a plain `UnavailableError`: we do not know what it means.
    """
    kind, title, pointer = body.get("type"), body.get("title"), body.get("pointer")
    known = _by_code().get(kind.removeprefix(_TYPE_PREFIX)) if isinstance(kind, str) else None
    if known is None or not isinstance(title, str):
        return errors.UnavailableError("the other side answered with an error of its own")
    at = pointer if isinstance(pointer, str) else None
    if issubclass(known, errors.ConsentError):
        given = body.get("refusals")
        items = given if isinstance(given, Sequence) and not isinstance(given, str) else ()
        return known(title, at=at, refusals=tuple(x for x in items if isinstance(x, str)))
    return known(title, at=at)


def install(app: FastAPI, *, max_body_bytes: int = 2_097_152) -> None:
    """Answer every error that reaches `app` with its problem document, and bound request bodies."""
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=max_body_bytes)
    app.add_middleware(_LastResort)

    @app.exception_handler(SsiError)
    def on_our_own(_request: Request, error: SsiError) -> JSONResponse:
        return render(error)

    @app.exception_handler(RequestValidationError)
    def on_invalid_request(_request: Request, error: RequestValidationError) -> JSONResponse:
        places = ["/" + "/".join(str(part) for part in item["loc"]) for item in error.errors()]
        return render(
            errors.MalformedError("the request is not of the expected form", at=places[0])
        )

    @app.exception_handler(HTTPException)
    def on_the_framework(_request: Request, error: HTTPException) -> JSONResponse:
        if isinstance(error.__cause__, SsiError):
            return render(error.__cause__)
        body = {"type": "about:blank", "title": str(error.detail), "status": error.status_code}
        return JSONResponse(
            body, error.status_code, media_type=MEDIA_TYPE, headers=dict(error.headers or {})
        )


@final
class _LastResort:
    """Answers 500 to a bug of ours, and keeps its message and traceback, which may quote values."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception as error:  # noqa: BLE001 - the last place that can keep it from strangers
            route = getattr(scope.get("route"), "path", "unknown")
            _LOG.error("unexpected", extra={"ids": {"kind": type(error).__name__, "route": route}})
            if scope["type"] == "http" and not started:
                await render(SsiError("something went wrong here"))(scope, receive, send)


def _by_code() -> Mapping[str, type[SsiError]]:
    found: dict[str, type[SsiError]] = {}
    waiting = list(SsiError.__subclasses__())
    while waiting:
        kind = waiting.pop()
        found[kind.code] = kind
        waiting.extend(kind.__subclasses__())
    return found
