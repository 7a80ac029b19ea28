"""The OpenID part of the harness profile in this process, with a clock that can be moved."""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from fastapi import FastAPI
from fastapi.testclient import TestClient

from consentry.harness.openid import OpenId, open_openid, openid_routes
from consentry.harness.openid.desk import Wish
from consentry.harness.openid.nobody import NoLog
from consentry.harness.openid.own_evidence import OwnEvidence
from ssi_core.adapters import problem_details
from ssi_core.adapters.clock import FixedClock
from ssi_core.did.syntax import Did
from ssi_core.errors import (
    ExpiredError,
    MalformedError,
    NotFoundError,
    OAuthError,
    UnavailableError,
)
from ssi_core.keys import Ed25519Signer
from ssi_core.protocol.openid4vci import CredentialOffer, TokenRequest, parse_offer_uri
from ssi_core.protocol.openid4vp import (
    ClientIdPrefix,
    RequestUriMethod,
    RequestUriPost,
    ResponseMode,
)
from ssi_core.verification import Evidence, Need, StatusNeed
from tests.support.openid_server import query

URL = "https://harness.example/base"
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
WISH = Wish(
    query=query(),
    response_mode=ResponseMode.DIRECT_POST,
    prefix=ClientIdPrefix.X509_SAN_DNS,
    method=RequestUriMethod.GET,
)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def openid(tmp_path: Path, clock: FixedClock) -> Iterator[OpenId]:
    with open_openid(tmp_path, public_url=URL, clock=clock) as opened:
        yield opened


def _client(openid: OpenId) -> TestClient:
    app = FastAPI()
    problem_details.install(app)
    for routes in openid_routes(openid):
        app.include_router(routes)
    return TestClient(app)


def test_time_alone_ends_offers_and_requests(openid: OpenId, clock: FixedClock) -> None:
    made = openid.desk.offer(None, tx_code=False, by_reference=False)
    offer = parse_offer_uri(made.uri)
    assert isinstance(offer, CredentialOffer)
    assert offer.pre_authorized_code_grant is not None
    request_id, _uri = openid.desk.ask(WISH)

    clock.advance(timedelta(hours=1))

    code = offer.pre_authorized_code_grant.pre_authorized_code
    with pytest.raises(OAuthError) as caught:
        openid.issuer.tokens.redeem(TokenRequest(pre_authorized_code=code), at=clock.now())
    assert caught.value.error == "invalid_grant"
    with pytest.raises(ExpiredError):
        openid.verifier.requests.serve(request_id, RequestUriPost())
    assert openid.desk.look_up(made.id).state == "expired"
    assert openid.desk.result(request_id).state == "expired"


@pytest.mark.spec("OpenID4VCI 1.0", "12.2.2")
def test_every_url_begins_with_the_public_one_and_metadata_stand_before_its_path(
    openid: OpenId,
) -> None:
    client = _client(openid)

    documents = [
        client.get(f"/.well-known/{name}/base").json()
        for name in (
            "openid-credential-issuer",
            "oauth-authorization-server",
            "jwt-vc-issuer",
        )
    ]

    issuer, server, keys = documents
    assert (issuer["credential_issuer"], server["issuer"], keys["issuer"]) == (URL, URL, URL)
    urls = [text for name, text in {**issuer, **server}.items() if name.endswith("_endpoint")]
    assert len(urls) == 4
    assert all(text.startswith(f"{URL}/") for text in urls)
    asked = client.post("/admin/request", json={"dcql_query": query()}).json()["uri"]
    offered = client.post("/admin/offer", json={"by_reference": True}).json()["uri"]
    assert "https%3A%2F%2Fharness.example%2Fbase%2Frequests%2F" in asked
    assert "https%3A%2F%2Fharness.example%2Fbase%2Foffers%2F" in offered


def test_a_chosen_code_is_described_as_it_is(openid: OpenId) -> None:
    client = _client(openid)
    made = [
        client.post("/admin/offer", json={"tx_code": code, "by_reference": True}).json()
        for code in ("1234", "tulip-garden", True)
    ]

    kinds = [
        client.get("/offers/" + item["uri"].rpartition("%2F")[2]).json()["grants"] for item in made
    ]

    (described,) = ([grant["tx_code"] for found in kinds for grant in found.values()],)
    assert [(kind["input_mode"], kind["length"]) for kind in described] == [
        ("numeric", 4),
        ("text", 12),
        ("numeric", 6),
    ]
    assert [len(item["tx_code"]) for item in made] == [4, 12, 6]


def test_an_offer_without_a_body_is_of_the_default_credential(openid: OpenId) -> None:
    answer = _client(openid).post("/admin/offer")

    offer = parse_offer_uri(answer.json()["uri"])
    assert isinstance(offer, CredentialOffer)
    assert offer.credential_configuration_ids == ("immunization",)
    assert "tx_code" not in answer.json()


def test_what_was_made_once_is_there_after_a_restart(tmp_path: Path, clock: FixedClock) -> None:
    found = []

    for _ in range(2):
        with open_openid(tmp_path, public_url=URL, clock=clock) as openid:
            found.append((openid.issuer.identity.did, openid.authority.pem))

    assert found[0] == found[1]


def test_a_broken_authority_is_not_replaced(tmp_path: Path, clock: FixedClock) -> None:
    with open_openid(tmp_path, public_url=URL, clock=clock):
        pass
    (tmp_path / "openid-authority.pem").write_text("no certificate")

    with (
        pytest.raises(MalformedError),
        open_openid(tmp_path, public_url=URL, clock=clock),
    ):
        pass


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "harness.example"])
def test_the_verifiers_certificate_names_its_host_and_its_authority(
    tmp_path: Path, clock: FixedClock, host: str
) -> None:
    with open_openid(tmp_path, public_url=f"https://{host}:8443", clock=clock) as openid:
        chain = openid.verifier.office.certificate
        assert chain is not None

        chain.require_trusted(trusted=[_der(openid.authority.pem)], at=clock.now())

    assert chain.dns_names == {host}


def test_a_certificate_is_for_a_p256_key(openid: OpenId) -> None:
    with pytest.raises(MalformedError):
        openid.authority.certify(Ed25519Signer.generate().public_key, host="h", at=NOON)


class Elsewhere:
    """Evidence of others, with what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[Need] = []

    def gather(self, needs: Collection[Need]) -> Evidence:
        self.asked += needs
        return Evidence(status_lists={"https://clinic.example/1": "theirs"})


def test_the_profiles_own_status_lists_are_read_without_the_network(
    openid: OpenId, clock: FixedClock
) -> None:
    uris = [f"{URL}/status-lists/{name}" for name in ("0", "7", "x", "9" * 40)]
    other, others = StatusNeed("https://clinic.example/1"), Elsewhere()
    source = OwnEvidence(openid.issuer.status_lists, URL, others=others, clock=clock)

    facts = source.gather({*map(StatusNeed, uris), other})

    assert isinstance(facts.status_lists[uris[0]], str)
    assert all(isinstance(facts.status_lists[uri], NotFoundError) for uri in uris[1:])
    assert facts.status_list(other.uri) == "theirs"
    assert others.asked == [other]


def test_there_is_no_log_to_learn_from() -> None:
    did = Did.parse("did:web:clinic.example")

    with pytest.raises(UnavailableError):
        NoLog().grant("g")
    with pytest.raises(UnavailableError):
        NoLog().accreditation(did, "issue", "urn:x:1", roots=[did])


def _der(pem: bytes) -> bytes:
    return x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
