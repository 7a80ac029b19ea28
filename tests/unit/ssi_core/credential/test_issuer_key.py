import base64
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from ssi_core.credential.issuer_key import key_from_chain, key_from_document
from ssi_core.did.document import DidDocument
from ssi_core.did.syntax import Did
from ssi_core.encoding import base64url_encode
from ssi_core.errors import MalformedError, ProofError, TrustError
from ssi_core.keys import P256PublicKey, P256Signer

_DID = Did.parse("did:web:clinic.example")
_KEY = P256Signer.generate().public_key


def _method(method_id: str) -> dict[str, Any]:
    return {
        "id": method_id,
        "type": "JsonWebKey",
        "controller": str(_DID),
        "publicKeyJwk": _KEY.jwk,
    }


def _document(**members: Any) -> DidDocument:
    return DidDocument.parse({"id": str(_DID), **members})


@pytest.mark.spec("draft-ietf-oauth-sd-jwt-vc", "2.5")
@pytest.mark.parametrize("key_id", ["#a", f"{_DID}#a"])
def test_an_assertion_key_is_found_by_absolute_and_relative_id(key_id):
    document = _document(
        verificationMethod=[_method(f"{_DID}#a"), _method(f"{_DID}#b")],
        assertionMethod=[f"{_DID}#a", "#b"],
    )

    assert key_from_document(document, _DID, key_id=key_id) == _KEY


def test_an_only_assertion_key_needs_no_id():
    document = _document(assertionMethod=[_method("#a")])

    assert key_from_document(document, _DID, key_id=None) == _KEY


@pytest.mark.parametrize("methods", [[], [_method("#a"), _method("#b")]])
def test_without_an_id_there_must_be_one_assertion_key(methods):
    with pytest.raises(ProofError):
        key_from_document(_document(assertionMethod=methods), _DID, key_id=None)


def test_a_key_for_another_relationship_does_not_speak_for_the_issuer():
    document = _document(verificationMethod=[_method("#a")], authentication=["#a"])

    with pytest.raises(ProofError):
        key_from_document(document, _DID, key_id="#a")


def test_a_key_under_another_did_does_not_speak_for_the_issuer_even_if_listed():
    document = _document(assertionMethod=[_method("did:web:evil.example#a")])

    with pytest.raises(ProofError):
        key_from_document(document, _DID, key_id="did:web:evil.example#a")


@pytest.mark.parametrize("key_id", [f"{_DID}", f"{_DID}/path#a", f"{_DID}?v=1#a", "a", ""])
def test_a_key_id_that_is_no_key_of_the_issuer_is_refused(key_id):
    document = _document(assertionMethod=[_method("#a"), _method("#b")])

    with pytest.raises((ProofError, MalformedError)):
        key_from_document(document, _DID, key_id=key_id)


def test_the_document_of_another_did_is_not_used():
    document = _document(assertionMethod=[_method("#a")])

    with pytest.raises(ProofError):
        key_from_document(document, Did.parse("did:web:other.example"), key_id="#a")


_NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
_LEAF_KEY = ec.generate_private_key(ec.SECP256R1())
_LEAF_PUBLIC_KEY = P256PublicKey(
    _LEAF_KEY.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
)


def _leaf() -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "clinic")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(_LEAF_KEY.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_NOON - timedelta(days=1))
        .not_valid_after(_NOON + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("clinic.example")]), critical=False
        )
        .sign(_LEAF_KEY, hashes.SHA256())
        .public_bytes(Encoding.DER)
    )


_LEAF = _leaf()
_CHAIN = [base64.b64encode(_LEAF).decode()]


def test_a_trusted_certificate_speaks_for_an_issuer_whose_host_it_names():
    issuer = "https://clinic.example/tenant/1"

    assert key_from_chain(_CHAIN, issuer, trusted=[_LEAF], at=_NOON) == (issuer, _LEAF_PUBLIC_KEY)


def test_without_an_iss_the_issuer_is_named_by_its_certificate():
    name, key = key_from_chain(_CHAIN, None, trusted=[_LEAF], at=_NOON)

    assert name == f"x509_hash:{base64url_encode(sha256(_LEAF).digest())}"
    assert key == _LEAF_PUBLIC_KEY


@pytest.mark.parametrize("trusted", [None, [], [_leaf()]], ids=["not at all", "none", "another"])
def test_a_certificate_that_is_not_trusted_speaks_for_nobody(trusted):
    with pytest.raises(TrustError):
        key_from_chain(_CHAIN, None, trusted=trusted, at=_NOON)


@pytest.mark.parametrize("issuer", ["https://evil.example", "did:web:clinic.example", "clinic"])
def test_a_trusted_certificate_does_not_speak_for_an_issuer_that_it_does_not_name(issuer):
    with pytest.raises(TrustError):
        key_from_chain(_CHAIN, issuer, trusted=[_LEAF], at=_NOON)
