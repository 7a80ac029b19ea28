"""Whatever a harness sends to a hook: done, or called invalid, and never an error of ours."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consentry.harness.openid import open_openid, openid_routes
from ssi_core.adapters import problem_details
from ssi_core.json_types import JsonValue
from tests.support.openid_server import query

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
BODIES: dict[str, dict[str, Any]] = {
    "/admin/offer": {"config": "immunization", "tx_code": "1234", "by_reference": True},
    "/admin/revoke": {"id": "0" * 32, "idx": 1},
    "/admin/request": {
        "dcql_query": query(["given_name"]),
        "response_mode": "direct_post",
        "client_id_prefix": "x509_hash",
        "request_uri_method": "post",
        "issuers": ["did:web:clinic.example"],
    },
}
MANY = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("openid")
    with open_openid(folder, public_url="http://localhost:1") as openid:
        app = FastAPI()
        problem_details.install(app)
        for routes in openid_routes(openid):
            app.include_router(routes)
        yield TestClient(app, raise_server_exceptions=False)


@MANY
@given(st.sampled_from(sorted(BODIES)), JSON)
def test_any_body_is_taken_or_invalid(client: TestClient, path: str, body: JsonValue) -> None:
    answer = client.post(path, json=body)

    assert answer.status_code in {200, 400}


@MANY
@given(st.data())
def test_any_member_changed_is_taken_or_invalid(client: TestClient, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(BODIES)))
    body = dict(BODIES[path])
    name = data.draw(st.sampled_from(sorted(body)))
    body[name] = data.draw(JSON)

    answer = client.post(path, json=body)

    assert answer.status_code in {200, 400}


@MANY
@given(st.data())
def test_any_part_of_a_query_changed_is_taken_or_invalid(
    client: TestClient, data: st.DataObject
) -> None:
    credential = dict(query(["given_name"])["credentials"][0])
    names = sorted({*credential, "multiple", "claim_sets", "trusted_authorities"})
    credential[data.draw(st.sampled_from(names))] = data.draw(JSON)

    answer = client.post("/admin/request", json={"dcql_query": {"credentials": [credential]}})

    assert answer.status_code in {200, 400}


# A slash in an id would make it another path.
IDS = st.text(min_size=1, max_size=40).filter(lambda text: "/" not in text)


@MANY
@given(st.sampled_from(["offer", "request"]), IDS)
def test_any_id_is_known_or_invalid(client: TestClient, kind: str, name: str) -> None:
    answer = client.get(f"/admin/{kind}/" + "".join(f"%{byte:02X}" for byte in name.encode()))

    assert answer.status_code == 400
