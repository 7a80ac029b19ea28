from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Body, FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.adapters import problem_details
from ssi_core.adapters.strict_route import StrictRoute

PLANTED = b"Zebulon"


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    app = FastAPI()
    problem_details.install(app)
    routes = APIRouter(route_class=StrictRoute)

    @routes.post("/echo")
    def echo(body: Annotated[Any, Body()]) -> Any:
        return {"given": body}

    app.include_router(routes)
    with TestClient(app) as client:
        yield client


def post(client: TestClient, body: bytes):
    return client.post("/echo", content=body, headers={"Content-Type": "application/json"})


def test_strict_json_is_let_through(client: TestClient) -> None:
    answer = post(client, b'{"a":[1,null,"\\ud83d\\ude00"]}')

    assert answer.json() == {"given": {"a": [1, None, "😀"]}}


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1,"a":2}',
        b'{"a":{"b":1,"b":1}}',
        b"NaN",
        b'{"a":-Infinity}',
        b"1e999",
        b'"\\ud800"',
        b'"\xff"',
        b"[" * 65 + b"]" * 65,
        b"[" * 100_000,
        b'{"a":',
        b"[1,]",
        PLANTED,
        b"\xef\xbb\xbf{}",
        b" ",
    ],
)
def test_what_lenient_parsers_let_through_is_malformed(client: TestClient, body: bytes) -> None:
    answer = post(client, body)

    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:consentry:problem:malformed"
    assert PLANTED.decode() not in answer.text


def test_a_missing_body_is_malformed(client: TestClient) -> None:
    answer = post(client, b"")

    assert answer.status_code == 400
    assert answer.json()["pointer"] == "/body"


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_junk_is_answered_and_never_a_bug_of_ours(client: TestClient, body: bytes) -> None:
    answer = post(client, body)

    assert answer.status_code in (200, 400)
