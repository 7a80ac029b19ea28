"""Our errors as RFC 9457 problem details: the only place that knows HTTP statuses."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ssi_core import errors
from ssi_core.adapters import logging
from ssi_core.errors import SsiError
from ssi_core.json_types import JsonObject, JsonValue

MEDIA_TYPE: Final = "application/problem+json"
_TYPE_PREFIX: Final = "urn:consentry:problem:"
_RETRY_AFTER_SECONDS: Final = "1"
_TOO_LARGE: Final = 413
_WORTH_RETRYING: Final = frozenset({429, 503})
# Enough to see that a length is too large, and few enough for `int` to be quick.
_LENGTH_DIGITS: Final = 18
# What others write reaches our logs and screens, so it is one short line or nothing.
_LINE: Final = re.compile(r"[ -~\u00a0-\u024f]{1,200}")
_CODE: Final = re.compile(r"[a-z][a-z_]{0,63}")
_JWS: Final = re.compile(r"[A-Za-z0-9_-]{1,512}\.[A-Za-z0-9_-]{1,8192}\.[A-Za-z0-9_-]{1,512}")

STATUS: Final[Mapping[type[SsiError], int]] = {
    errors.MalformedError: 400,
    errors.AuthenticationError: 401,
    errors.RejectedError: 403,
    errors.NotFoundError: 404,
    errors.RedactedError: 410,
    errors.GoneError: 410,
    errors.ConflictError: 409,
    # As C2SP tlog-witness wants it.
    errors.ForkError: 422,
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
    if isinstance(error, errors.ConsentError | errors.ConsentUndeterminedError) and error.refusals:
        body["refusals"] = list(error.refusals)
    if isinstance(error, errors.ConflictError) and error.winner is not None:
        body["entry"] = error.winner
    if error.receipt is not None:
        body["receipt"] = error.receipt
    return body


def render(error: SsiError, *, status: int | None = None) -> JSONResponse:
    """Return `error` as an HTTP answer; with `status` where a protocol wants another one."""
    status = status_of(error) if status is None else status
    headers = {"Cache-Control": "no-store"}
    if status in _WORTH_RETRYING:
        headers["Retry-After"] = _RETRY_AFTER_SECONDS
    if isinstance(error, errors.AuthenticationError):
        headers["WWW-Authenticate"] = "Bearer"
    body = problem(error) | {"status": status}
    return JSONResponse(body, status, media_type=MEDIA_TYPE, headers=headers)


def error_from_problem(body: JsonObject) -> SsiError:
    """Return the error that a problem document of ours stands for.

    A document of another kind becomes a plain `UnavailableError`: we do not know what it means.
    """
    known = _kind(body.get("type"))
    title = _line(body.get("title"))
    if known is None or title is None:
        return errors.UnavailableError("the other side answered with an error of its own")
    at = _line(body.get("pointer"))
    if issubclass(known, errors.ConsentError | errors.ConsentUndeterminedError):
        given = body.get("refusals")
        items = given if isinstance(given, Sequence) and not isinstance(given, str) else ()
        codes = tuple(x for x in items if isinstance(x, str) and _CODE.fullmatch(x))
        return known(title, at=at, refusals=codes)
    if issubclass(known, errors.ConflictError):
        winner = body.get("entry")
        place = winner if type(winner) is int and winner >= 0 else None
        lost = known(title, at=at, winner=place)
        lost.receipt = _jws(body.get("receipt"))
        return lost
    return known(title, at=at)


def install(app: FastAPI, *, max_body_bytes: int = 2_097_152) -> None:
    """Answer every error that reaches `app` with its problem document, and bound request bodies."""
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=max_body_bytes)
    app.add_middleware(_DeclaredLength, most=max_body_bytes)
    app.add_middleware(_LastResort)

    @app.exception_handler(SsiError)
    async def on_our_own(_request: Request, error: SsiError) -> JSONResponse:
        return render(error)

    @app.exception_handler(RequestValidationError)
    async def on_invalid_request(_request: Request, error: RequestValidationError) -> JSONResponse:
        return render(
            errors.MalformedError("the request is not of the expected form", at=_place(error))
        )

    @app.exception_handler(HTTPException)
    async def on_the_framework(_request: Request, error: HTTPException) -> JSONResponse:
        if isinstance(error.__cause__, SsiError):
            return render(error.__cause__)
        if error.status_code == _TOO_LARGE:
            return _too_large()
        body = {"type": "about:blank", "title": str(error.detail), "status": error.status_code}
        return JSONResponse(
            body, error.status_code, media_type=MEDIA_TYPE, headers=dict(error.headers or {})
        )


def guarded(app: ASGIApp, *, max_body_bytes: int) -> ASGIApp:
    """Return `app`, which has no framework around it, with the same bounds and last resort.

    Our own errors it renders itself.
    """
    return _LastResort(_DeclaredLength(_ReadLength(app, most=max_body_bytes), most=max_body_bytes))


@final
class _DeclaredLength:
    """Refuses a body that says itself that it is too large, before any of it is read."""

    def __init__(self, app: ASGIApp, *, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        declared = Headers(scope=scope).get("content-length", "") if "headers" in scope else ""
        if declared.isdecimal() and int(declared[:_LENGTH_DIGITS]) > self._most:
            await _too_large()(scope, receive, send)
        else:
            await self._app(scope, receive, send)


@final
class _ReadLength:
    """Refuses a body that says nothing of its length once too much of it was read."""

    def __init__(self, app: ASGIApp, *, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        left = self._most

        async def bounded() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise _TooMuchRead
            return message

        try:
            await self._app(scope, bounded, send)
        except _TooMuchRead:
            await _too_large()(scope, receive, send)


class _TooMuchRead(Exception):  # noqa: N818 - not an error of ours, and seen by nobody else
    pass


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
        except Exception as error:
            if scope["type"] != "http":
                raise
            route = getattr(scope.get("route"), "path", "unknown")
            logging.unexpected(error, route=route)
            if not started:
                await render(SsiError("something went wrong here"))(scope, receive, send)


def _too_large() -> JSONResponse:
    error = errors.MalformedError("the request's body is larger than allowed")
    return render(error, status=_TOO_LARGE)


def _place(error: RequestValidationError) -> str | None:
    """Return the pointer to the first thing that is wrong, without names of the sender's own."""
    for item in error.errors():
        parts = item["loc"][:-1] if item["type"] == "extra_forbidden" else item["loc"]
        escaped = (str(part).replace("~", "~0").replace("/", "~1") for part in parts)
        return "/" + "/".join(escaped)
    return None


def _line(value: JsonValue) -> str | None:
    return value if isinstance(value, str) and _LINE.fullmatch(value) else None


def _jws(value: JsonValue) -> str | None:
    return value if isinstance(value, str) and _JWS.fullmatch(value) else None


def _kind(value: JsonValue) -> type[SsiError] | None:
    if not isinstance(value, str) or not value.startswith(_TYPE_PREFIX):
        return None
    return _by_code().get(value.removeprefix(_TYPE_PREFIX))


def _by_code() -> Mapping[str, type[SsiError]]:
    found: dict[str, type[SsiError]] = {}
    waiting = list(SsiError.__subclasses__())
    while waiting:
        kind = waiting.pop()
        found[kind.code] = kind
        waiting.extend(kind.__subclasses__())
    return found
