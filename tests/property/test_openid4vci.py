"""Whatever a stranger sends, only our own errors come out."""

import contextlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core import jws
from ssi_core.errors import SsiError
from ssi_core.keys import P256Signer
from ssi_core.protocol.openid4vci import (
    AuthorizationServerMetadata,
    CredentialIssuerMetadata,
    CredentialOffer,
    CredentialRequest,
    CredentialResponse,
    NonceResponse,
    NotificationRequest,
    TokenRequest,
    TokenResponse,
    parse_error,
    parse_form,
    parse_offer_uri,
    verify_proof,
)

NAMES = st.sampled_from(
    [
        "credential_issuer",
        "credential_configuration_ids",
        "credential_configuration_id",
        "credential_identifiers",
        "credential_endpoint",
        "credential_configurations_supported",
        "credential_metadata",
        "claims",
        "path",
        "display",
        "grants",
        "urn:ietf:params:oauth:grant-type:pre-authorized_code",
        "pre-authorized_code",
        "tx_code",
        "proofs",
        "jwt",
        "credentials",
        "credential",
        "c_nonce",
        "error",
        "issuer",
        "token_endpoint",
        "access_token",
        "token_type",
        "type",
        "authorization_details",
        "format",
    ]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(), max_size=12),
    st.sampled_from(["https://issuer.example", "http://[", "https://a:b", "Bearer", "\ud800", ""]),
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(NAMES | st.text(max_size=4), inner, max_size=6)
    ),
    max_leaves=24,
)
OBJECTS = st.dictionaries(NAMES, JSON, max_size=8)
SIGNER = P256Signer.generate()
NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    "parse",
    [
        CredentialOffer.parse,
        CredentialIssuerMetadata.parse,
        AuthorizationServerMetadata.parse,
        TokenResponse.parse,
        NonceResponse.parse,
        CredentialRequest.parse,
        CredentialResponse.parse,
        NotificationRequest.parse,
        parse_error,
    ],
    ids=lambda parse: parse.__qualname__,
)
@given(source=OBJECTS)
def test_no_object_breaks_a_parser(parse: Callable[[Any], object], source: Mapping[str, Any]):
    with contextlib.suppress(SsiError):
        parse(source)


@given(text=st.text(st.characters()))
def test_no_link_breaks_the_parser(text: str):
    for link in (text, f"openid-credential-offer://?{text}", f"a:?credential_offer_uri={text}"):
        with contextlib.suppress(SsiError):
            parse_offer_uri(link)


@given(body=st.binary(), fields=st.dictionaries(st.text(max_size=8), st.text(max_size=8)))
def test_no_form_breaks_the_parser(body: bytes, fields: dict[str, str]):
    with contextlib.suppress(SsiError):
        TokenRequest.parse(parse_form(body))
    with contextlib.suppress(SsiError):
        TokenRequest.parse({"grant_type": "x", **fields})


@given(
    header=st.dictionaries(st.sampled_from(["typ", "jwk", "kid", "x5c", "crit"]), JSON),
    claims=st.dictionaries(st.sampled_from(["aud", "iat", "nonce", "exp", "iss"]), JSON),
)
def test_no_signed_proof_breaks_the_check(header: dict[str, Any], claims: dict[str, Any]):
    try:
        text = jws.sign({"typ": "openid4vci-proof+jwt", **header}, claims, signer=SIGNER)
    except (ValueError, SsiError):
        return  # what cannot be written as JSON cannot arrive

    with contextlib.suppress(SsiError):
        verify_proof(text, audience="https://issuer.example", nonces={"n"}, at=NOW)


@given(position=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_no_changed_proof_is_accepted(position: int, bit: int):
    jwk = SIGNER.public_key.jwk
    claims: dict[str, Any] = {
        "aud": "https://issuer.example",
        "iat": int(NOW.timestamp()),
        "nonce": "n",
    }
    text = jws.sign({"typ": "openid4vci-proof+jwt", "jwk": jwk}, claims, signer=SIGNER)
    data = bytearray(text.encode())
    data[position % len(data)] ^= 1 << bit

    with pytest.raises(SsiError):
        verify_proof(
            data.decode("latin-1"), audience="https://issuer.example", nonces={"n"}, at=NOW
        )
