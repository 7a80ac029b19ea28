"""Requests as wallets receive them: fresh, signed, and with the consent that is asked for."""

import json
from dataclasses import replace
from datetime import timedelta

import jsonschema
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from consent_contracts.purpose import Purpose
from consent_contracts.request import GRANT_QUERY, ConsentRequest
from ssi_core.did.document import DidDocument
from ssi_core.errors import ExpiredError, MalformedError, NotFoundError, ReplayError
from ssi_core.protocol.openid4vp import (
    ClientIdPrefix,
    RequestByReference,
    RequestEvidence,
    RequestInParameters,
    RequestUriMethod,
    RequestUriPost,
    ResponseMode,
    check_request_object,
    check_request_parameters,
    client_did,
    parse_request_uri,
)
from ssi_core.x5c import CertificateChain
from tests.support.verifier import NOW, World
from verifier.app import assemble
from verifier.request import RequestState
from verifier.service.requests import Overrides


@pytest.fixture
def world():
    return World()


def _evidence(world):
    did, key_id = world.insurer.did, world.insurer.assertion_key_id
    method = {
        "id": key_id,
        "type": "JsonWebKey",
        "publicKeyJwk": dict(world.insurer.assertion_signer.public_key.jwk),
    }
    document = {"id": str(did), "verificationMethod": [method], "assertionMethod": [key_id]}
    return RequestEvidence(did_document=DidDocument.parse(document))


def test_a_wallet_can_check_who_asks(world):
    asked = world.ask()
    uri = parse_request_uri(world.verifier.requests.uri(asked))
    assert isinstance(uri, RequestByReference)

    text = world.verifier.requests.serve(asked.id, RequestUriPost(wallet_nonce="mine"))

    checked = check_request_object(
        text, client_id=uri.client_id, evidence=_evidence(world), at=NOW, wallet_nonce="mine"
    )
    assert uri.method is RequestUriMethod.POST
    assert uri.request_uri == f"https://insurer.example/requests/{asked.id}"
    assert client_did(text) == world.insurer.did
    assert checked.request.response_uri == f"https://insurer.example/responses/{asked.response_id}"
    assert checked.request.client_metadata is not None
    assert checked.request.client_metadata.other == {"client_name": "Harbour Insurance"}
    assert world.verifier.results.result(asked.id).state is RequestState.FETCHED


def test_the_query_keeps_the_published_schema_and_asks_for_a_grant(world, vectors):
    schema = json.loads((vectors / "oidf/json-schemas/oid4vp/dcql_request.json").read_text())

    for policy in world.office.policies:
        query = world.ask(policy).parameters.dcql_query
        jsonschema.validate(query, schema)
        ids = [item["id"] for item in query["credentials"]]
        assert (GRANT_QUERY in ids) is not policy.startswith("plain")


def test_the_transaction_data_says_who_why_and_until_when(world):
    asked = world.ask(period=timedelta(hours=1))

    consent = ConsentRequest.parse(asked.parameters.transaction_data[0])

    assert consent.recipient == world.insurer.did
    assert consent.recipient_name == "Harbour Insurance"
    assert consent.purposes == {Purpose.HPAYMT}
    assert (consent.period.start, consent.period.end) == (NOW, NOW + timedelta(hours=1))
    assert consent.withdrawal_uri == "https://insurer.example/withdrawals"
    assert consent.credential_ids == (GRANT_QUERY,)


def test_a_period_is_shortened_and_never_lengthened(world):
    asked = world.ask(period=timedelta(days=3650))

    consent = ConsentRequest.parse(asked.parameters.transaction_data[0])

    assert consent.period.end == NOW + timedelta(days=30)


def test_no_two_requests_share_anything_secret(world):
    requests = [world.ask(response_mode=ResponseMode.DIRECT_POST_JWT) for _ in range(20)]

    secrets = {
        value
        for request in requests
        for value in (
            request.id,
            request.response_id,
            request.parameters.nonce,
            request.parameters.state,
            request.parameters.client_metadata.keys[0]["x"],
        )
    }
    assert len(secrets) == 100


def test_an_unsigned_request_travels_by_value_and_names_its_response_uri(world):
    asked = world.ask("plain-diagnosis", client_id_prefix=ClientIdPrefix.REDIRECT_URI)
    uri = parse_request_uri(world.verifier.requests.uri(asked))
    assert isinstance(uri, RequestInParameters)
    text = world.verifier.requests.serve(asked.id, RequestUriPost())

    by_value = check_request_parameters(uri.request)
    by_object = check_request_object(
        text, client_id=uri.request.client_id, evidence=RequestEvidence(), at=NOW
    )

    assert by_value.request == by_object.request == asked.parameters
    assert not by_value.signed


