from collections.abc import Iterator

import pytest
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.testclient import TestClient
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ssi_core.adapters import direct_route, problem_details
from ssi_core.errors import NotFoundError

NAMES = ("GET /things/{name}", "POST /things")


def made(*names: str) -> FastAPI:
    app = FastAPI()
    problem_details.install(app, max_body_bytes=64)
    routes = APIRouter(prefix="/things")

    @routes.get("/{name}")
    async def show(request: Request, name: str, times: int = 1) -> Response:
        if name == "nothing":
            raise NotFoundError("there is no such thing")
        if name == "bug":
            raise RuntimeError("a value that nobody else may read")
        framework = "no" if type(request.scope["route"]).__module__ == direct_route.__name__ else ""
        return Response(name * times, headers={"Framework": framework or "yes"})

    @routes.post("")
    async def take(request: Request) -> Response:
        return Response(await request.body(), 201)

    app.include_router(routes)
    direct_route.put_first(app, *names, max_body_bytes=64)
    return app


@pytest.fixture(scope="module")
def clients() -> Iterator[tuple[TestClient, TestClient]]:
    with TestClient(made(*NAMES)) as direct, TestClient(made()) as described:
        yield direct, described


def test_a_route_that_was_put_first_is_answered_past_the_framework(clients):
    answer = clients[0].get("/things/a")

    assert (answer.text, answer.headers["framework"]) == ("a", "no")


class Layer:
    """Says in the answer that a request came by."""

    def __init__(self, app: ASGIApp, *, name: str) -> None:
        self._app = app
        self._name = name.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"layer", self._name)]
            await send(message)

        await self._app(scope, receive, marked)


def test_only_what_is_added_later_stands_before_it():
    app = FastAPI()
    app.add_middleware(Layer, name="before")

    @app.get("/things/{name}")
    async def show(request: Request, name: str) -> Response:
        return Response(name, headers={"Method": request.method})

    direct_route.put_first(app, "GET /things/{name}", max_body_bytes=64)
    app.add_middleware(Layer, name="later")
    with TestClient(app) as client:
        direct, described = client.get("/things/a"), client.get("/things/a?x")

    assert direct.headers.get_list("layer") == ["later"]
    assert described.headers.get_list("layer") == ["before", "later"]


def test_what_has_a_query_goes_through_the_framework(clients):
    answer = clients[0].get("/things/a?times=2")

    assert (answer.text, answer.headers["framework"]) == ("aa", "yes")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/things/nothing", b""),
        ("GET", "/things/bug", b""),
        ("GET", "/things/a?times=x", b""),
        ("GET", "/things/", b""),
        ("GET", "/things/a/", b""),
        ("GET", "/things/a/b", b""),
        ("GET", "/things/a%2Fb", b""),
        ("HEAD", "/things/a", b""),
        ("PUT", "/things/a", b""),
        ("DELETE", "/things", b""),
        ("POST", "/things", b"x"),
        ("POST", "/things", b"x" * 65),
        ("POST", "/things/a", b""),
        ("GET", "/other", b""),
    ],
)
def test_everything_else_is_answered_as_it_was(clients, method, path, body):
    answers = [c.request(method, path, content=body, follow_redirects=False) for c in clients]

    assert answers[0].status_code == answers[1].status_code
    assert answers[0].headers == answers[1].headers
    assert answers[0].content == answers[1].content


def test_a_body_without_a_length_that_is_too_large_is_refused_too(clients):
    answers = [c.post("/things", content=iter([b"x" * 65])) for c in clients]

    assert [answer.status_code for answer in answers] == [413, 413]
    assert answers[0].content == answers[1].content


def test_the_description_is_that_of_the_framework():
    assert made(*NAMES).openapi() == made().openapi()


def test_a_route_that_is_not_there_cannot_be_put_first():
    with pytest.raises(KeyError):
        made("GET /elsewhere")
