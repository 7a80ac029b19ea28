"""How the profile says no: whatever is wrong with a request is 400, and no harness is sent away."""

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any, Final, final

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from ssi_core.adapters.problem_details import MEDIA_TYPE, problem, status_of
from ssi_core.adapters.strict_route import strict_request
from ssi_core.errors import SsiError

_INVALID: Final = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.CONFLICT,
    }
)


@final
class InvalidRoute(APIRoute):
    """A route with bodies read strictly, that answers 400 where a product's own would tell more."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the route's handler, with refusals as harnesses expect them."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await handler(strict_request(request))
            except SsiError as error:
                if status_of(error) not in _INVALID:
                    raise
                return _answer(error)

        return handle


def _answer(error: SsiError) -> JSONResponse:
    body = {**problem(error), "status": int(HTTPStatus.BAD_REQUEST)}
    headers = {"Cache-Control": "no-store"}
    return JSONResponse(body, HTTPStatus.BAD_REQUEST, media_type=MEDIA_TYPE, headers=headers)
