import json
from collections.abc import Iterator

import pytest
from fastapi import APIRouter, FastAPI, HTTPException, Request
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient
from pydantic import BaseModel, ConfigDict

from ssi_core import errors
from ssi_core.adapters import problem_details
from ssi_core.adapters.strict_route import StrictRoute
from ssi_core.errors import ConsentError, ConsentUndeterminedError, SsiError

PLANTED = "Zebulon-Planted"
CODES = {
    errors.MalformedError: 400,
    errors.AuthenticationError: 401,
    errors.RejectedError: 403,
    errors.RevokedError: 403,
    errors.NotFoundError: 404,
    errors.ConflictError: 409,
    errors.OverloadedError: 429,
    errors.UnavailableError: 503,
    errors.StatusUndeterminedError: 503,
    errors.GoneError: 410,
}


class Visit(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: int
    notes: dict[str, int] = {}


def _routes() -> APIRouter:
    routes = APIRouter(route_class=StrictRoute)

    @routes.get("/errors/{name}")
    def raise_it(name: str) -> None:
        kind: type[SsiError] = getattr(errors, name)
        raise kind("a rule was broken", at="/there")

    @routes.get("/consent")
    def deny() -> None:
        raise ConsentError("no grant permits this", refusals=("expired", "wrong_purpose"))

    @routes.get("/bug")
    def have_a_bug() -> None:
        raise KeyError(PLANTED)

    @routes.get("/late-bug")
    def have_a_bug_late() -> StreamingResponse:
        def parts() -> Iterator[bytes]:
            yield b"{"
            raise ValueError(PLANTED)

        return StreamingResponse(parts())

    @routes.get("/framework")
    def raise_the_frameworks() -> None:
        raise HTTPException(418, "a teapot", headers={"X-Tea": "green"})

    @routes.post("/visits")
    def visit(visit: Visit) -> int:
        return visit.number

    @routes.post("/raw")
    async def measure(request: Request) -> int:
        return len(await request.body())

    return routes


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    app = FastAPI()
    problem_details.install(app, max_body_bytes=2000)
    app.include_router(_routes())
    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize(("kind", "status"), CODES.items())
def test_each_error_of_ours_has_its_problem_and_status(
    client: TestClient, kind: type[SsiError], status: int
) -> None:
    answer = client.get(f"/errors/{kind.__name__}")

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "type": f"urn:consentry:problem:{kind.code}",
        "title": "a rule was broken",
        "status": status,
        "pointer": "/there",
    }


@pytest.mark.parametrize("kind", CODES)
def test_a_problem_document_comes_back_as_the_error_it_was(kind: type[SsiError]) -> None:
    body = problem_details.problem(kind("a rule was broken", at="/there"))

    error = problem_details.error_from_problem(json.loads(json.dumps(body)))

    assert type(error) is kind
    assert (error.reason, error.at) == ("a rule was broken", "/there")


def test_a_denial_carries_every_refusal(client: TestClient) -> None:
    answer = client.get("/consent")

    assert answer.status_code == 403
    assert answer.json()["refusals"] == ["expired", "wrong_purpose"]


def test_what_could_not_be_found_out_is_named_and_read_again() -> None:
    error = ConsentUndeterminedError("not known", refusals=("rule_unknown",))

    read = problem_details.error_from_problem(
        json.loads(json.dumps(problem_details.problem(error)))
    )

    assert isinstance(read, ConsentUndeterminedError)
    assert read.refusals == ("rule_unknown",)


@pytest.mark.parametrize("name", ["OverloadedError", "UnavailableError"])
def test_who_should_come_back_is_told_when(client: TestClient, name: str) -> None:
    answer = client.get(f"/errors/{name}")

    assert answer.headers["retry-after"] == "1"


def test_nobody_is_told_to_ask_again_for_what_is_gone(client):
    answer = client.get("/errors/GoneError")

    assert answer.status_code == 410
    assert "retry-after" not in answer.headers
    assert isinstance(problem_details.error_from_problem(answer.json()), errors.UnavailableError)