@pytest.mark.parametrize(
    ("policy", "overrides", "pointer"),
    [
        (
            "insurer-diagnosis",
            {"client_id_prefix": ClientIdPrefix.REDIRECT_URI},
            "/client_id_prefix",
        ),
        ("plain-diagnosis", {"client_id_prefix": ClientIdPrefix.X509_HASH}, "/client_id_prefix"),
        ("plain-diagnosis", {"period": timedelta(days=1)}, "/period"),
        ("insurer-diagnosis", {"period": timedelta(0)}, "/period"),
    ],
)
def test_what_cannot_be_asked_is_refused(world, policy, overrides, pointer):
    with pytest.raises(MalformedError) as caught:
        world.verifier.requests.create(policy, Overrides(**overrides))

    assert caught.value.at == pointer


def test_an_unknown_policy_or_request_is_not_found(world):
    with pytest.raises(NotFoundError):
        world.ask("nothing")
    with pytest.raises(NotFoundError):
        world.verifier.requests.serve("nothing", RequestUriPost())


def test_a_request_is_not_served_once_it_is_over_or_answered(world):
    over, answered = world.ask(), world.ask()
    world.post(answered, world.answer(answered))
    world.clock.advance(timedelta(minutes=10))

    with pytest.raises(ExpiredError):
        world.verifier.requests.serve(over.id, RequestUriPost())
    with pytest.raises(ReplayError):
        world.verifier.requests.serve(answered.id, RequestUriPost())


def test_a_wallets_nonce_is_bounded(world):
    asked = world.ask()

    with pytest.raises(MalformedError):
        world.verifier.requests.serve(asked.id, RequestUriPost(wallet_nonce="a" * 1025))


def test_two_requests_of_one_moment_ask_for_different_grants(world):
    first, second = world.ask(), world.ask()

    assert first.parameters.transaction_data != second.parameters.transaction_data


@pytest.fixture
def certified():
    world = World()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "insurer")])
    scalar = int.from_bytes(world.insurer.assertion_signer.secret, "big")
    key = ec.derive_private_key(scalar, ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("insurer.example")]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    world.office = replace(world.office, certificate=CertificateChain((certificate,)))
    return world


def _requests(world):
    return assemble(
        world.office, store=world.store, source=world.evidence, log=world.log, clock=world.clock
    ).requests


@pytest.mark.spec("OpenID4VP 1.0", "5.9.3")
@pytest.mark.parametrize("prefix", [ClientIdPrefix.X509_HASH, ClientIdPrefix.X509_SAN_DNS])
def test_with_a_certificate_a_verifier_asks_under_its_name_or_hash(certified, prefix):
    requests, chain = _requests(certified), certified.office.certificate
    asked = requests.create("insurer-diagnosis", Overrides(client_id_prefix=prefix))
    uri = parse_request_uri(requests.uri(asked, method=RequestUriMethod.GET))
    assert isinstance(uri, RequestByReference)

    text = requests.serve(asked.id, RequestUriPost())

    evidence = RequestEvidence(trusted_certificates=[chain.leaf])
    checked = check_request_object(text, client_id=uri.client_id, evidence=evidence, at=NOW)
    values = {"x509_hash": chain.leaf_hash, "x509_san_dns": "insurer.example"}
    assert uri.method is RequestUriMethod.GET
    assert uri.client_id.value == values[prefix.value]
    assert checked.identified
    assert checked.key_id is None


@pytest.mark.parametrize("prefix", [ClientIdPrefix.X509_HASH, ClientIdPrefix.X509_SAN_DNS])
def test_without_a_certificate_there_is_no_request_under_one(world, prefix):
    with pytest.raises(MalformedError):
        world.ask(client_id_prefix=prefix)


def test_a_certificate_for_another_host_or_key_is_of_no_use(certified):
    certified.office = replace(certified.office, public_url="https://other.example")

    with pytest.raises(MalformedError):
        _requests(certified).create(
            "plain-diagnosis", Overrides(client_id_prefix=ClientIdPrefix.X509_SAN_DNS)
        )
    with pytest.raises(MalformedError):
        replace(certified.office, identity=World().insurer)
