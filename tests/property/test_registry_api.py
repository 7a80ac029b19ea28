"""Whatever strangers send to the registry: an answer in its own words, and never a 500."""

import json
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.adapters.memory import MemoryLogStore, MemoryWitnessMemory
from registry.app import create_app
from registry.service.registry import LogKeys, Registry
from ssi_core.adapters.clock import FixedClock
from tests.support.registry import AT, ORIGIN, grant, organisation, signer

PLANTED = "Planted-Value-Zebra"
CLINIC = organisation("clinic")
QUERY = ("entity_id", "authority_id", "action", "resource")
KEYS = LogKeys(log=signer("log"), witness=signer("witness"), did_witness=signer("did"))
_SHARED = settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=5), x, max_size=3),
    max_leaves=6,
)
entry_members = st.dictionaries(st.sampled_from(sorted(json.loads(grant().raw))), json_values)


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    registry = Registry(
        MemoryLogStore(),
        origin=ORIGIN,
        public_url="http://localhost:8100",
        keys=KEYS,
        memory=MemoryWitnessMemory(),
        clock=FixedClock(AT + timedelta(minutes=1)),
    )
    with registry, TestClient(create_app(registry), raise_server_exceptions=False) as client:
        client.post("/entries", content=grant().raw)
        client.post("/entries", content=CLINIC.op)
        yield client


@_SHARED
@given(
    body=st.binary(max_size=200)
    | json_values.map(lambda value: json.dumps(value).encode())
    | entry_members.map(lambda members: json.dumps({**json.loads(grant().raw), **members}).encode())
)
@pytest.mark.parametrize("path", ["/entries", "/entries/batch"])
def test_junk_bodies_are_refused(client, path, body):
    kind = "application/x-ndjson" if path.endswith("batch") else "application/json"

    answer = client.post(path, content=body, headers={"content-type": kind})

    assert answer.status_code < 500
    assert answer.status_code != 201 or body == grant().raw


@_SHARED
@given(
    body=json_values
    | st.dictionaries(
        st.sampled_from([*QUERY, "context"]),
        json_values | st.just(str(CLINIC.did)) | st.just({"time": "2026-13-40T00:00:00Z"}),
    )
)
@pytest.mark.parametrize("path", ["/authorization", "/recognition"])
def test_junk_trust_queries_are_refused(client, path, body):
    answer = client.post(
        path, content=json.dumps(body), headers={"content-type": "application/json"}
    )

    assert 400 <= answer.status_code < 500


@_SHARED
@given(entries=json_values | st.lists(entry_members, max_size=3))
def test_junk_batches_are_refused(client, entries):
    answer = client.post("/entries/batch", content=json.dumps({"entries": entries}))

    assert answer.status_code < 500


@_SHARED
@given(text=st.text(st.characters(), max_size=20), more=st.text(max_size=10))
@pytest.mark.parametrize(
    "path",
    [
        "/entries/{}",
        "/grants/{}",
        "/1.0/identifiers/{}",
        "/1.0/identifiers/did:webvh:{}",
        "/{}/did.jsonl",
        "/{}/did-witness.json",
        "/entries?start={}",
        "/proofs/inclusion?leaf={}",
        "/proofs/inclusion?index={}",
        "/proofs/consistency?from={}&to=2",
        "/accreditations?subject={}&role=issue&type=t",
        "/accreditations?subject=did:web:a.example&role=issue&type=t&root={}",
        "/status-lists?uri={}",
        "/status-lists?uri=x&issuer={}",
        "/1.0/identifiers/did:web:a?versionId={}",
        "/1.0/identifiers/did:web:a?versionTime={}",
    ],
)
def test_junk_questions_are_refused(client, path, text, more):
    url = path.format(quote(text, errors="surrogatepass"))

    answer = client.get(url, headers={"accept": more.encode("ascii", "replace").decode()})

    # DID resolution says 501 of a method or an option that is not known.
    assert answer.status_code < 500 or (answer.status_code == 501 and "identifiers" in path)


@pytest.mark.parametrize(
    "member", ["id", "ctl", "nk", "n", "nbf", "c", "proof", "log", "t", PLANTED]
)
def test_a_planted_value_is_in_no_answer(client, member):
    members = {**json.loads(grant().raw), member: PLANTED}

    answers = [
        client.post("/entries", content=json.dumps(members, sort_keys=True, separators=(",", ":"))),
        client.post("/entries/batch", content=json.dumps({"entries": [members, PLANTED]})),
        client.get(f"/grants/{PLANTED}"),
        client.get(f"/entries/{PLANTED}"),
        client.get(f"/1.0/identifiers/{PLANTED}"),
        client.get(f"/{PLANTED}/did.jsonl"),
        client.get(f"/accreditations?subject={PLANTED}&role={PLANTED}&type={PLANTED}"),
        client.get(f"/status-lists?uri={PLANTED}&issuer={PLANTED}"),
        client.get(f"/proofs/inclusion?leaf={PLANTED}"),
        client.post("/authorization", json=dict.fromkeys(QUERY, PLANTED)),
        client.post("/recognition", json={**dict.fromkeys(QUERY, "x"), "context": {PLANTED: 1}}),
    ]

    assert all(PLANTED not in answer.text for answer in answers)


def test_a_body_that_is_too_large_is_refused(client):
    answer = client.post("/entries", content=b"x" * 3_000_000)

    assert answer.status_code == 413
