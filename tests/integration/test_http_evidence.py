"""Evidence over real HTTP on this machine: facts, failures, and how long a list is kept."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from ssi_core import strict_json
from ssi_core.adapters.clock import FixedClock
from ssi_core.adapters.evidence import HttpEvidence
from ssi_core.adapters.http import HttpClient
from ssi_core.anoncreds.attested import attest
from ssi_core.anoncreds.objects import Schema
from ssi_core.credential import issuer_metadata
from ssi_core.did.resolver import CollectedDocuments
from ssi_core.did.syntax import Did
from ssi_core.errors import (
    MalformedError,
    RejectedError,
    RevokedError,
    SsiError,
    StatusUndeterminedError,
    SuspendedError,
    TrustError,
    UnavailableError,
)
from ssi_core.keys import Ed25519Signer, P256Signer
from ssi_core.status.token import StatusReference
from ssi_core.verification import (
    DidNeed,
    IssuerMetadataNeed,
    ResourceNeed,
    StatusNeed,
    needs,
    verify,
)
from tests.simulator.credentials import EXPECTED, NOON, POLICY, STATUS_INDEX, Issuer, present
from tests.support.site import Site, serving


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as served:
        yield served


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def evidence(clock: FixedClock) -> Iterator[HttpEvidence]:
    http = HttpClient(timeout=2)
    yield HttpEvidence(http, CollectedDocuments([CLINIC.document()]), clock)
    http.close()


CLINIC = Issuer()
HOLDER = P256Signer.generate()


def test_what_a_presentation_needs_is_gathered_and_verifies(site, evidence):
    uri = f"{site.url}/status-lists/1"
    credential = CLINIC.issue(HOLDER, status=StatusReference(uri, STATUS_INDEX))
    presented = str(present(credential, HOLDER))

    def verify_now() -> None:
        facts = evidence.gather(needs(presented))
        verify(presented, evidence=facts, policy=POLICY, expected=EXPECTED, at=NOON)

    with pytest.raises(StatusUndeterminedError):
        verify_now()
    site.bodies["/status-lists/1"] = CLINIC.status_token(uri=uri, ttl=None).encode()
    verify_now()
    site.bodies["/status-lists/1"] = CLINIC.status_token({STATUS_INDEX: 1}, uri=uri).encode()
    with pytest.raises(RevokedError):
        verify_now()


def test_a_status_list_is_kept_for_its_ttl_and_no_longer(site, evidence, clock):
    need = StatusNeed(f"{site.url}/list")
    token = CLINIC.status_token(uri=need.uri, ttl=timedelta(minutes=5))
    site.bodies["/list"] = token.encode()

    for minutes, asked in ((0, 1), (4, 1), (1, 2), (4, 2), (60, 3)):
        clock.advance(timedelta(minutes=minutes))
        assert evidence.gather([need]).status_lists == {need.uri: token}
        assert len(site.requests) == asked


def test_a_status_list_in_cwt_form_is_gathered_kept_and_verifies(site, evidence):
    uri = f"{site.url}/status-lists/1"
    credential = CLINIC.issue(HOLDER, status=StatusReference(uri, STATUS_INDEX))
    presented = str(present(credential, HOLDER))
    site.bodies["/status-lists/1"] = CLINIC.status_cwt({STATUS_INDEX: 1}, uri=uri)

    for _ in range(2):
        facts = evidence.gather(needs(presented))
        with pytest.raises(RevokedError):
            verify(presented, evidence=facts, policy=POLICY, expected=EXPECTED, at=NOON)

    assert len(site.requests) == 1


def test_a_status_list_that_expires_before_its_ttl_is_fetched_again(site, evidence, clock):
    need = StatusNeed(f"{site.url}/list")
    token = CLINIC.status_token(
        uri=need.uri, ttl=timedelta(days=1), expires_at=NOON + timedelta(minutes=1)
    )
    site.bodies["/list"] = token.encode()
    evidence.gather([need])
    clock.advance(timedelta(minutes=1))

    evidence.gather([need])

    assert len(site.requests) == 2


@pytest.mark.parametrize("body", [b"no token", b"\xff\xfe", b""])
def test_what_is_no_status_list_is_not_kept(site, evidence, body):
    need = StatusNeed(f"{site.url}/list")
    site.bodies["/list"] = body

    evidence.gather([need])
    evidence.gather([need])

    assert len(site.requests) == 2


def test_a_status_list_that_stays_away_is_not_replaced_by_an_old_one(site, evidence, clock):
    need = StatusNeed(f"{site.url}/list")
    site.bodies["/list"] = CLINIC.status_token(uri=need.uri, ttl=timedelta(minutes=5)).encode()
    evidence.gather([need])
    del site.bodies["/list"]
    clock.advance(timedelta(minutes=5))

    fact = evidence.gather([need]).status_lists[need.uri]

    assert isinstance(fact, UnavailableError)


def test_the_keys_that_an_issuer_publishes_are_gathered(site, evidence):
    need = IssuerMetadataNeed(f"{site.url}/tenant")
    metadata = issuer_metadata.render(need.issuer, {"k1": CLINIC.signer.public_key})
    site.bodies["/.well-known/jwt-vc-issuer/tenant"] = strict_json.render(metadata).encode()

    facts = evidence.gather([need])

    assert facts.issuer_keys[need.issuer] == metadata["jwks"]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (None, UnavailableError),
        (b"", MalformedError),
        (b"[]", MalformedError),
        (b'{"issuer":"https://evil.example","jwks":{"keys":[]}}', TrustError),
    ],
)
def test_why_an_issuers_keys_could_not_be_had_is_a_fact(site, evidence, body, error):
    need = IssuerMetadataNeed(site.url)
    if body is not None:
        site.bodies["/.well-known/jwt-vc-issuer"] = body

    fact = evidence.gather([need]).issuer_keys[need.issuer]

    assert isinstance(fact, SsiError)
    assert type(fact) is error


@pytest.mark.parametrize(
    "said", [RevokedError("revoked"), SuspendedError("suspended"), TrustError("no")], ids=str
)
def test_whatever_a_status_lists_host_says_instead_of_a_list_is_not_known(site, evidence, said):
    site.problems["/list"] = said
    reference = StatusReference(f"{site.url}/list", STATUS_INDEX)
    presented = str(present(CLINIC.issue(HOLDER, status=reference), HOLDER))

    facts = evidence.gather(needs(presented))

    with pytest.raises(StatusUndeterminedError):
        verify(presented, evidence=facts, policy=POLICY, expected=EXPECTED, at=NOON)


@pytest.mark.parametrize(
    ("uri", "error"),
    [
        ("http://127.0.0.1:1/list", UnavailableError),
        ("http://clinic.example/list", RejectedError),
        ("file:///etc/passwd", MalformedError),
        ("no uri", MalformedError),
    ],
)
def test_what_cannot_or_must_not_be_fetched_is_a_fact_too(evidence, uri, error):
    fact = evidence.gather([StatusNeed(uri)]).status_lists[uri]

    assert type(fact) is error


def test_an_issuers_document_is_gathered_or_the_reason_why_not(evidence):
    other = Issuer(did=type(CLINIC.did).parse("did:web:other.example"))

    facts = evidence.gather([DidNeed(CLINIC.did), DidNeed(other.did)])

    assert facts.document(CLINIC.did) == CLINIC.document()
    with pytest.raises(UnavailableError):
        facts.document(other.did)


def test_a_resource_is_fetched_from_its_issuers_own_place(site, evidence):
    did = Did.parse(f"did:web:localhost%3A{site.url.rpartition(':')[2]}:wards")
    schema = Schema.new(issuer=did, name="n", version="1.0", attributes=["vaccine"])
    resource = attest(
        schema.source,
        identifier=schema.id,
        signer=Ed25519Signer.generate(),
        verification_method=f"{did}#key",
        at=NOON,
    )
    served = f"/wards{schema.id.removeprefix(str(did))}"
    site.bodies[served] = strict_json.render(resource).encode()
    missing = f"{schema.id}/status-lists/1"

    found = evidence.gather([ResourceNeed(schema.id), ResourceNeed(missing)])

    assert found.resource(schema.id) == resource
    with pytest.raises(UnavailableError):
        found.resource(missing)
    site.bodies[served] = b"[]"
    with pytest.raises(MalformedError):
        evidence.gather([ResourceNeed(schema.id)]).resource(schema.id)
