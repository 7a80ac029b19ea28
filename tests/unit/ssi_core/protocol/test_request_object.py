"""Who asks: request objects checked under each Client Identifier Prefix."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ssi_core import jws
from ssi_core.did.document import DidDocument
from ssi_core.did.syntax import Did
from ssi_core.encoding import base64url_encode
from ssi_core.errors import (
    AlgorithmError,
    AudienceError,
    ExpiredError,
    MalformedError,
    NonceError,
    NotFoundError,
    NotYetValidError,
    ProofError,
    TrustError,
    UnavailableError,
)
from ssi_core.json_types import JsonObject
from ssi_core.keys import Ed25519Signer, P256Signer, PrivateKey
from ssi_core.protocol.openid4vp import (
    AuthorizationRequest,
    ClientId,
    RequestEvidence,
    check_request_object,
    check_request_parameters,
    client_did,
    sign_request_object,
)
from ssi_core.strict_json import render
from ssi_core.x5c import CertificateChain

NOW = datetime(2026, 6, 1, tzinfo=UTC)
AT = int(NOW.timestamp())
DID = "did:web:verifier.example"
BY_DID = ClientId.parse(f"decentralized_identifier:{DID}")
SIGNER = P256Signer.generate()


def _request(client_id=BY_DID, **members):
    source: JsonObject = {
        "response_type": "vp_token",
        "client_id": str(client_id),
        "response_mode": "direct_post",
        "response_uri": "https://verifier.example/responses/1",
        "nonce": "abc",
        "dcql_query": {},
    }
    return AuthorizationRequest.parse({**source, **members})


def _document(signer: PrivateKey = SIGNER, relationship="assertionMethod", did=DID):
    method: JsonObject = {"id": f"{did}#key", "type": "JsonWebKey", "controller": did}
    return DidDocument.parse(
        {
            "id": did,
            "verificationMethod": [{**method, "publicKeyJwk": dict(signer.public_key.jwk)}],
            relationship: ["#key"],
        }
    )


EVIDENCE = RequestEvidence(did_document=_document())


def _signed(
    request=None, *, signer: PrivateKey = SIGNER, key_id: str | None = f"{DID}#key", **options
):
    return sign_request_object(
        request or _request(), signer=signer, key_id=key_id, at=AT, lifetime=600, **options
    )


@pytest.mark.parametrize("relationship", ["authentication", "assertionMethod"])
@pytest.mark.parametrize("signer", [SIGNER, Ed25519Signer.generate()])
@pytest.mark.spec("OpenID4VP 1.0", "5.9.3")
def test_a_request_signed_by_a_key_of_its_did_is_from_that_did(signer, relationship):
    text = _signed(signer=signer)
    evidence = RequestEvidence(did_document=_document(signer, relationship))

    checked = check_request_object(text, client_id=BY_DID, evidence=evidence, at=NOW)

    assert checked.request == _request()
    assert checked.signed
    assert checked.key_id == f"{DID}#key"
    assert client_did(text) == Did.parse(DID)


def test_a_wallets_nonce_must_come_back():
    answered = _signed(_request(wallet_nonce="mine"))

    checked = check_request_object(
        answered, client_id=BY_DID, evidence=EVIDENCE, at=NOW, wallet_nonce="mine"
    )

    assert checked.request.wallet_nonce == "mine"
    for text in (_signed(), _signed(_request(wallet_nonce="other"))):
        with pytest.raises(NonceError):
            check_request_object(
                text, client_id=BY_DID, evidence=EVIDENCE, at=NOW, wallet_nonce="mine"
            )


@pytest.mark.parametrize(
    ("evidence", "error"),
    [
        (RequestEvidence(), UnavailableError),
        (RequestEvidence(did_document=UnavailableError("no answer")), UnavailableError),
        (RequestEvidence(did_document=NotFoundError("unknown")), NotFoundError),
        (RequestEvidence(did_document=_document(P256Signer.generate())), ProofError),
        (RequestEvidence(did_document=_document(Ed25519Signer.generate())), AlgorithmError),
        (RequestEvidence(did_document=_document(relationship="keyAgreement")), ProofError),
        (RequestEvidence(did_document=_document(did="did:web:other.example")), ProofError),
    ],
)
def test_without_the_key_of_the_did_nothing_is_believed(evidence, error):
    with pytest.raises(error):
        check_request_object(_signed(), client_id=BY_DID, evidence=evidence, at=NOW)


@pytest.mark.parametrize("key_id", [None, "#key", "did:web:other.example#key", f"{DID}#other"])
def test_the_kid_must_be_a_key_of_that_did(key_id):
    with pytest.raises((ProofError, MalformedError)):
        check_request_object(_signed(key_id=key_id), client_id=BY_DID, evidence=EVIDENCE, at=NOW)


def test_a_request_for_another_client_id_than_the_uris_is_refused():
    with pytest.raises(ProofError):
        check_request_object(
            _signed(_request(ClientId.parse("someone-else"))),
            client_id=BY_DID,
            evidence=EVIDENCE,
            at=NOW,
        )


def test_a_request_for_another_wallet_or_time_is_refused():
    request = _request()
    header = {"typ": "oauth-authz-req+jwt", "kid": f"{DID}#key"}
    later = {"aud": "https://self-issued.me/v2", "nbf": AT + 60, **request.to_json()}
    no_audience = jws.sign(header, request.to_json(), signer=SIGNER)

    for text, error, moment in (
        (_signed(audience="https://wallet.example"), AudienceError, NOW),
        (no_audience, AudienceError, NOW),
        (_signed(), ExpiredError, NOW + timedelta(seconds=600)),
        (jws.sign(header, later, signer=SIGNER), NotYetValidError, NOW),
    ):
        with pytest.raises(error):
            check_request_object(text, client_id=BY_DID, evidence=EVIDENCE, at=moment)


@pytest.mark.parametrize("typ", ["JWT", "oauth-authz-req", None])
@pytest.mark.spec("OpenID4VP 1.0", "5")
def test_a_request_object_of_another_type_is_refused(typ):
    header = {"kid": f"{DID}#key", **({"typ": typ} if typ else {})}
    text = jws.sign(header, _request().to_json(), signer=SIGNER)

    with pytest.raises(ProofError):
        check_request_object(text, client_id=BY_DID, evidence=EVIDENCE, at=NOW)


def test_no_byte_of_a_request_object_can_be_changed():
    text = _signed()

    for place in range(0, len(text), 7):
        changed = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        with pytest.raises((ProofError, MalformedError, AlgorithmError)):
            check_request_object(changed, client_id=BY_DID, evidence=EVIDENCE, at=NOW)


BY_URI = ClientId.parse("redirect_uri:https://verifier.example/responses/1")


def _unsigned(request, **header):
    head = {"alg": "none", "typ": "oauth-authz-req+jwt", **header}
    payload = {"aud": "https://self-issued.me/v2", **request.to_json()}
    return ".".join([*(base64url_encode(render(p).encode()) for p in (head, payload)), ""])


@pytest.mark.spec("OpenID4VP 1.0", "5.9.3")
def test_the_prefix_redirect_uri_is_for_unsigned_requests_alone():
    request = _request(BY_URI)

    by_parameters = check_request_parameters(request)
    by_object = check_request_object(
        _unsigned(request), client_id=BY_URI, evidence=EVIDENCE, at=NOW
    )

    assert by_parameters == by_object
    assert not by_object.signed
    for text in (_signed(request), _unsigned(request, alg="ES256"), _unsigned(request, typ="JWT")):
        with pytest.raises(ProofError):
            check_request_object(text, client_id=BY_URI, evidence=EVIDENCE, at=NOW)


def test_other_prefixes_are_never_unsigned():
    with pytest.raises(ProofError):
        check_request_parameters(_request())
    with pytest.raises((ProofError, MalformedError)):
        check_request_object(_unsigned(_request()), client_id=BY_DID, evidence=EVIDENCE, at=NOW)


def _certified(dns):
    key = ec.derive_private_key(int.from_bytes(SIGNER.secret, "big"), ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "verifier")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(dns)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    der = certificate.public_bytes(Encoding.DER)
    return CertificateChain.parse([base64.b64encode(der).decode()]), der


CHAIN, DER = _certified("verifier.example")


@pytest.mark.parametrize(
    "text",
    ["x509_san_dns:verifier.example", f"x509_hash:{CHAIN.leaf_hash}"],
    ids=["x509_san_dns", "x509_hash"],
)
@pytest.mark.spec("OpenID4VP 1.0", "5.9.3")
def test_a_request_signed_by_a_trusted_certificates_key_is_from_its_name_or_hash(text):
    client_id = ClientId.parse(text)
    signed = _signed(_request(client_id), key_id=None, chain=CHAIN)
    evidence = RequestEvidence(trusted_certificates=[DER])

    checked = check_request_object(signed, client_id=client_id, evidence=evidence, at=NOW)

    assert checked.signed
    assert client_did(signed) is None
    with pytest.raises(TrustError):
        check_request_object(signed, client_id=client_id, evidence=RequestEvidence(), at=NOW)


def test_a_certificate_of_nobody_passes_where_any_may_and_the_result_says_so():
    client_id = ClientId.parse(f"x509_hash:{CHAIN.leaf_hash}")
    signed = _signed(_request(client_id), key_id=None, chain=CHAIN)
    other = _signed(_request(client_id), signer=P256Signer.generate(), key_id=None, chain=CHAIN)
    known = RequestEvidence(trusted_certificates=[DER], any_certificate=True)
    unknown = RequestEvidence(any_certificate=True)

    heard, believed = (
        check_request_object(signed, client_id=client_id, evidence=evidence, at=NOW)
        for evidence in (unknown, known)
    )

    assert (heard.signed, heard.authority_known, heard.identified) == (True, False, False)
    assert believed.identified
    for text, moment, error in (
        (other, NOW, ProofError),
        (signed, NOW + timedelta(days=1), ExpiredError),
        (signed, NOW - timedelta(days=2), NotYetValidError),
    ):
        with pytest.raises(error):
            check_request_object(text, client_id=client_id, evidence=unknown, at=moment)


@pytest.mark.parametrize("text", ["x509_san_dns:other.example", "x509_hash:AAAA"])
def test_a_certificate_for_another_name_or_hash_is_refused(text):
    client_id = ClientId.parse(text)
    uri = "https://other.example/responses/1"
    signed = _signed(_request(client_id, response_uri=uri), key_id=None, chain=CHAIN)
    evidence = RequestEvidence(trusted_certificates=[DER])

    with pytest.raises(ProofError):
        check_request_object(signed, client_id=client_id, evidence=evidence, at=NOW)


def test_a_certificates_request_by_another_key_is_refused():
    client_id = ClientId.parse("x509_san_dns:verifier.example")
    signed = _signed(_request(client_id), signer=P256Signer.generate(), key_id=None, chain=CHAIN)

    with pytest.raises(ProofError):
        check_request_object(
            signed,
            client_id=client_id,
            evidence=RequestEvidence(trusted_certificates=[DER]),
            at=NOW,
        )


def test_a_pre_registered_client_signs_with_a_registered_key():
    client_id = ClientId.parse("insurer")
    signed = _signed(_request(client_id), key_id=None)
    known = RequestEvidence(registered_keys={"insurer": [SIGNER.public_key]})
    other = RequestEvidence(registered_keys={"insurer": [P256Signer.generate().public_key]})

    checked = check_request_object(signed, client_id=client_id, evidence=known, at=NOW)

    assert checked.signed
    for evidence in (RequestEvidence(), other):
        with pytest.raises(TrustError):
            check_request_object(signed, client_id=client_id, evidence=evidence, at=NOW)
