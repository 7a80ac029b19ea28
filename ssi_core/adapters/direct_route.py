"""Routes that are asked for most, past the framework: it costs more than a quick answer does."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Final, TypeAlias, cast, final

from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.datastructures import URLPath
from starlette.routing import BaseRoute, Match, NoMatchFound, compile_path
from starlette.types import Receive, Scope, Send

Endpoint: TypeAlias = Callable[..., Awaitable[Response]]
_NO_MATCH: Final[tuple[Match, Scope]] = (Match.NONE, {})


def put_first(app: FastAPI, *names: str) -> None:
    """Have `app` answer these routes directly, each named `<method> <path>`; they must be there.

    Their endpoints take the request, and each part of the path as text, and return a response. The
    routes themselves stay: they describe, take what has a query, and refuse.
    """
    described = {
        f"{method} {route.path}": route
        for route in _within(app.routes)
        for method in sorted(route.methods or ())
    }
    app.router.routes[:0] = [_Direct(name, described[name]) for name in names]


@final
class _Direct(BaseRoute):
    """One method of one path, without a query. Everything else goes on to the routes behind it.

    That is also what comes by way of another application, which has a path of its own before it.
    """

    def __init__(self, name: str, described: APIRoute) -> None:
        self.path = described.path
        self._method = name.partition(" ")[0]
        self._pattern, _, _ = compile_path(described.path)
        self._endpoint = cast(Endpoint, described.endpoint)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http" or scope["method"] != self._method:
            return _NO_MATCH
        found = self._pattern.match(scope["path"])
        if found is None or scope["query_string"] or scope.get("root_path"):
            return _NO_MATCH
        return Match.FULL, {"path_params": found.groupdict(), "route": self}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        response = await self._endpoint(request, **scope["path_params"])
        await response(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: object) -> URLPath:
        # The route that it stands before has the name.
        raise NoMatchFound(name, path_params)


def _within(routes: Sequence[BaseRoute]) -> Iterator[APIRoute]:
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        elif (router := getattr(route, "original_router", None)) is not None:
            yield from _within(router.routes)
