"""FastAPI routes whose JSON bodies are read by our own strict parser."""

from collections.abc import Callable, Coroutine
from typing import Any, final

from fastapi import Request, Response
from fastapi.routing import APIRoute

from ssi_core import strict_json


@final
class StrictRoute(APIRoute):
    """Give it to every router: `APIRouter(route_class=StrictRoute)`.

    The framework's own parser would take the last of two members with one name, and NaN.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the route's handler, with requests that parse strictly."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            return await handler(strict_request(request))

        return handle


def strict_request(request: Request) -> Request:
    """Return the same request with a body that parses strictly, for route classes of one's own."""
    return _StrictRequest(request.scope, request.receive)


@final
class _StrictRequest(Request):
    async def json(self) -> Any:
        body = await self.body()
        return strict_json.parse(body, max_bytes=len(body))
