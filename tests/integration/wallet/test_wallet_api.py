"""The wallet's API, in process, with everybody else in memory."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from ssi_core.errors import RevokedError
from tests.support.wallet_scene import WalletScene
from wallet.app import create_app

TOKEN: Final = "the-token"  # noqa: S105 - a test's
PLANTED: Final = "Planted73211009"


@pytest.fixture
def scene() -> WalletScene:
    return WalletScene()


@pytest.fixture
def app(scene: WalletScene) -> FastAPI:
    return create_app(scene.wallet, token=TOKEN, max_body_bytes=100_000)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with TestClient(app, headers=headers, raise_server_exceptions=False) as opened:
        yield opened


def ask(scene: WalletScene, client: TestClient, **asked: Any) -> dict[str, Any]:
    answer = client.post("/questions", json={"request_uri": scene.verifier.ask(**asked)})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def accept(scene: WalletScene, client: TestClient) -> dict[str, Any]:
    answer = client.post("/credentials", json={"offer": scene.issuer.offer()})
    assert answer.status_code == 201, answer.text
    (held,) = answer.json()["credentials"]
    return dict(held)


def test_the_story(scene: WalletScene, client: TestClient):
    held = accept(scene, client)
    question = ask(scene, client)

    shared = client.post(f"/questions/{question['id']}/consent", json={"days": 7}).json()
    (grant,) = client.get("/grants").json()["grants"]
    withdrawn = client.post(f"/grants/{shared['grant']}/withdraw").json()
    steps = [event["step"] for event in client.get("/history").json()["events"]]

    assert (held["vct"], held["claims"], held["copies"]) == ("urn:consentry:diagnosis:1", 5, 3)
    assert "Who           Northfield Insurance" in question["text"]
    assert len(question["options"]) == 1
    assert shared["state"] == "shared"
    assert shared["receipt"] == scene.verifier.last_receipt
    assert (grant["grant"], grant["state"]) == (shared["grant"], "active")
    assert (withdrawn["state"], withdrawn["acknowledged"]) == ("withdrawn", True)
    assert steps[0] == "offer_accepted"
    assert steps[-1] == "withdrawal_acknowledged"


def test_every_route_but_the_health_check_needs_the_token(app: FastAPI):
    with TestClient(app, raise_server_exceptions=False) as stranger:
        for path, method in _routes(app):
            named = path.format(credential_id="x", question_id="x", grant_id="x")
            answer = stranger.request(method.upper(), named)
            expected = 200 if path == "/healthz" else 401
            assert answer.status_code == expected, (method, path)


def test_health_says_how_many_entries_the_log_does_not_have(scene: WalletScene, client: TestClient):
    accept(scene, client)
    shared = client.post(f"/questions/{ask(scene, client)['id']}/consent", json={}).json()
    scene.registry.is_down = True

    before = client.get("/healthz").json()
    client.post(f"/grants/{shared['grant']}/withdraw")
    cut_off = client.get("/healthz").json()
    scene.registry.is_down = False
    scene.wallet.resume()
    back = client.get("/healthz").json()

    assert before.keys() == {"status", "registry", "since", "not_sent"}
    assert [each["not_sent"] for each in (before, cut_off, back)] == [0, 1, 0]


def test_another_token_is_none(app: FastAPI):
    for given in ("Bearer other", f"Basic {TOKEN}", TOKEN, "Bearer "):
        with TestClient(app, headers={"Authorization": given}) as stranger:
            assert stranger.get("/grants").status_code == 401


def test_an_offer_is_shown_before_it_is_accepted(scene: WalletScene, client: TestClient):
    uri = scene.issuer.offer(tx_code="4711")

    shown = client.post("/credentials/offer", json={"offer": uri}).json()

    assert shown["titles"] == ["Diagnosis"]
    assert shown["tx_code"] == {"input_mode": "numeric", "length": 4}
    assert client.get("/credentials").json() == {"credentials": []}


def test_a_wrong_code_is_403_and_the_right_one_works(scene: WalletScene, client: TestClient):
    uri = scene.issuer.offer(tx_code="4711")

    wrong = client.post("/credentials", json={"offer": uri, "tx_code": "0000"})
    right = client.post("/credentials", json={"offer": uri, "tx_code": "4711"})

    assert (wrong.status_code, wrong.json()["type"]) == (403, "urn:consentry:problem:rejected")
    assert right.status_code == 201


def test_the_holder_can_read_every_claim_and_destroy_them(scene: WalletScene, client: TestClient):
    held = accept(scene, client)

    shown = client.get(f"/credentials/{held['credential']}").json()["claims"]
    destroyed = client.delete(f"/credentials/{held['credential']}")

    assert {"path": ["given_name"], "label": "Given name", "value": "Ana"} in shown
    assert destroyed.status_code == 200
    assert client.get(f"/credentials/{held['credential']}").status_code == 404


def test_a_grant_is_forgotten_once_it_is_over(scene: WalletScene, client: TestClient):
    accept(scene, client)
    grant = client.post(f"/questions/{ask(scene, client)['id']}/consent").json()["grant"]

    too_early = client.post(f"/grants/{grant}/forget")
    forgotten = client.post(f"/grants/{grant}/forget", json={"withdraw": True, "redact": True})

    assert (too_early.status_code, too_early.json()["type"]) == (
        409,
        "urn:consentry:problem:conflict",
    )
    assert forgotten.json() == {"state": "forgotten", "redacted": True, "unconfirmed": False}
    assert client.get(f"/grants/{grant}").status_code == 404
    assert client.post(f"/grants/{grant}/forget").status_code == 404


def test_a_question_can_be_looked_at_again(scene: WalletScene, client: TestClient):
    accept(scene, client)
    question = ask(scene, client)

    assert client.get(f"/questions/{question['id']}").json() == question


def test_a_no_is_a_no(scene: WalletScene, client: TestClient):
    accept(scene, client)
    question = ask(scene, client)

    answer = client.post(f"/questions/{question['id']}/refuse")

    assert answer.json()["state"] == "refused"
    assert len(scene.verifier.refusals) == 1
    assert client.post(f"/questions/{question['id']}/consent", json={}).status_code == 404


def test_a_part_can_be_held_back(scene: WalletScene, client: TestClient):
    accept(scene, client)
    question = ask(scene, client)
    choice = {"without": [["code", "display"]], "purposes": ["COVERAGE"]}

    client.post(f"/questions/{question['id']}/consent", json=choice).raise_for_status()

    (grant,) = scene.verifier.grants
    assert sorted(purpose.value for purpose in grant.purposes) == ["COVERAGE"]
    assert ("code", "display") not in grant.scope[0].claims


def test_the_recipients_refusal_is_what_the_caller_gets(scene: WalletScene, client: TestClient):
    accept(scene, client)
    question = ask(scene, client)
    scene.verifier.refuses = RevokedError("the credential is revoked")

    answer = client.post(f"/questions/{question['id']}/consent", json={})

    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:consentry:problem:credential_revoked"
    (grant,) = client.get("/grants").json()["grants"]
    assert grant["state"] == "withdrawn"


def test_a_second_yes_is_a_conflict(scene: WalletScene, client: TestClient):
    accept(scene, client)
    uri = scene.verifier.ask()
    question = client.post("/questions", json={"request_uri": uri}).json()
    client.post(f"/questions/{question['id']}/consent", json={}).raise_for_status()

    assert client.post("/questions", json={"request_uri": uri}).status_code == 409


def test_while_the_log_is_away_the_answer_is_503_and_resume_finishes(
    scene: WalletScene, client: TestClient
):
    accept(scene, client)
    question = ask(scene, client)
    scene.registry.is_down = True
    away = client.post(f"/questions/{question['id']}/consent", json={})
    scene.registry.is_down = False

    resumed = client.post("/resume").json()

    assert away.status_code == 503
    (answer,) = resumed["answers"]
    assert (answer["state"], answer["receipt"]) == ("shared", scene.verifier.last_receipt)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"[]", id="array"),
        pytest.param(b"null", id="null"),
        pytest.param(b'{"offer":1}', id="number"),
        pytest.param(b'{"offer":"a","offer":"b"}', id="twice"),
        pytest.param(b'{"offer":NaN}', id="nan"),
        pytest.param(b'{"offer":"' + PLANTED.encode() + b'"}', id="no-link"),
        pytest.param(b'{"offer":"x","more":1}', id="more"),
        pytest.param(b'{"offer":"\\ud800"}', id="surrogate"),
        pytest.param(b'{"offer":"' + b"[" * 5000 + b'"}', id="brackets"),
        pytest.param(b"[" * 90_000, id="deep"),
        pytest.param(b"\xff\xfe", id="not-utf8"),
        pytest.param(b" " * 200_000, id="huge"),
    ],
)
def test_a_body_of_junk_is_400_and_is_not_repeated(client: TestClient, body: bytes):
    answer = client.post("/credentials", content=body, headers={"content-type": "application/json"})

    assert answer.status_code in (400, 413), answer.text
    assert PLANTED not in answer.text


@pytest.mark.parametrize(
    "choice",
    [
        {"days": 0},
        {"days": 31},
        {"days": 2**80},
        {"days": 1.5},
        {"days": True},
        {"option": -1},
        {"option": 2**80},
        {"purposes": []},
        {"purposes": [PLANTED]},
        {"purposes": ["HRESCH"]},
        {"without": [[]]},
        {"without": [[PLANTED, 1.5]]},
        {"without": [["onset"]]},
        {"without": "code"},
        {"more": 1},
    ],
    ids=str,
)
def test_a_choice_that_is_none_is_refused_and_sends_nothing(
    scene: WalletScene, client: TestClient, choice: dict[str, Any]
):
    accept(scene, client)
    question = ask(scene, client)

    answer = client.post(f"/questions/{question['id']}/consent", json=choice)

    assert answer.status_code in (400, 403)
    assert PLANTED not in answer.text
    assert scene.verifier.answers == []
    assert scene.grant_entries() == []


@pytest.mark.parametrize("name", ["x", "%00", "..%2f..", "\u00e9", "a" * 5000])
def test_what_is_not_there_is_404(client: TestClient, name: str):
    for path in (f"/credentials/{name}", f"/questions/{name}", f"/grants/{name}"):
        assert client.get(path).status_code in (400, 404), path


def test_answers_are_kept_by_nobody_on_the_way(scene: WalletScene, client: TestClient):
    accept(scene, client)

    assert client.get("/credentials").headers["cache-control"] == "no-store"


def _routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    found = [(path, method) for path, item in app.openapi()["paths"].items() for method in item]
    assert len(found) >= 14
    yield from found
