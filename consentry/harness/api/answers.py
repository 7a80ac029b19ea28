"""How the profile says no: 400 for what is malformed, 422 for everything else that is wrong.

The only place that departs from the statuses of `problem_details`, because harnesses do.
"""

from collections.abc import Callable, Coroutine
from typing import Any, Final, final

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from ssi_core.adapters.problem_details import problem
from ssi_core.errors import MalformedError, SsiError

_MALFORMED: Final = 400
_REFUSED: Final = 422


@final
class HarnessRoute(APIRoute):
    """Give it to a router whose refusals are a harness's to read."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the route's handler, with our errors as answers."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await handler(request)
            except SsiError as error:
                return refusal(error)
            except RequestValidationError:
                return refusal(MalformedError("the request is not of the expected form"))

        return handle


def refusal(error: SsiError) -> JSONResponse:
    """Return the answer that says why not; that it could not be found out is a no as well."""
    status = _MALFORMED if isinstance(error, MalformedError) else _REFUSED
    listed = [{**problem(error), "status": status}]
    return JSONResponse({"verified": False, "errors": listed}, status)
