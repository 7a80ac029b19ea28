"""The registry's direct routes beside the described ones, which they must not differ from."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from registry.adapters.memory import MemoryLogStore, MemoryWitnessMemory
from registry.api.asked_most import ASKED_MOST
from registry.app import create_app
from registry.service.registry import LogKeys, Registry
from ssi_core.adapters.clock import FixedClock
from tests.support.registry import AT, ORIGIN, grant, signer

KEYS = LogKeys(log=signer("log"), witness=signer("witness"), did_witness=signer("did"))
GIVEN, ENDED = grant("given"), grant("ended")
PATHS = (
    f"/grants/{GIVEN.id}",
    f"/grants/{ENDED.id}",
    "/grants/zNobody",
    "/grants/",
    "/grants/a/b",
    "/grants/%C3%A4%0A%00",
    f"/grants/{GIVEN.id}?x=1",
    "/checkpoint",
    "/checkpoint?state=witnessed",
    "/checkpoint?state=nonsense",
    "/checkpoint/",
    "/entries",
    "/entries?wait_for=witnessed",
    "/entries?wait_for=nonsense",
    "/entries/batch",
    "/entries/batch?x",
    "/tile/0/000.p/4",
    "/tile/0/000.p/4?x",
    "/tile/0/000",
    "/tile/x/000",
    "/tile/0/",
    "/tile/0",
    "/tile/entries/000.p/4",
    "/tile/entries/000",
    "/tile/entries/",
)
BODIES = (b"", b"{}", GIVEN.raw, GIVEN.raw[:-1], b"x" * 3_000_000)


def _without_direct(app: FastAPI) -> FastAPI:
    del app.user_middleware[0]
    return app


@pytest.fixture(scope="module")
def clients() -> Iterator[tuple[TestClient, TestClient]]:
    """A registry asked directly and through the framework."""
    registry = Registry(
        MemoryLogStore(),
        origin=ORIGIN,
        public_url="http://localhost:8100",
        keys=KEYS,
        memory=MemoryWitnessMemory(),
        clock=FixedClock(AT),
    )
    described = _without_direct(create_app(registry))
    with registry, TestClient(create_app(registry)) as first, TestClient(described) as second:
        registry.submit_all([GIVEN.raw, ENDED.raw, ENDED.revoked()])
        yield first, second


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", PATHS)
def test_a_direct_answer_is_the_one_of_the_framework(clients, method, path):
    answers = [client.request(method, path, follow_redirects=False) for client in clients]

    assert answers[0].status_code == answers[1].status_code
    assert answers[0].headers == answers[1].headers
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_an_entry_is_taken_or_refused_as_by_the_framework(clients, body):
    answers = [client.post("/entries", content=body) for client in clients]

    assert answers[0].status_code == answers[1].status_code
    assert answers[0].headers == answers[1].headers
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
@pytest.mark.parametrize("kind", ["application/json", "application/x-ndjson", "text/plain"])
def test_a_batch_is_taken_or_refused_as_by_the_framework(clients, body, kind):
    bodies = (body, GIVEN.raw + b"\n" + body, b'{"entries":[' + body + b"]}")
    for sent in bodies:
        answers = [
            client.post("/entries/batch", content=sent, headers={"Content-Type": kind})
            for client in clients
        ]

        assert answers[0].status_code == answers[1].status_code
        assert answers[0].headers == answers[1].headers
        assert answers[0].content == answers[1].content


def test_every_direct_route_is_asked_here():
    first = {name.split(" ")[1].split("{")[0] for name in ASKED_MOST}

    assert all(any(path.startswith(start) for path in PATHS) for start in first)
