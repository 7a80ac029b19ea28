"""The verifier over HTTP: statuses, media types, and what needs a token."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient

from ssi_core import jws
from ssi_core.adapters.problem_details import MEDIA_TYPE
from ssi_core.jws import parse
from ssi_core.period import to_timestamp
from tests.support.verifier import PLANTED, World
from verifier.app import create_app

TOKEN = {"Authorization": "Bearer desk"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def world():
    return World()


@pytest.fixture
def client(world):
    with TestClient(create_app(world.verifier, admin_token="desk")) as running:  # noqa: S106 - a test's
        yield running


def _ask(client, **body):
    answer = client.post(
        "/desk/requests", json={"policy": "insurer-diagnosis", **body}, headers=TOKEN
    )
    assert answer.status_code == 201
    return answer.json()


def _answer(client, world, asked_id, **parts):
    asked = world.store.find(asked_id)
    path = f"/responses/{asked.response_id}"
    return client.post(path, content=urlencode(world.answer(asked, **parts)), headers=FORM)


def test_the_story_of_one_request_over_http(client, world):
    made = _ask(client)
    fetched = client.get(f"/requests/{made['id']}")
    answered = _answer(client, world, made["id"])
    result = client.get(f"/desk/requests/{made['id']}", headers=TOKEN).json()
    used = client.post(
        f"/desk/requests/{made['id']}/uses", json={"purpose": "HPAYMT"}, headers=TOKEN
    )
    uses = client.get(f"/desk/requests/{made['id']}/uses", headers=TOKEN).json()["uses"]

    assert made["uri"].startswith("openid4vp://?client_id=decentralized_identifier")
    assert fetched.headers["content-type"] == "application/oauth-authz-req+jwt"
    assert fetched.headers["cache-control"] == "no-store"
    assert answered.status_code == 200
    assert answered.json() == {"result": made["id"], "receipt": result["receipt"]}
    assert result["state"] == "verified"
    assert result["claims"]["diagnosis"]["clinical_status"] == "active"
    assert used.json()["decision"] == "permit"
    assert used.json()["claims"] == result["claims"]
    assert [use["decision"] for use in uses] == ["permit"]


def test_a_wallet_that_posts_gets_its_nonce_back(client):
    made = _ask(client)
    fields = {"wallet_nonce": "mine", "wallet_metadata": "{}", "unknown": "x"}

    answer = client.post(f"/requests/{made['id']}", content=urlencode(fields), headers=FORM)
    empty = client.post(f"/requests/{made['id']}")

    assert parse(answer.text).claims()["wallet_nonce"] == "mine"
    assert "wallet_nonce" not in parse(empty.text).claims()
    assert parse(answer.text).header["typ"] == "oauth-authz-req+jwt"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"response_mode": "direct_post.jwt"},
            ("direct_post.jwt", "decentralized_identifier"),
        ),
        (
            {
                "policy": "plain-diagnosis",
                "overrides": {"client_id_prefix": "redirect_uri"},
            },
            ("direct_post", "redirect_uri"),
        ),
    ],
)
def test_overrides_stand_beside_the_policy_or_in_a_member(client, world, body, expected):
    made = _ask(client, **body)

    parameters = world.store.find(made["id"]).parameters
    assert (parameters.response_mode, parameters.client_id.prefix) == expected


def test_a_denial_is_a_problem_with_its_reasons_and_receipt_and_no_value(client, world):
    made = _ask(client)
    asked = world.store.find(made["id"])
    grant = world.record(world.grant_terms(asked.parameters, claims=(("code",),)))

    answer = _answer(client, world, made["id"], grant=grant)
    result = client.get(f"/desk/requests/{made['id']}", headers=TOKEN).json()

    assert answer.status_code == 403
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.json()["type"] == "urn:consentry:problem:consent_denied"
    assert answer.json()["refusals"] == result["refusals"] == ["beyond_scope"]
    assert answer.json()["receipt"] == result["receipt"]
    assert PLANTED not in answer.text
    assert "44054006" not in answer.text
    assert result["state"] == "denied"
    assert "claims" not in result


def test_not_to_know_is_503(client, world):
    made = _ask(client)
    world.log.reachable = False

    answer = _answer(client, world, made["id"])

    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert answer.json()["type"] == "urn:consentry:problem:unavailable"


def test_a_denied_use_is_403_with_every_refusal(client, world):
    made = _ask(client)
    _answer(client, world, made["id"])

    denied = client.post(
        f"/desk/requests/{made['id']}/uses", json={"purpose": "HRESCH"}, headers=TOKEN
    )
    unknown = client.post(
        f"/desk/requests/{made['id']}/uses", json={"purpose": "BECAUSE"}, headers=TOKEN
    )

    assert (denied.status_code, denied.json()["refusals"]) == (403, ["wrong_purpose"])
    assert (unknown.status_code, unknown.json()["type"].rpartition(":")[2]) == (400, "malformed")


def test_a_refusal_is_taken_with_200(client, world):
    made = _ask(client)
    asked = world.store.find(made["id"])
    fields = {"error": "access_denied", "state": asked.parameters.state}

    answer = client.post(f"/responses/{asked.response_id}", content=urlencode(fields), headers=FORM)

    assert (answer.status_code, answer.json()) == (200, {"result": made["id"]})
    state = client.get(f"/desk/requests/{made['id']}", headers=TOKEN).json()["state"]
    assert state == "refused"


@pytest.mark.parametrize("as_json", [True, False])
def test_a_withdrawal_is_acknowledged_whichever_way_it_is_sent(client, world, as_json):
    asked, grant = world.shared()
    world.withdraw(grant)
    notice = world.notice(grant)

    if as_json:
        answer = client.post("/withdrawals", json={"notice": notice})
    else:
        kind = {"Content-Type": "application/consent-withdrawal+jwt"}
        answer = client.post("/withdrawals", content=notice, headers=kind)

    assert answer.status_code == 200
    assert jws.parse(answer.json()["acknowledgement"]).claims()["grant_id"] == grant.id
    seen = client.get(f"/desk/requests/{asked.id}", headers=TOKEN).json()
    assert seen["withheld"] == ["withdrawn"]


DESK = [
    ("GET", "/desk/identity"),
    ("GET", "/desk/policies"),
    ("POST", "/desk/requests"),
    ("GET", "/desk/requests/x"),
    ("GET", "/desk/requests/x/uses"),
    ("POST", "/desk/requests/x/uses"),
]


@pytest.mark.parametrize(("method", "path"), DESK)
@pytest.mark.parametrize("token", [None, "Bearer wrong", "Bearer ", "Basic desk", "desk"])
def test_the_desk_is_for_its_token_alone(client, method, path, token):
    answer = client.request(method, path, headers={"Authorization": token} if token else {})

    assert answer.status_code == 401
    assert answer.headers["content-type"] == MEDIA_TYPE


def test_the_desk_says_who_asks_what(client, world):
    identity = client.get("/desk/identity", headers=TOKEN).json()
    policies = client.get("/desk/policies", headers=TOKEN).json()["policies"]

    assert identity == {
        "did": str(world.insurer.did),
        "name": "Harbour Insurance",
        "log": world.office.log.origin,
    }
    assert {"insurer-diagnosis", "plain-immunization"} <= {each["id"] for each in policies}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b'{"policy":"insurer-diagnosis","policy":"plain-diagnosis"}',
        b'{"policy":7}',
        b'{"policy":"insurer-diagnosis","period":"4"}',
        b'{"policy":"insurer-diagnosis","period":0}',
        b'{"policy":"insurer-diagnosis","period":NaN}',
        b'{"policy":"insurer-diagnosis","surprise":1}',
        b'{"policy":"insurer-diagnosis","response_mode":"fragment"}',
        b'{"policy":"\\ud800"}',
    ],
)
def test_what_is_no_request_for_a_request_is_400(client, body):
    headers = {**TOKEN, "Content-Type": "application/json"}

    answer = client.post("/desk/requests", content=body, headers=headers)

    assert answer.status_code == 400
    assert answer.headers["content-type"] == MEDIA_TYPE


def test_unknown_things_are_404(client):
    paths = ["/requests/x", "/requests/..%2f", "/desk/requests/%00", "/desk/requests/" + "a" * 99]

    for path in paths:
        assert client.get(path, headers=TOKEN).status_code == 404
    assert client.post("/responses/x", content="state=a", headers=FORM).status_code == 404


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("vp_token={}", "application/json"),
        ("a=1&a=2", "application/x-www-form-urlencoded"),
        ("a=%FF", "application/x-www-form-urlencoded"),
        (b"\xff", "application/x-www-form-urlencoded"),
        ("", "application/x-www-form-urlencoded"),
    ],
)
def test_a_response_that_is_no_form_is_400(client, world, content, kind):
    made = _ask(client)
    path = f"/responses/{world.store.find(made['id']).response_id}"

    answer = client.post(path, content=content, headers={"Content-Type": kind})

    assert answer.status_code == 400
    assert answer.headers["content-type"] == MEDIA_TYPE


def test_a_body_that_is_too_large_is_refused_before_it_is_read(client, world):
    made = _ask(client)
    path = f"/responses/{world.store.find(made['id']).response_id}"

    answer = client.post(path, content=b"a" * 3_000_000, headers=FORM)

    assert answer.status_code == 413


def test_health_needs_nothing(client):
    health = client.get("/healthz").json()

    assert (health["status"], health["registry"]) == ("ok", "unknown")


def test_what_was_decided_while_the_log_was_away_is_for_the_desk(client, world):
    asked, grant = world.shared()
    world.log.reachable = False
    world.clock.advance(timedelta(minutes=30))
    used = client.post(
        f"/desk/requests/{asked.id}/uses", json={"purpose": "HPAYMT"}, headers=TOKEN
    ).json()

    told = client.get("/desk/stale-uses", headers=TOKEN).json()

    assert used["evidence"] == {
        "size": len(world.log.small.entries) + 1,
        "age": 1800,
        "class": "insurer",
    }
    assert told["registry"]["state"] == "unknown"
    (use,) = told["uses"]
    assert (use["grant"], use["outcome"]) == (grant.id, "waiting")

    world.clock.advance(timedelta(hours=1))
    world.withdraw(grant)
    world.redact(grant)
    world.log.reachable = True
    # Only that it was redacted is shown.
    world.log.redacted.add(len(world.log.small.entries) - 2)
    world.verifier.rejudging.judge_again()
    (use,) = client.get("/desk/stale-uses", headers=TOKEN).json()["uses"]

    assert (use["outcome"], use["ended_at"]) == ("undetermined", None)
    assert use["judged_at"] == to_timestamp(world.clock.now())
    assert client.get("/desk/stale-uses").status_code == 401
