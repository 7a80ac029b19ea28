"""Routes that are asked for most, past the framework: it costs more than a quick answer does."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias, cast, final

from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

from ssi_core.adapters import problem_details
from ssi_core.errors import SsiError

Endpoint: TypeAlias = Callable[..., Awaitable[Response]]
_HTTP: Final = "http"


def put_first(app: FastAPI, *names: str, max_body_bytes: int) -> None:
    """Have `app` answer these routes directly, each named `<method> <path>`; they must be there.

    Their endpoints take the request, and each part of the path as text, and return a response. The
    routes themselves stay: they describe, take what has a query, and refuse what is none of them.
    Bodies are bounded as `problem_details.install` bounds them.
    """
    described = {
        f"{method} {route.path}": route
        for route in _within(app.routes)
        for method in sorted(route.methods or ())
    }
    direct = tuple(_Direct(name, described[name]) for name in names)
    app.add_middleware(_First, direct=direct, most=max_body_bytes)


@final
class _First:
    """Stands before everything else that an application does, and passes on what it does not take.

    It takes one method of one path, without a query; not what comes by way of another application,
    which has a path of its own before it.
    """

    def __init__(self, app: ASGIApp, *, direct: Sequence["_Direct"], most: int) -> None:
        self._app = app
        self._direct = direct
        self._answer = problem_details.guarded(_answer, max_body_bytes=most)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == _HTTP and not scope["query_string"] and not scope.get("root_path"):
            for route in self._direct:
                found = route.match(scope["method"], scope["path"])
                if found is not None:
                    scope["route"], scope["path_params"] = route, found
                    await self._answer(scope, receive, send)
                    return
        await self._app(scope, receive, send)


@final
class _Direct:
    """One method of one path, and what answers it."""

    def __init__(self, name: str, described: APIRoute) -> None:
        self.path = described.path
        self.endpoint = cast(Endpoint, described.endpoint)
        self._method = name.partition(" ")[0]
        self._pattern, _, _ = compile_path(described.path)

    def match(self, method: str, path: str) -> Mapping[str, str] | None:
        """Return the parts of the path, if this is the route."""
        found = self._pattern.match(path) if method == self._method else None
        return None if found is None else found.groupdict()


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
    route: _Direct = scope["route"]
    request = Request(scope, receive, send)
    try:
        response = await route.endpoint(request, **scope["path_params"])
    except SsiError as error:
        response = problem_details.render(error)
    await response(scope, receive, send)


def _within(routes: Sequence[BaseRoute]) -> Iterator[APIRoute]:
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        elif (router := getattr(route, "original_router", None)) is not None:
            yield from _within(router.routes)
