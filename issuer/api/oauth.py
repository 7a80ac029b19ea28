"""Routes whose refusals are OAuth errors (RFC 6749 section 5.2, RFC 6750 section 3)."""

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any, Final

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from ssi_core.adapters.problem_details import status_of
from ssi_core.errors import (
    AuthenticationError,
    MalformedError,
    OAuthError,
    OverloadedError,
    SsiError,
    UnavailableError,
)
from ssi_core.protocol.openid4vci import errors, render_error

NO_STORE: Final = {"Cache-Control": "no-store"}
MAX_BODY: Final = 262_144
_TEMPORARILY_UNAVAILABLE: Final = "temporarily_unavailable"


# What OpenAPI says of refusals, which here are of OAuth's own form.
REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    "4XX": {
        "description": "Refused, by a code of RFC 6749 or OpenID4VCI.",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["error"],
                    "properties": {
                        "error": {"type": "string"},
                        "error_description": {"type": "string"},
                    },
                }
            }
        },
    }
}


def oauth_route(fallback: str) -> type[APIRoute]:
    """Return the route class of an endpoint; `fallback` is its code for a malformed request."""

    class OAuthRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handler = super().get_route_handler()

            async def handle(request: Request) -> Response:
                try:
                    return await handler(request)
                except SsiError as error:
                    return _refusal(error, fallback)
                except (RequestValidationError, HTTPException):
                    return _refusal(MalformedError("the request cannot be read"), fallback)

            return handle

    return OAuthRoute


async def body_of(request: Request) -> bytes:
    """Return the request's body, which may have 256 KiB."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise MalformedError("the request is larger than allowed")
    return bytes(body)


def require_media_type(request: Request, media_type: str) -> None:
    """Return if the body is of `media_type`; its parameters do not matter."""
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != media_type:
        raise MalformedError("the body is of another media type")


def bearer_token(request: Request) -> str:
    """Return the access token of the request (RFC 6750 section 2.1)."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise AuthenticationError("an access token is needed")
    return token.strip()


def _refusal(error: SsiError, fallback: str) -> JSONResponse:
    match error:
        case AuthenticationError():
            # Without a token there is nothing to call invalid (RFC 6750 section 3.1).
            return _answer(errors.refusal(error, errors.INVALID_TOKEN), challenge="Bearer")
        case OAuthError(error=errors.INVALID_TOKEN):
            return _answer(error, challenge='Bearer error="invalid_token"')
        case OAuthError():
            return _answer(error)
        case UnavailableError() | OverloadedError():
            refused = errors.refusal(error, _TEMPORARILY_UNAVAILABLE)
            return _answer(refused, status=status_of(error), retry=True)
        case _:
            return _answer(errors.refusal(error, fallback))


def _answer(
    error: OAuthError,
    *,
    challenge: str | None = None,
    status: int = HTTPStatus.BAD_REQUEST,
    retry: bool = False,
) -> JSONResponse:
    headers = {**NO_STORE, "Pragma": "no-cache"}
    if retry:
        headers["Retry-After"] = "1"
    if challenge is not None:
        headers["WWW-Authenticate"] = challenge
        status = HTTPStatus.UNAUTHORIZED
    return JSONResponse(render_error(error), status, headers=headers)
