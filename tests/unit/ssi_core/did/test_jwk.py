"""did:jwk: the published example of its specification, the rules of `use`, and refusals."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core import strict_json
from ssi_core.did import jwk
from ssi_core.did.document import VerificationRelationship
from ssi_core.did.syntax import Did
from ssi_core.encoding import base64url_encode
from ssi_core.errors import AlgorithmError, MalformedError, SsiError
from ssi_core.keys import Ed25519Signer, P256Signer

pytestmark = pytest.mark.spec("did:jwk", "to-did")

# https://github.com/quartzjer/did-jwk/blob/main/spec.md#p-256
PUBLISHED = (
    "did:jwk:eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6ImFjYklRaXVNczNpOF91c3pFakoydHBUdFJNNEVVM3l6O"
    "TFQSDZDZEgyVjAiLCJ5IjoiX0tjeUxqOXZXTXB0bm1LdG00NkdxRHo4d2Y3NEk1TEtncmwyR3pIM25TRSJ9"
)
PUBLISHED_JWK = {
    "crv": "P-256",
    "kty": "EC",
    "x": "acbIQiuMs3i8_uszEjJ2tpTtRM4EU3yz91PH6CdH2V0",
    "y": "_KcyLj9vWMptnmKtm46GqDz8wf74I5LKgrl2GzH3nSE",
}
SIGNING = {"authentication", "assertionMethod", "capabilityInvocation", "capabilityDelegation"}
ED25519_JWK = Ed25519Signer(b"\x01" * 32).public_key.jwk


def did_of(value: Any) -> Did:
    return Did("jwk", base64url_encode(strict_json.render(value).encode()))


def relationships(value: Any) -> set[str]:
    document = jwk.resolve(did_of(value))
    return {name.value for name in VerificationRelationship if document.method_ids(name)}


def test_the_published_did_resolves_to_the_published_document():
    document = jwk.resolve(Did.parse(PUBLISHED))

    assert document.source == {
        "@context": [
            "https://www.w3.org/ns/did/v1",
            "https://w3id.org/security/suites/jws-2020/v1",
        ],
        "id": PUBLISHED,
        "verificationMethod": [
            {
                "id": f"{PUBLISHED}#0",
                "type": "JsonWebKey2020",
                "controller": PUBLISHED,
                "publicKeyJwk": PUBLISHED_JWK,
            }
        ],
        **{name: [f"{PUBLISHED}#0"] for name in (*SIGNING, "keyAgreement")},
    }


@pytest.mark.parametrize("signer", [Ed25519Signer(b"\x01" * 32), P256Signer(b"\x02" * 32)])
def test_a_key_becomes_a_did_and_a_key_again(signer: Ed25519Signer | P256Signer):
    did = jwk.did_for(signer.public_key)

    found = jwk.resolve(did).key_for(jwk.method_id(did), VerificationRelationship.AUTHENTICATION)

    assert found == signer.public_key
    assert jwk.public_key(did) == signer.public_key


def test_use_says_what_the_key_is_for():
    assert relationships(PUBLISHED_JWK) == SIGNING | {"keyAgreement"}
    assert relationships({**PUBLISHED_JWK, "use": "sig"}) == SIGNING
    assert relationships({**PUBLISHED_JWK, "use": "enc"}) == {"keyAgreement"}
    assert relationships(ED25519_JWK) == SIGNING
    assert relationships({**ED25519_JWK, "use": "sig"}) == SIGNING


@pytest.mark.parametrize(
    "value",
    [{**ED25519_JWK, "use": "enc"}, {**PUBLISHED_JWK, "use": "x"}, {**ED25519_JWK, "use": 7}],
)
def test_a_use_that_does_not_fit_the_key_is_refused(value: Any):
    with pytest.raises(MalformedError):
        jwk.resolve(did_of(value))


def test_unknown_members_of_the_jwk_are_kept():
    document = jwk.resolve(did_of({**ED25519_JWK, "kid": "k", "x-unknown": [1]}))

    method: Any = document.source["verificationMethod"]
    assert method[0]["publicKeyJwk"]["x-unknown"] == [1]


@pytest.mark.parametrize(
    "value", [{"kty": "oct"}, {"kty": "RSA"}, {"crv": "secp256k1", "kty": "EC"}, {}]
)
def test_kinds_of_key_that_we_do_not_support_are_refused(value: Any):
    with pytest.raises(AlgorithmError):
        jwk.resolve(did_of(value))


@pytest.mark.parametrize(
    "value",
    [
        [],
        "x",
        {**ED25519_JWK, "d": "AAAA"},
        {**ED25519_JWK, "x": "AAAA"},
        {**ED25519_JWK, "x": None},
        {**PUBLISHED_JWK, "y": PUBLISHED_JWK["x"]},
        {**ED25519_JWK, "padding": "x" * 2048},
    ],
)
def test_what_is_not_a_public_jwk_is_malformed(value: Any):
    with pytest.raises(MalformedError):
        jwk.resolve(did_of(value))


@pytest.mark.parametrize("text", ["did:jwk:e30=", "did:jwk:A", "did:jwk:_w", "did:key:e30"])
def test_what_is_not_base64url_json_is_malformed(text: str):
    with pytest.raises(MalformedError):
        jwk.resolve(Did.parse(text))


@given(st.binary(max_size=200) | st.dictionaries(st.text(), st.none()).map(repr).map(str.encode))
def test_junk_raises_only_our_own_errors(data: bytes):
    with pytest.raises(SsiError):
        jwk.resolve(Did("jwk", base64url_encode(data)))
