"""Every refusal over HTTP: the specification's code, never a 500, never a value of the request."""

import json
from typing import Any

import httpx
import pytest

GRANT = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json"}
BUNDLE = json.dumps(
    {
        "resourceType": "Bundle",
        "entry": [
            {"resource": {"resourceType": "Patient", "id": "p"}},
            {
                "resource": {
                    "resourceType": "Condition",
                    "subject": {"reference": "Patient/p"},
                    "code": {"text": "planted"},
                }
            },
        ],
    }
).encode()
DEEP = b"[" * 100_000


def _require_oauth_error(answer: httpx.Response, status: int, error: str) -> None:
    assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/json"
    assert set(answer.json()) == {"error", "error_description"}


def _bearer(shared_issuer: Any) -> dict[str, str]:
    record = shared_issuer.register(BUNDLE)
    offer = shared_issuer.offer(record["record"], record["resources"][0]["id"], tx_code=False)
    shown = httpx.get(httpx.URL(offer["uri"]).params["credential_offer_uri"])
    assert shown.headers["cache-control"] == "no-store"
    code = shown.json()["grants"][GRANT]["pre-authorized_code"]
    form = {"grant_type": GRANT, "pre-authorized_code": code}
    token = httpx.post(shared_issuer.url + "/token", data=form).json()["access_token"]
    return {"authorization": f"bearer {token}"}


@pytest.mark.spec("OpenID4VCI 1.0", "6.3")
@pytest.mark.parametrize(
    ("headers", "body", "error"),
    [
        (FORM, b"", "invalid_request"),
        (FORM, b"\xff\xfe", "invalid_request"),
        (FORM, b"grant_type=a&grant_type=b", "invalid_request"),
        (FORM, b"grant_type=authorization_code&code=x", "unsupported_grant_type"),
        (FORM, f"grant_type={GRANT}".encode(), "invalid_request"),
        (FORM, f"grant_type={GRANT}&pre-authorized_code=x".encode(), "invalid_grant"),
        (FORM, b"a=" + b"x" * 300_000, "invalid_request"),
        (JSON, b"{}", "invalid_request"),
        ({}, b"grant_type=x", "invalid_request"),
    ],
    ids=range(9),
)
def test_the_token_endpoint_refuses(
    shared_issuer: Any, headers: dict[str, str], body: bytes, error: str
):
    answer = httpx.post(shared_issuer.url + "/token", content=body, headers=headers)

    _require_oauth_error(answer, 400, error)


@pytest.mark.spec("OpenID4VCI 1.0", "8.3.1.2")
@pytest.mark.parametrize(
    ("headers", "body", "error"),
    [
        (JSON, b"", "invalid_credential_request"),
        (JSON, b"null", "invalid_credential_request"),
        (JSON, b"{}", "invalid_credential_request"),
        (JSON, DEEP, "invalid_credential_request"),
        (JSON, b'{"credential_identifier":"\\ud800"}', "invalid_credential_request"),
        (
            JSON,
            b'{"credential_identifier":"a","credential_identifier":"b"}',
            "invalid_credential_request",
        ),
        (JSON, b'{"credential_identifier":NaN}', "invalid_credential_request"),
        (FORM, b'{"credential_identifier":"a"}', "invalid_credential_request"),
        (JSON, b'{"credential_configuration_id":"planted"}', "unknown_credential_configuration"),
        (JSON, b'{"credential_identifier":"planted"}', "unknown_credential_identifier"),
        (JSON, b'{"credential_configuration_id":"diagnosis"}', "invalid_proof"),
        (
            JSON,
            b'{"credential_configuration_id":"diagnosis","proofs":{"jwt":["a.b.c"]}}',
            "invalid_proof",
        ),
        (
            JSON,
            b'{"credential_configuration_id":"diagnosis","proof":{"proof_type":"jwt","jwt":"x"}}',
            "invalid_proof",
        ),
        (
            JSON,
            b'{"credential_configuration_id":"diagnosis","credential_response_encryption":{}}',
            "invalid_encryption_parameters",
        ),
    ],
    ids=range(14),
)
def test_the_credential_endpoint_refuses(
    shared_issuer: Any, headers: dict[str, str], body: bytes, error: str
):
    bearer = _bearer(shared_issuer)

    answer = httpx.post(
        shared_issuer.url + "/credential", content=body, headers={**bearer, **headers}
    )

    _require_oauth_error(answer, 400, error)
    assert "planted" not in answer.text


