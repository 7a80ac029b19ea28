"""The HTTP(S) binding of DID resolution: what is asked in which way, and what is answered."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ssi_core.adapters import problem_details
from ssi_core.adapters.identifier_request import Accepted, Representation
from ssi_core.adapters.identifier_routes import identifier_routes
from ssi_core.did import webvh
from ssi_core.did.resolution import Resolution
from ssi_core.did.resolution_options import ResolutionOptions
from ssi_core.did.resolver import resolve_self_contained
from ssi_core.did.syntax import Did
from ssi_core.errors import NotFoundError, UnavailableError
from ssi_core.json_types import JsonObject
from ssi_core.keys import Ed25519Signer

pytestmark = pytest.mark.spec("DID Resolution", "bindings-https")

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
SIGNER = Ed25519Signer(b"\x01" * 32)
OLDER = 'application/ld+json;profile="https://w3id.org/did-resolution"'
# The DIDs of the did:key test suite.
KEY = "did:key:z6MktKwz7Ge1Yxzr4JHavN33wiwa8y81QdcMRLXQsrH9T53b"
MULTIKEY = KEY.removeprefix("did:key:")
SECP256K1 = "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme"
AGREEMENT = "z6LSfHfAMAopsuBxaBzvp51GXrPf38Az13j2fmwqadbwwrzJ"


class Logs:
    """Resolves from did:webvh logs that are at hand, and what is its own document."""

    def __init__(self, *logs: list[JsonObject]) -> None:
        self._logs: Mapping[str, list[JsonObject]] = {did_of(log): log for log in logs}

    def resolve_with(self, did: Did, options: ResolutionOptions) -> Resolution:
        if did.method != "webvh":
            return resolve_self_contained(did, options)
        if "unreachable" in str(did):
            raise UnavailableError("the DID's place could not be reached")
        if (log := self._logs.get(str(did))) is None:
            raise NotFoundError("there is no such DID")
        return webvh.resolve_with(did, log, options, witness_proofs=None, at=AT)


def did_of(log: list[JsonObject]) -> str:
    state: Any = log[0]["state"]
    return str(state["id"])


def log_of(name: str, *, end: bool = False) -> list[JsonObject]:
    first = webvh.create(
        location=f"localhost%3A8100:{name}",
        document=lambda did: {
            "id": str(did),
            "assertionMethod": [
                {
                    "id": f"{did}#k",
                    "type": "Multikey",
                    "controller": str(did),
                    "publicKeyMultibase": SIGNER.public_key.multikey,
                }
            ],
        },
        update_key=SIGNER,
        next_key_hashes=[],
        at=AT - timedelta(hours=2),
    )
    at = AT - timedelta(hours=1)
    return [first, webvh.update([first], update_key=SIGNER, at=at, deactivate=end)]


ALIVE, ENDED = log_of("alive"), log_of("ended", end=True)
DID, GONE = did_of(ALIVE), did_of(ENDED)


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    app = FastAPI()
    problem_details.install(app)
    app.include_router(identifier_routes(Logs(ALIVE, ENDED)))
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as client:
        yield client


def ask(client: TestClient, text: str, accept: str = "", **query: str) -> Any:
    url = f"/1.0/identifiers/{quote(text, safe='')}"
    return client.get(url, headers={"Accept": accept} if accept else {}, params=query)


# Results


def test_a_did_resolves_to_a_result(client):
    answer = ask(client, DID)

    body = answer.json()
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/did-resolution"
    assert body["didDocument"]["id"] == DID
    assert body["didResolutionMetadata"] == {"contentType": "application/did"}
    assert body["didDocumentMetadata"]["versionNumber"] == 2


@pytest.mark.parametrize(
    "path", [DID, DID.replace("%", "%25"), quote(DID, safe="")], ids=["not", "once", "wholly"]
)
def test_a_did_may_be_encoded_in_the_path_or_not(client, path: str):
    answer = client.get(f"/1.0/identifiers/{path}")

    assert answer.json()["didDocument"]["id"] == DID


@pytest.mark.parametrize(
    ("accept", "media_type", "whole"),
    [
        ("*/*", "application/did-resolution", True),
        ("text/html, */*;q=0.1", "application/did-resolution", True),
        ("application/did-resolution", "application/did-resolution", True),
        (OLDER, OLDER, True),
        ("application/did", "application/did", False),
        ("application/did+json", "application/did+json", False),
        ("application/did+ld+json", "application/did+ld+json", False),
        ("application/ld+json", "application/ld+json", False),
        ("Application/DID; q=0.5", "application/did", False),
        ("application/did;q=0, application/did+json", "application/did+json", False),
        ("application/did;q=0.2, application/did-resolution", "application/did-resolution", True),
    ],
)
def test_accept_chooses_between_a_result_and_the_document(
    client, accept: str, media_type: str, *, whole: bool
):
    answer = ask(client, DID, accept)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == media_type
    assert ("didDocument" in answer.json()) is whole
    assert ("id" in answer.json()) is not whole


@pytest.mark.parametrize("accept", ["text/turtle", "application/did;q=0", "application/cbor"])
def test_another_representation_is_not_acceptable(client, accept: str):
    answer = ask(client, DID, accept)

    error = answer.json()["didResolutionMetadata"]["error"]
    assert answer.status_code == 406
    assert error["type"] == "https://www.w3.org/ns/did#REPRESENTATION_NOT_SUPPORTED"


@pytest.mark.parametrize(
    "query",
    [
        {"versionNumber": "1"},
        {"versionId": str(ALIVE[0]["versionId"])},
        {"versionTime": "2026-03-01T10:30:00Z"},
    ],
)
def test_a_version_is_asked_for_in_the_query_or_in_the_did_url(client, query: dict[str, str]):
    (name, value), *_ = query.items()

    for answer in (ask(client, DID, **query), ask(client, f"{DID}?{name}={value}")):
        assert answer.status_code == 200
        assert answer.json()["didDocumentMetadata"]["versionNumber"] == 1


def test_a_did_that_has_ended_is_gone_and_has_no_document(client):
    newest, first = ask(client, GONE), ask(client, GONE, versionNumber="1")

    assert (newest.status_code, first.status_code) == (410, 410)
    assert newest.json()["didDocument"] is None
    assert newest.json()["didDocumentMetadata"]["deactivated"] is True
    assert first.json()["didDocument"]["id"] == GONE
    assert ask(client, GONE, "application/did").status_code == 410


@pytest.mark.parametrize(
    ("text", "query", "status", "error"),
    [
        ("", {}, 400, "INVALID_DID"),
        ("not-a-did", {}, 400, "INVALID_DID"),
        ("did:example", {}, 400, "INVALID_DID"),
        ("did:key:zTjsVPtY", {}, 400, "INVALID_PUBLIC_KEY_LENGTH"),
        (SECP256K1, {}, 400, "UNSUPPORTED_PUBLIC_KEY_TYPE"),
        (DID.replace("alive", "nobody"), {}, 404, "NOT_FOUND"),
        (DID.replace("alive", "unreachable"), {}, 503, "INTERNAL_ERROR"),
        ("did:example:1", {}, 501, "METHOD_NOT_SUPPORTED"),
        (DID, {"versionNumber": "x"}, 400, "INVALID_OPTIONS"),
        (DID, {"versionNumber": "1", "versionId": "x"}, 400, "INVALID_OPTIONS"),
        (DID, {"versionNumber": "9"}, 404, "NOT_FOUND"),
        (DID, {"versionTime": "2020-01-01T00:00:00Z"}, 404, "NOT_FOUND"),
        (DID, {"other": "x"}, 501, "FEATURE_NOT_SUPPORTED"),
        (KEY, {"versionId": "1"}, 501, "FEATURE_NOT_SUPPORTED"),
    ],
)
def test_an_error_has_its_type_and_its_status(
    *, client, text: str, query: dict[str, str], status: int, error: str
):
    answer = ask(client, text, **query)

    body = answer.json()
    assert answer.status_code == status
    assert body["didResolutionMetadata"]["error"]["type"] == f"https://www.w3.org/ns/did#{error}"
    assert (body["didDocument"], body["didDocumentMetadata"]) == (None, {})
    assert answer.headers["content-type"] == "application/did-resolution"
    assert ("retry-after" in answer.headers) is (status == 503)


# What the did:key test suite asks, for older readers


@pytest.mark.spec("did:key", "Document Creation Algorithm")
@pytest.mark.parametrize(
    ("text", "query", "metadata", "error"),
    [
        (KEY.replace("did:", "notDid:"), {}, "Resolution", "invalidDid"),
        (KEY.replace("did:key", "did:experimental"), {}, "Resolution", "methodNotSupported"),
        (f"did:key:-4:{MULTIKEY}", {}, "Resolution", "invalidDid"),
        (f"did:key:{MULTIKEY[1:]}", {}, "Resolution", "invalidDid"),
        ("did:key:@", {}, "Resolution", "invalidDid"),
        ("did:key:zTjsVPtY", {}, "Resolution", "invalidPublicKeyLength"),
        (f"{KEY}/^bar^/?query=`#{MULTIKEY}", {}, "Dereferencing", "invalidDidUrl"),
        (KEY, {"publicKeyFormat": "unknown"}, "Resolution", "unsupportedPublicKeyType"),
        *(
            (
                f"{KEY}#{fragment}",
                {
                    "publicKeyFormat": "Ed25519VerificationKey2018",
                    "enableExperimentalPublicKeyTypes": "false",
                },
                "Dereferencing",
                "invalidPublicKeyType",
            )
            for fragment in (MULTIKEY, AGREEMENT)
        ),
    ],
)
def test_older_readers_find_the_name_of_an_error(
    *, client, text: str, query: dict[str, str], metadata: str, error: str
):
    answer = ask(client, text, OLDER, **query)

    body = answer.json()
    assert answer.status_code >= 400
    assert body[f"did{metadata}Metadata"]["error"] == error
    assert body["didDocument"] == body["didDocumentMetadata"] == {}
    assert "@context" in body


@pytest.mark.spec("did:key", "Document Creation Algorithm")
def test_older_readers_find_a_verification_method_where_a_document_would_be(client):
    body = ask(client, f"{KEY}#{MULTIKEY}", OLDER).json()

    assert body["didDocument"]["controller"] == KEY
    assert body["didDereferencingMetadata"] == {"contentType": "application/did"}


@pytest.mark.spec("did:key", "Document Creation Algorithm")
def test_an_agreement_key_is_derived_on_request(client):
    answer = ask(client, KEY, "application/did", enableEncryptionKeyDerivation="true")

    assert answer.json()["keyAgreement"] == [f"{KEY}#{AGREEMENT}"]


# DID URLs


def test_a_fragment_is_dereferenced(client):
    whole = ask(client, f"{DID}#k")
    part = ask(client, f"{DID}#k", "application/json")
    unencoded = client.get(f"/1.0/identifiers/{DID}%23k")

    assert whole.headers["content-type"] == "application/did-url-dereferencing"
    assert whole.json()["contentStream"] == part.json() == unencoded.json()["contentStream"]
    assert part.json()["id"] == f"{DID}#k"


def test_a_whole_document_can_be_dereferenced_too(client):
    body = ask(client, DID, "application/did-url-dereferencing").json()

    assert body["contentStream"]["id"] == DID
    assert body["contentMetadata"]["versionNumber"] == 2


@pytest.mark.parametrize(
    ("text", "accept", "location"),
    [
        (f"{DID}/a/b.json", "", "http://localhost:8100/alive/a/b.json"),
        (
            f"{DID}/whois",
            "application/did-url-dereferencing",
            "http://localhost:8100/alive/whois.vp",
        ),
        (f"{DID}?service=files&relativeRef=x%3Fy", "", "http://localhost:8100/alive/x?y"),
        (f"{DID}?service=files", "text/uri-list", "http://localhost:8100/alive/"),
    ],
)
def test_what_is_elsewhere_is_pointed_to(client, text: str, accept: str, location: str):
    answer = ask(client, text, accept)

    assert (answer.status_code, answer.content) == (303, b"")
    assert answer.headers["location"] == location


def test_a_service_without_a_reference_is_the_document_with_it_alone(client):
    body = ask(client, DID, service="whois").json()

    assert [one["id"] for one in body["contentStream"]["service"]] == [f"{DID}#whois"]


@pytest.mark.parametrize(
    ("text", "query", "status", "error"),
    [
        (f"{DID}#nothing", {}, 404, "did#NOT_FOUND"),
        (f"{KEY}/path", {}, 404, "did#NOT_FOUND"),
        (f"{DID}/a/../b", {}, 400, "did#INVALID_DID_URL"),
        (f"{DID}#k", {"relativeRef": "x"}, 400, "did#INVALID_DID_URL"),
        (f"{DID}#[", {}, 400, "did#INVALID_DID_URL"),
        (
            f"{DID}#k",
            {"verificationRelationship": "authentication"},
            400,
            "security#INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD",
        ),
    ],
)
def test_a_did_url_that_leads_nowhere_says_why(
    *, client, text: str, query: dict[str, str], status: int, error: str
):
    answer = ask(client, text, **query)

    assert answer.status_code == status
    assert answer.json()["dereferencingMetadata"]["error"]["type"].endswith(error)
    assert answer.json()["contentStream"] is None


def test_a_did_that_has_ended_has_no_parts(client):
    answer = ask(client, f"{GONE}#k")

    assert answer.status_code == 410
    assert answer.json()["contentStream"] is None


# Whatever is sent


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(max_size=30) | st.sampled_from([DID, KEY, GONE]),
    more=st.text(st.sampled_from("/?#&=%:.;,+[]^`k@ \x00\u00e9"), max_size=12),
    accept=st.text(st.sampled_from("apliction/d-;q=0.1,*\"' "), max_size=30),
)
def test_anything_is_answered(client, text: str, more: str, accept: str):
    path = quote(text + more, safe="/?#%", errors="surrogatepass").replace("#", "%23")

    answer = client.get(f"/1.0/identifiers/{path}", headers={"Accept": accept})

    assert answer.status_code in {200, 303, 307, 400, 404, 406, 410, 501, 503}


@given(st.text())
def test_any_accept_header_is_read(text: str):
    found = Accepted.parse(text)

    assert found is None or found.representation in Representation
