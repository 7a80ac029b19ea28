import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core import strict_json
from ssi_core.credential import issuer_metadata
from ssi_core.errors import MalformedError, ProofError, SsiError, TrustError, UnavailableError
from ssi_core.keys import Ed25519Signer, P256Signer

_SPEC = "draft-ietf-oauth-sd-jwt-vc"
_KEY, _OTHER = P256Signer.generate().public_key, Ed25519Signer.generate().public_key
_ISSUER = "https://clinic.example/tenant/1"


@pytest.mark.spec(_SPEC, "4.1")
@pytest.mark.parametrize(
    ("issuer", "url"),
    [
        ("https://example.com", "https://example.com/.well-known/jwt-vc-issuer"),
        ("https://example.com/", "https://example.com/.well-known/jwt-vc-issuer"),
        (
            "https://example.com/tenant/1234",
            "https://example.com/.well-known/jwt-vc-issuer/tenant/1234",
        ),
        (
            "https://example.com:8443/a/",
            "https://example.com:8443/.well-known/jwt-vc-issuer/a",
        ),
        ("http://127.0.0.1:8200", "http://127.0.0.1:8200/.well-known/jwt-vc-issuer"),
        ("http://localhost:8200", "http://localhost:8200/.well-known/jwt-vc-issuer"),
        ("http://[::1]:8200", "http://[::1]:8200/.well-known/jwt-vc-issuer"),
    ],
)
def test_the_metadata_is_between_host_and_path(issuer, url):
    assert issuer_metadata.metadata_url(issuer) == url


@pytest.mark.spec(_SPEC, "4")
@pytest.mark.parametrize(
    "issuer",
    [
        "",
        "clinic",
        "urn:clinic",
        "http://clinic.example",
        "http://localhost.evil.example",
        "ftp://clinic.example",
        "https://",
        "https://clinic.example?x=1",
        "https://clinic.example#x",
        "https://user@clinic.example",
        "https://clinic.example:port",
        "https://[::1",
    ],
)
def test_an_issuer_that_is_no_https_url_has_no_metadata(issuer):
    with pytest.raises((TrustError, MalformedError)):
        issuer_metadata.metadata_url(issuer)


def _body(**changes: Any) -> bytes:
    metadata = issuer_metadata.render(_ISSUER, {"a": _KEY, "b": _OTHER})
    return strict_json.render({**metadata, **changes}).encode()


@pytest.mark.spec(_SPEC, "4.2")
def test_the_keys_that_an_issuer_publishes_are_found_by_their_id():
    jwks = issuer_metadata.parse(_body(), issuer=_ISSUER)

    assert issuer_metadata.key_from(jwks, key_id="a") == _KEY
    assert issuer_metadata.key_from(jwks, key_id="b") == _OTHER


@pytest.mark.spec(_SPEC, "4.3")
@pytest.mark.parametrize("issuer", ["https://clinic.example/tenant/1/", "https://evil.example"])
def test_metadata_of_another_issuer_is_not_used(issuer):
    with pytest.raises(TrustError):
        issuer_metadata.parse(_body(issuer=issuer), issuer=_ISSUER)


@pytest.mark.spec(_SPEC, "4.2")
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        _body(issuer=1),
        _body(jwks=None),
        _body(jwks=[]),
    ],
)
def test_metadata_that_cannot_be_read_is_refused(body):
    with pytest.raises(MalformedError):
        issuer_metadata.parse(body, issuer=_ISSUER)


def test_keys_that_are_published_elsewhere_are_not_known():
    body = _body(jwks_uri="https://clinic.example/jwks")

    with pytest.raises(UnavailableError):
        issuer_metadata.parse(body, issuer=_ISSUER)


def test_an_only_key_needs_no_id():
    assert issuer_metadata.key_from({"keys": [_KEY.jwk]}, key_id=None) == _KEY


@pytest.mark.parametrize(
    ("keys", "key_id"),
    [
        ([], None),
        ([_KEY.jwk, _OTHER.jwk], None),
        ([{**_KEY.jwk, "kid": "a"}], "b"),
        ([{**_KEY.jwk, "kid": "a"}, {**_OTHER.jwk, "kid": "a"}], "a"),
        ([{**_KEY.jwk, "kid": "a", "use": "enc"}], "a"),
        ([_KEY.jwk], "a"),
    ],
)
def test_without_exactly_one_signing_key_there_is_none(keys, key_id):
    with pytest.raises(ProofError):
        issuer_metadata.key_from({"keys": keys}, key_id=key_id)


@pytest.mark.parametrize("jwks", [{}, {"keys": {}}, {"keys": [1]}, {"keys": [{"kty": "EC"}]}])
def test_what_is_no_key_set_is_refused(jwks):
    with pytest.raises(SsiError):
        issuer_metadata.key_from(jwks, key_id=None)


@given(st.text(max_size=60), st.binary(max_size=60))
def test_junk_raises_nothing_but_our_own_errors(issuer, body):
    with contextlib.suppress(SsiError):
        issuer_metadata.metadata_url(issuer)
    with contextlib.suppress(SsiError):
        issuer_metadata.parse(body, issuer=issuer)
