"""Whatever is sent to an issuer, it answers as its specifications say, and never with a 500."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from issuer.adapters.settings import IssuerSettings
from issuer.app import create_app, open_issuer

ADMIN = "administrator"
NAMES = st.sampled_from(
    [
        "record", "resource", "resources", "tx_code", "credential_identifier", "proofs", "jwt",
        "credential_configuration_id", "notification_id", "event", "resourceType", "entry",
    ]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=5)
    ),
    max_leaves=12,
)
BODIES = st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode())
PATHS = st.sampled_from(
    [
        "/token",
        "/nonce",
        "/credential",
        "/notification",
        "/admin/bundles",
        "/admin/offers",
        f"/admin/credentials/{'0' * 32}/revoke",
    ]
)
TYPES = st.sampled_from(["application/json", "application/x-www-form-urlencoded", "text/plain", ""])


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    settings = IssuerSettings(data_dir=tmp_path_factory.mktemp("issuer"), status_list_length=1024)
    with open_issuer(settings, public_url="http://localhost:8200") as issuer:
        app = create_app(issuer, admin_token=ADMIN, max_body_bytes=settings.max_body_bytes)
        yield TestClient(app, raise_server_exceptions=False)


def _require_answer(answer: Any) -> None:
    assert answer.status_code < 500, answer.text
    kind = answer.headers["content-type"]
    if answer.status_code >= 400:
        assert kind in ("application/json", "application/problem+json")
        assert set(answer.json()) & {"error", "type"}


@given(path=PATHS, kind=TYPES, body=BODIES)
def test_no_body_breaks_an_endpoint(client: TestClient, path: str, kind: str, body: bytes):
    headers = {"authorization": f"Bearer {ADMIN}", "content-type": kind}

    _require_answer(client.post(path, content=body, headers=headers))


@given(path=st.sampled_from(["/offers/", "/types/", "/status-lists/"]), text=st.text(max_size=12))
def test_no_name_breaks_a_path(client: TestClient, path: str, text: str):
    name = "".join(f"%{byte:02x}" for byte in text.encode("utf-8", "surrogatepass"))

    answer = client.get(path + name)

    assert answer.status_code < 500, answer.text
