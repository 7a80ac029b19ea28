"""did:web: where the document is, and that it must be the DID's own."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.did import web
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError, ProofError, SsiError

pytestmark = pytest.mark.spec("did:web", "read-resolve")

EXAMPLE = Did.parse("did:web:example.com")


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("did:web:w3c-ccg.github.io", "https://w3c-ccg.github.io/.well-known/did.json"),
        (
            "did:web:w3c-ccg.github.io:user:alice",
            "https://w3c-ccg.github.io/user/alice/did.json",
        ),
        (
            "did:web:example.com%3A3000:user:alice",
            "https://example.com:3000/user/alice/did.json",
        ),
        ("did:web:localhost%3A8100", "http://localhost:8100/.well-known/did.json"),
    ],
)
def test_the_published_examples_have_the_published_addresses(text: str, url: str):
    assert web.document_url(Did.parse(text)) == url


@pytest.mark.parametrize(
    "text", ["did:key:example.com", "did:web:10.0.0.1", "did:web:example.com:..", "did:web:a%2Fb.c"]
)
def test_other_methods_and_unsafe_places_are_refused(text: str):
    with pytest.raises(MalformedError):
        web.document_url(Did.parse(text))


def test_the_document_is_kept_whole():
    source = {"id": "did:web:example.com", "unknown": [1, {"x": None}]}

    document = web.parse_document(EXAMPLE, json.dumps(source).encode())

    assert document.did == EXAMPLE
    assert document.source == source


def test_a_document_of_another_did_is_refused():
    with pytest.raises(ProofError, match="another DID"):
        web.parse_document(EXAMPLE, b'{"id": "did:web:example.org"}')


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"id": 7}', b'{"id": "x"}', b'{"id":"a","id":"b"}', b"\xff"]
)
def test_what_is_not_a_did_document_is_malformed(body: bytes):
    with pytest.raises(MalformedError):
        web.parse_document(EXAMPLE, body)


@given(st.binary())
def test_junk_raises_only_our_own_errors(body: bytes):
    with pytest.raises(SsiError):
        web.parse_document(EXAMPLE, body)
