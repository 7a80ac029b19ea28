"""Whatever a stranger sends as an OpenID4VP message: our own errors, and no others."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core import strict_json
from ssi_core.encoding import base64url_encode
from ssi_core.errors import SsiError
from ssi_core.json_types import JsonValue
from ssi_core.jwe import AgreementKey, decrypt, encrypt
from ssi_core.protocol.openid4vp import (
    AuthorizationRequest,
    AuthorizationResponse,
    ClientId,
    ClientMetadata,
    RequestEvidence,
    RequestUriPost,
    check_request_object,
    client_did,
    parse_request_uri,
    parse_response,
)
from ssi_core.x5c import CertificateChain

KEY = AgreementKey(bytes(31) + b"\x01")
NOW = datetime(2026, 6, 1, tzinfo=UTC)
TEXTS = st.text(max_size=20) | st.sampled_from(
    [
        "https://v.example/", "http://localhost/", "redirect_uri:https://v.example/", "direct_post",
        "direct_post.jwt", "vp_token", "ECDH-ES", "A128GCM", "\ud800", "did:web:v.example",
        "x509_hash:a", "x509_san_dns:v.example", "decentralized_identifier:did:web:v.example",
    ]
)  # fmt: skip
JUNK: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(
    [
        "response_type", "response_mode", "response_uri", "redirect_uri", "client_id", "nonce",
        "state", "dcql_query", "client_metadata", "transaction_data", "verifier_info", "jwks",
        "keys", "kid", "vp_formats_supported", "encrypted_response_enc_values_supported",
        "vp_token", "wallet_nonce", "aud", "exp", "nbf", "alg", "enc", "epk", "typ", "x5c",
    ]
)  # fmt: skip
MEMBERS = st.dictionaries(NAMES | TEXTS, JUNK, max_size=8)
RIGHT: dict[str, JsonValue] = {
    "response_type": "vp_token",
    "client_id": "redirect_uri:https://v.example/",
    "response_mode": "direct_post",
    "response_uri": "https://v.example/",
    "nonce": "n",
    "dcql_query": {},
}


@given(MEMBERS)
def test_a_request_is_read_or_refused(members):
    for source in (members, {**RIGHT, **members}):
        try:
            request = AuthorizationRequest.parse(source)
        except SsiError:
            continue
        assert AuthorizationRequest.parse(request.to_json()) == request


@given(MEMBERS)
def test_client_metadata_is_read_or_refused(members):
    try:
        metadata = ClientMetadata.parse(members)
        metadata.content_algorithm()
        metadata.encryption_key()
    except SsiError:
        return


@given(MEMBERS, st.booleans())
def test_an_answer_is_read_or_refused(members, encrypted):
    text = strict_json.render({"a": 1})
    fields = {
        name: value if isinstance(value, str) else text
        for name, value in {**members, "vp_token": text}.items()
    }

    for source in (fields, {**fields, "response": text}):
        try:
            parse_response(source, key=KEY if encrypted else None)
        except SsiError:
            continue
    try:
        AuthorizationResponse.parse(members)
    except SsiError:
        return


@given(MEMBERS | JUNK)
def test_what_was_encrypted_may_be_junk(content):
    plaintext = json.dumps(content).encode()

    with pytest.raises(SsiError):
        parse_response({"response": encrypt(plaintext, recipient=KEY.jwk)}, key=KEY)


@given(TEXTS | st.text(), st.dictionaries(NAMES, TEXTS, max_size=4))
def test_a_uri_is_read_or_refused(text, fields):
    query = "&".join(f"{name}={value}" for name, value in fields.items())
    for uri in (text, f"openid4vp://?{text}", f"openid4vp://?{query}"):
        try:
            parse_request_uri(uri)
        except SsiError:
            continue


@given(st.dictionaries(st.sampled_from(["wallet_metadata", "wallet_nonce"]), st.text()))
def test_what_a_wallet_posts_for_a_request_is_read_or_refused(fields):
    try:
        RequestUriPost.parse(fields)
    except SsiError:
        return


def _token(*parts: JsonValue) -> str:
    return ".".join(base64url_encode(json.dumps(part).encode()) for part in parts)


@given(MEMBERS, MEMBERS, TEXTS)
def test_a_request_object_is_refused(header, claims, signature):
    for head in (header, {"alg": "none", "typ": "oauth-authz-req+jwt"}):
        text = _token(head, {**RIGHT, **claims}, signature)
        for client_id in ("redirect_uri:https://v.example/", "x509_hash:a", "client"):
            with pytest.raises(SsiError):
                check_request_object(
                    text,
                    client_id=ClientId.parse(client_id),
                    evidence=RequestEvidence(trusted_certificates=[b"x"]),
                    at=NOW,
                )
        try:
            client_did(text)
        except SsiError:
            continue


@given(MEMBERS, st.lists(TEXTS, max_size=6))
def test_a_jwe_is_refused(header, parts):
    head = _token({"alg": "ECDH-ES", "enc": "A128GCM", "epk": KEY.jwk, **header})
    for text in (".".join(parts), f"{head}..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA"):
        with pytest.raises(SsiError):
            decrypt(text, key=KEY)


@given(JUNK)
def test_a_chain_is_read_or_refused(header):
    try:
        CertificateChain.parse(header)
    except SsiError:
        return