def test_who_should_say_who_they_are_is_told_how(client: TestClient) -> None:
    answer = client.get("/errors/AuthenticationError")

    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_bug_is_answered_without_what_it_said(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.get(f"/bug?name={PLANTED}")

    assert answer.status_code == 500
    assert answer.json()["type"] == "urn:consentry:problem:internal"
    assert PLANTED not in answer.text
    told = [record for record in caplog.records if record.name == "consentry"]
    assert [record.getMessage() for record in told] == ["unexpected"]
    assert getattr(told[0], "ids")["kind"] == "KeyError"  # noqa: B009 - not a declared attribute
    assert PLANTED not in str([vars(record) for record in told])


def test_a_bug_after_the_answer_began_ends_it_without_what_it_said(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.get("/late-bug")

    assert answer.content in (b"", b"{")
    told = [record for record in caplog.records if record.name == "consentry"]
    assert [record.getMessage() for record in told] == ["unexpected"]
    assert PLANTED not in str([vars(record) for record in told])


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nowhere", 404), ("DELETE", "/visits", 405)]
)
def test_what_the_framework_refuses_is_a_problem_too(
    client: TestClient, method: str, path: str, status: int
) -> None:
    answer = client.request(method, path)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "about:blank"


def test_headers_of_the_frameworks_errors_are_kept(client: TestClient) -> None:
    answer = client.get("/framework")

    assert (answer.status_code, answer.headers["x-tea"]) == (418, "green")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/body/number"),
        ({"number": PLANTED}, "/body/number"),
        ({"number": 1.5}, "/body/number"),
        ({"number": None}, "/body/number"),
        ({"number": 1, "notes": {"a/b~c": "x"}}, "/body/notes/a~1b~0c"),
        ({"number": 1, PLANTED: 2}, "/body"),
        ([], "/body"),
        ("text", "/body"),
    ],
)
def test_a_body_of_another_form_is_malformed_at_its_place_and_not_quoted(
    client: TestClient, body: object, pointer: str
) -> None:
    answer = client.post("/visits", json=body)

    assert answer.status_code == 400
    assert answer.json() == {
        "type": "urn:consentry:problem:malformed",
        "title": "the request is not of the expected form",
        "status": 400,
        "pointer": pointer,
    }
    assert PLANTED not in answer.text


def test_a_body_that_is_said_to_be_too_large_is_refused_unread(client: TestClient) -> None:
    answer = client.post("/raw", content=b"x" * 2001)

    assert answer.status_code == 413
    assert answer.json()["type"] == "urn:consentry:problem:malformed"
    assert answer.json()["status"] == 413


def test_a_body_that_turns_out_too_large_is_refused(client: TestClient) -> None:
    answer = client.post("/raw", content=iter([b"x" * 1500, b"x" * 1500]))

    assert answer.status_code == 413
    assert answer.json()["type"] == "urn:consentry:problem:malformed"


def test_a_body_of_the_largest_size_is_read(client: TestClient) -> None:
    answer = client.post("/raw", content=b"x" * 2000)

    assert (answer.status_code, answer.json()) == (200, 2000)


@pytest.mark.parametrize("length", ["9" * 5000, "²", "-1", "1e9"])
def test_an_absurd_length_is_never_a_bug_of_ours(client: TestClient, length: str) -> None:
    headers = [(b"Content-Length", length.encode("latin-1"))]

    answer = client.post("/raw", content=b"", headers=headers)

    assert answer.status_code < 500


def test_the_first_status_on_the_way_up_the_tree_counts() -> None:
    kinds = [errors.GrantNotLoggedError, errors.NonceError, errors.MalformedError, SsiError]

    statuses = [problem_details.status_of(kind("a rule was broken")) for kind in kinds]

    assert statuses == [403, 403, 400, 500]
