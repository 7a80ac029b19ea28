"""The harness profile over HTTP, as a process: the whole of docs/reference/harness.md."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from consentry.cli import main
from tests.support.harness import DERIVED, SUITES
from tests.support.harness_server import HarnessServer

V2 = "https://www.w3.org/ns/credentials/v2"
OWN = "https://clinic.example/context"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("harness")


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[httpx.Client]:
    contexts = folder / "contexts"
    contexts.mkdir()
    (contexts / "own.jsonld").write_text('{"@context": {"ward": "https://clinic.example/#ward"}}')
    (contexts / "index.json").write_text(json.dumps({OWN: "own.jsonld"}))
    options = ("--data-dir", str(folder / "data"), "--contexts", str(contexts))
    with HarnessServer(*options) as server, httpx.Client(base_url=server.url) as client:
        yield client


def post(client: httpx.Client, path: str, body: Any) -> Any:
    answer = client.post(path, json=body)
    assert answer.status_code in {200, 201}, answer.text
    return answer.json()


def issue(client: httpx.Client, suite: str, key_type: str, query: str = "", **more: Any) -> Any:
    credential = {
        "@context": [V2, OWN],
        "type": ["VerifiableCredential"],
        "issuer": client.get("/keys").json()[key_type],
        "credentialSubject": {"id": "did:example:patient", "ward": "7"},
    }
    path = f"/{suite}/{key_type}/credentials/issue{query}"
    return post(client, path, {"credential": credential, **more})["verifiableCredential"]


@pytest.mark.parametrize(("suite", "key_type"), SUITES)
def test_what_is_issued_verifies_and_what_was_changed_does_not(
    client: httpx.Client, suite: str, key_type: str
) -> None:
    options = {"mandatoryPointers": ["/issuer"]} if suite in DERIVED else {}
    credential = issue(client, suite, key_type, options=options)
    if suite in DERIVED:
        body = {
            "verifiableCredential": credential,
            "options": {"selectivePointers": ["/credentialSubject"]},
        }
        derived = post(client, f"/{suite}/{key_type}/credentials/derive", body)
        credential = derived["verifiableCredential"]

    changed = {**credential, "credentialSubject": {"id": "did:example:patient", "ward": "8"}}
    refused = client.post("/credentials/verify", json={"verifiableCredential": changed})

    yes = post(client, "/credentials/verify", {"verifiableCredential": credential})
    assert yes == {"verified": True}
    assert post(client, "/proofs/verify", {"document": credential}) == {"verified": True}
    assert refused.status_code == 422
    assert refused.json()["verified"] is False


def test_an_envelope_verifies_alone_and_in_a_presentation(client: httpx.Client) -> None:
    credential = issue(client, "jose", "P-256")
    shown = {
        "@context": [V2],
        "type": ["VerifiablePresentation"],
        "verifiableCredential": [credential],
    }

    alone = post(client, "/credentials/verify", {"verifiableCredential": credential})
    inside = post(client, "/presentations/verify", {"verifiablePresentation": shown})

    assert credential["type"] == "EnvelopedVerifiableCredential"
    assert credential["id"].startswith("data:application/vc+jwt,")
    assert alone == inside == {"verified": True}


def test_a_listed_credential_is_refused_once_its_bit_is_set(client: httpx.Client) -> None:
    credential = issue(client, "eddsa-rdfc-2022", "Ed25519", "?status=revocation")
    entry = credential["credentialStatus"]
    before = client.get(entry["statusListCredential"])
    post(client, "/credentials/verify", {"verifiableCredential": credential})

    post(client, "/credentials/status", {"credentialStatus": entry, "status": True})

    refused = client.post("/credentials/verify", json={"verifiableCredential": credential})
    after = client.get(entry["statusListCredential"], headers={"Accept": "application/json"})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["type"] == "urn:consentry:problem:credential_revoked"
    assert before.headers["content-type"] == "application/vc"
    assert after.headers["content-type"] == "application/ld+json"
    assert before.json()["credentialSubject"] != after.json()["credentialSubject"]
    post(client, "/credentials/verify", {"verifiableCredential": after.json()})


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("vc-di-eddsa/eddsa-rdfc-2022/signedDataInt.json", "verifiableCredential"),
        ("vc-di-eddsa/eddsa-jcs-2022/signedJCS.json", "verifiableCredential"),
        ("vc-di-ecdsa/ecdsa-jcs-2019-p384/signedJCSECDSAP384.json", "verifiableCredential"),
        ("vc-di-ecdsa/ecdsa-sd-2023/employ/derivedRevealDocument.json", "verifiableCredential"),
        ("vc-di-bbs/derivedRevealDocument.json", "verifiableCredential"),
    ],
)
def test_published_vectors_hold_for_their_proofs_alone(
    client: httpx.Client, vectors: Path, path: str, name: str
) -> None:
    document = json.loads((vectors / path).read_text(encoding="utf-8"))

    alone = client.post("/credentials/verify?policy=proof-only", json={name: document})
    proofs = client.post("/proofs/verify", json={"document": document})
    whole = client.post("/credentials/verify", json={name: document})

    # Their issuers do not control the key, and the default minds.
    assert (alone.status_code, proofs.status_code, whole.status_code) == (200, 200, 422)
    assert whole.json()["errors"][0]["type"] == "urn:consentry:problem:not_trusted"


def test_keys_outlive_the_process_in_a_data_folder(client: httpx.Client, folder: Path) -> None:
    options = ("--data-dir", str(folder / "data"))
    with HarnessServer(*options) as server:
        again = httpx.get(f"{server.url}/keys").json()

    assert again == client.get("/keys").json()
    assert (folder / "data" / "harness.keys").stat().st_mode & 0o077 == 0


def test_without_a_data_folder_keys_are_fresh_and_nothing_is_left(client: httpx.Client) -> None:
    with HarnessServer() as server:
        fresh = httpx.get(f"{server.url}/keys").json()

    assert set(fresh) == {"Ed25519", "P-256", "P-384", "Bls12381G2"}
    assert not set(fresh.values()) & set(client.get("/keys").json().values())
    assert not (Path(__file__).parent.parent.parent / "support" / ".consentry").exists()


def test_without_a_login_it_is_served_on_loopback_only() -> None:
    result = CliRunner().invoke(main, ["serve", "--profile", "harness", "--host", "192.0.2.1"])

    assert result.exit_code == 1
    assert "loopback" in result.output


def test_a_folder_of_contexts_without_an_index_is_refused(tmp_path: Path) -> None:
    command = ["serve", "--profile", "harness", "--contexts", str(tmp_path)]

    result = CliRunner().invoke(main, command)

    assert result.exit_code == 1
    assert "contexts" in result.output
