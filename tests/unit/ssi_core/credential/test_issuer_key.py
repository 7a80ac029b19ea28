from hashlib import sha256
from typing import Any

import pytest

from ssi_core.credential.issuer_key import key_from_chain, key_from_document
from ssi_core.did.document import DidDocument
from ssi_core.did.syntax import Did
from ssi_core.encoding import base64url_encode
from ssi_core.errors import MalformedError, ProofError, TrustError
from ssi_core.keys import P256Signer
from tests.simulator.certificates import certify
from tests.simulator.credentials import NOON

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


_CLINIC = certify("clinic.example")
_PUBLIC_KEY = _CLINIC.signer.public_key


def test_a_trusted_certificate_speaks_for_an_issuer_whose_host_it_names():
    issuer = "https://clinic.example/tenant/1"

    assert key_from_chain(_CLINIC.x5c, issuer, trusted=[_CLINIC.der], at=NOON) == (
        issuer,
        _PUBLIC_KEY,
    )


def test_without_an_iss_the_issuer_is_named_by_its_certificate():
    name, key = key_from_chain(_CLINIC.x5c, None, trusted=[_CLINIC.der], at=NOON)

    assert name == f"x509_hash:{base64url_encode(sha256(_CLINIC.der).digest())}"
    assert key == _PUBLIC_KEY


@pytest.mark.parametrize(
    "trusted", [None, [], [certify("clinic.example").der]], ids=["not at all", "none", "another"]
)
def test_a_certificate_that_is_not_trusted_speaks_for_nobody(trusted):
    with pytest.raises(TrustError):
        key_from_chain(_CLINIC.x5c, None, trusted=trusted, at=NOON)


@pytest.mark.parametrize("issuer", ["https://evil.example", "did:web:clinic.example", "clinic"])
def test_a_trusted_certificate_does_not_speak_for_an_issuer_that_it_does_not_name(issuer):
    with pytest.raises(TrustError):
        key_from_chain(_CLINIC.x5c, issuer, trusted=[_CLINIC.der], at=NOON)