@pytest.mark.spec("RFC 6750", "3")
@pytest.mark.parametrize("path", ["/credential", "/notification"])
@pytest.mark.parametrize(
    ("authorization", "challenge"),
    [
        (None, "Bearer"),
        ("Basic YTpi", "Bearer"),
        ("Bearer", "Bearer"),
        ("Bearer unknown", 'Bearer error="invalid_token"'),
        ("bearer \xff", 'Bearer error="invalid_token"'),
    ],
)
def test_without_a_good_token_there_is_a_challenge(
    shared_issuer: Any, path: str, authorization: str | None, challenge: str
):
    headers = [(b"content-type", b"application/json")]
    if authorization is not None:
        headers.append((b"authorization", authorization.encode("latin-1")))

    answer = httpx.post(shared_issuer.url + path, content=b"{}", headers=headers)

    _require_oauth_error(answer, 401, "invalid_token")
    assert answer.headers["www-authenticate"] == challenge


@pytest.mark.spec("OpenID4VCI 1.0", "11.3")
@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "invalid_notification_request"),
        ({"notification_id": "a", "event": "lost"}, "invalid_notification_request"),
        ({"notification_id": "a", "event": "credential_accepted"}, "invalid_notification_id"),
        ({"notification_id": "\x00", "event": "credential_accepted"}, "invalid_notification_id"),
    ],
)
def test_the_notification_endpoint_refuses(shared_issuer: Any, body: dict[str, str], error: str):
    answer = httpx.post(
        shared_issuer.url + "/notification", json=body, headers=_bearer(shared_issuer)
    )

    _require_oauth_error(answer, 400, error)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/offers/x", 404),
        ("/offers/%00", 404),
        ("/offers/%ff", 404),
        ("/types/x", 404),
        ("/status-lists/7", 404),
        ("/status-lists/x", 400),
        ("/status-lists/99999999999999999999", 400),
        ("/nowhere", 404),
        ("/token", 405),
    ],
)
def test_what_is_not_there_is_a_problem_of_its_own(shared_issuer: Any, path: str, status: int):
    answer = httpx.get(shared_issuer.url + path)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/admin/bundles"),
        ("POST", "/admin/offers"),
        ("GET", "/admin/offers/" + "0" * 32),
        ("POST", f"/admin/credentials/{'0' * 32}/revoke"),
        ("GET", "/admin/identity"),
    ],
)
@pytest.mark.parametrize("authorization", [None, "Bearer x", "Basic YTpi", "administrator"])
def test_only_the_administrator_administers(
    shared_issuer: Any, method: str, path: str, authorization: str | None
):
    headers = {} if authorization is None else {"authorization": authorization}

    answer = httpx.request(method, shared_issuer.url + path, headers=headers)

    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{}", 400),
        (b'{"record":"planted","resource":"planted"}', 400),
        (json.dumps({"record": "0" * 32, "resource": "0" * 32}).encode(), 404),
        (json.dumps({"record": "0" * 32}).encode(), 400),
        (json.dumps({"record": "0" * 32, "resources": []}).encode(), 400),
        (json.dumps({"record": "0" * 32, "resource": "0" * 32, "tx_code": 1}).encode(), 400),
        (DEEP, 400),
    ],
    ids=range(8),
)
def test_an_offer_that_cannot_be_made_is_refused(shared_issuer: Any, body: bytes, status: int):
    headers = {**JSON, "Authorization": f"Bearer {shared_issuer.token}"}

    answer = httpx.post(shared_issuer.url + "/admin/offers", content=body, headers=headers)

    assert answer.status_code == status, answer.text
    assert "planted" not in answer.text


@pytest.mark.parametrize("body", [b"", b"planted", b"{}", DEEP, b'{"resourceType":"Bundle"}'])
def test_a_bundle_that_is_none_is_refused_with_its_pointer(shared_issuer: Any, body: bytes):
    answer = shared_issuer.admin("POST", "/admin/bundles", content=body)

    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:consentry:problem:malformed"
    assert "planted" not in answer.text


@pytest.mark.parametrize("verb", ["revoke", "suspend", "reinstate"])
def test_an_unknown_credential_is_not_found(shared_issuer: Any, verb: str):
    path = f"/admin/credentials/{'0' * 32}/{verb}"

    assert shared_issuer.admin("POST", path).status_code == 404
    assert shared_issuer.admin("POST", "/admin/credentials/x/revoke").status_code == 400
