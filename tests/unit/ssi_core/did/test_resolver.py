"""Resolving without a network: what is its own document, and what was collected before."""

import pytest

from ssi_core.did import jwk, key
from ssi_core.did.document import DidDocument
from ssi_core.did.resolver import CollectedDocuments, DidResolver
from ssi_core.did.syntax import Did
from ssi_core.errors import UnavailableError
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


def test_a_document_that_was_not_collected_is_unknown_rather_than_absent():
    with pytest.raises(UnavailableError):
        CollectedDocuments([CLINIC]).resolve(Did.parse("did:web:other.example"))
