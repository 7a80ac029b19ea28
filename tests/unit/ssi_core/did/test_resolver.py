"""Resolving without a network: what is its own document, and what was collected before."""

import pytest

from ssi_core.did import jwk, key, peer, peer_4
from ssi_core.did.document import DidDocument
from ssi_core.did.key_document import KeyOptions
from ssi_core.did.resolution import Resolution, error_name
from ssi_core.did.resolution_options import ResolutionOptions
from ssi_core.did.resolver import CollectedDocuments, DidResolver, resolve_self_contained
from ssi_core.did.syntax import Did
from ssi_core.errors import DidResolutionError, SsiError, UnavailableError
from ssi_core.keys import Ed25519Signer

SIGNER = Ed25519Signer(b"\x01" * 32)
CLINIC = DidDocument.parse({"id": "did:web:clinic.example"})


def test_keys_are_their_own_documents():
    resolver: DidResolver = CollectedDocuments()

    for method in (key, jwk):
        did = method.did_for(SIGNER.public_key)
        assert resolver.resolve(did).did == did


def test_a_collected_document_is_found():
    assert CollectedDocuments([CLINIC]).resolve(CLINIC.did) is CLINIC


def test_a_did_that_is_its_own_document_is_never_replaced():
    did = key.did_for(SIGNER.public_key)
    long_form = peer_4.create({"verificationMethod": []})
    forged = [DidDocument.parse({"id": str(one), "forged": True}) for one in (did, long_form)]

    resolver = CollectedDocuments(forged)

    assert resolver.resolve(did) == key.resolve(did)
    assert resolver.resolve(long_form) == peer.resolve(long_form)


def test_a_short_form_is_collected_like_any_other():
    long_form = peer_4.create({"verificationMethod": []})
    short_form = peer_4.short_form(long_form)
    document = peer.resolve(short_form, long_form=long_form)

    assert CollectedDocuments([document]).resolve(short_form) is document
    with pytest.raises(UnavailableError):
        CollectedDocuments().resolve(short_form)


@pytest.mark.spec("DID Resolution", "did-resolution-options")
def test_a_self_contained_did_resolves_with_options():
    did = key.did_for(SIGNER.public_key)
    options = ResolutionOptions(key=KeyOptions(public_key_format="JsonWebKey"))

    found = resolve_self_contained(did, options)

    assert found == Resolution(document=key.resolve(did, options.key))


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme", "unsupportedPublicKeyType"),
        ("did:key:z6LSj72tK8brWgZja8NLRwPigth2T9QRiG1uH9oKZuKjdh9p", "unsupportedPublicKeyType"),
        ("did:key:zTjsVPtY", "invalidPublicKeyLength"),
        ("did:peer:2.Vz", "invalidDid"),
        ("did:peer:0z6Mk", "methodNotSupported"),
        ("did:web:a.example", "methodNotSupported"),
    ],
)
def test_what_does_not_resolve_has_a_name(text: str, error: str):
    with pytest.raises(SsiError) as refused:
        resolve_self_contained(Did.parse(text))

    assert error_name(refused.value) == error


def test_a_self_contained_did_has_no_versions():
    with pytest.raises(DidResolutionError) as refused:
        resolve_self_contained(key.did_for(SIGNER.public_key), ResolutionOptions(version_number=1))

    assert refused.value.error == "featureNotSupported"


def test_a_document_that_was_not_collected_is_unknown_rather_than_absent():
    with pytest.raises(UnavailableError):
        CollectedDocuments([CLINIC]).resolve(Did.parse("did:web:other.example"))
