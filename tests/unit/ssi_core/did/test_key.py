"""did:key: the published examples of its specification, and what it refuses."""

from hashlib import sha512
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.did import key
from ssi_core.did.document import VerificationRelationship
from ssi_core.did.key_document import KeyOptions
from ssi_core.did.resolution import error_name
from ssi_core.did.syntax import Did
from ssi_core.encoding import base64url_encode, multibase_encode
from ssi_core.errors import AlgorithmError, DidResolutionError, MalformedError, SsiError
from ssi_core.keys import (
    Bls12381G2Signer,
    Ed25519PublicKey,
    Ed25519Signer,
    P256PublicKey,
    P256Signer,
    X25519PublicKey,
)

pytestmark = pytest.mark.spec("did:key", "3")

ED25519 = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"
P256 = "did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"
SIGNING = ["authentication", "assertionMethod", "capabilityDelegation", "capabilityInvocation"]


@pytest.mark.parametrize(
    ("text", "kind"), [(ED25519, Ed25519PublicKey), (P256, P256PublicKey)], ids=["Ed25519", "P-256"]
)
def test_a_published_did_is_its_own_key(text: str, kind: type):
    did = Did.parse(text)

    public_key = key.public_key(did)

    assert isinstance(public_key, kind)
    assert key.did_for(public_key) == did


@pytest.mark.parametrize("signer", [Ed25519Signer(b"\x01" * 32), P256Signer(b"\x02" * 32)])
def test_the_document_authorises_the_key_for_everything_but_key_agreement(
    signer: Ed25519Signer | P256Signer,
):
    did = key.did_for(signer.public_key)

    document = key.resolve(did)

    for name in SIGNING:
        found = document.key_for(key.method_id(did), VerificationRelationship(name))
        assert found == signer.public_key
    assert document.method_ids(VerificationRelationship.KEY_AGREEMENT) == ()
    assert document.source["id"] == str(did)


def test_the_verification_method_repeats_the_key_as_its_fragment():
    did = Did.parse(ED25519)

    assert key.method_id(did) == f"{ED25519}#{ED25519.removeprefix('did:key:')}"
    assert key.public_key_of_method(key.method_id(did), at="") == key.public_key(did)


@pytest.mark.parametrize(
    "method",
    [
        ED25519,
        f"{ED25519}#",
        f"{ED25519}#key-1",
        f"{ED25519}#{P256.removeprefix('did:key:')}",
        f"{ED25519}?x#{ED25519.removeprefix('did:key:')}",
        "did:web:example.com#example.com",
        "",
        "#",
    ],
)
def test_a_method_whose_fragment_is_not_its_key_is_refused(method: str):
    with pytest.raises(MalformedError):
        key.public_key_of_method(method, at="/proof/verificationMethod")


@pytest.mark.parametrize(
    "text",
    [
        "did:key:z",
        "did:key:6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp",
        "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooW",
        f"{ED25519}a",
        "did:key:1.1:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp",
        "did:jwk:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp",
    ],
)
def test_what_is_not_a_key_is_malformed(text: str):
    with pytest.raises(SsiError):
        key.resolve(Did.parse(text))


@pytest.mark.parametrize("codec", [b"\xe7\x01", b"\xec\x01", b"\xea\x01", b"\x00\x00", b""])
def test_kinds_of_key_that_we_do_not_support_are_refused(codec: bytes):
    with pytest.raises(AlgorithmError):
        key.resolve(Did("key", multibase_encode(codec + b"\x00" * 32)))


@given(st.text(st.sampled_from("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnopqrstuvwxyz.%-:")))
def test_junk_raises_only_our_own_errors(text: str):
    with pytest.raises(SsiError):
        key.resolve(Did.parse(f"did:key:z6Mk{text}"))


# The options of the document creation algorithm


def expanded(text: str, **options: Any) -> Any:
    return key.resolve(Did.parse(text), KeyOptions(**options)).source


# The specification's own example of a derived key.
BOTH = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
DERIVED = "z6LSj72tK8brWgZja8NLRwPigth2T9QRiG1uH9oKZuKjdh9p"


def test_an_agreement_key_is_derived_when_it_is_asked_for():
    document = expanded(BOTH, enable_encryption_key_derivation=True)

    assert document["verificationMethod"][1] == {
        "id": f"{BOTH}#{DERIVED}",
        "type": "Multikey",
        "controller": BOTH,
        "publicKeyMultibase": DERIVED,
    }
    assert document["keyAgreement"] == [f"{BOTH}#{DERIVED}"]
    assert document["authentication"] == [f"{BOTH}#{BOTH.removeprefix('did:key:')}"]
    assert "keyAgreement" not in expanded(BOTH)
    assert "keyAgreement" not in expanded(P256, enable_encryption_key_derivation=True)


def test_a_derived_key_agrees_with_what_the_private_key_becomes():
    """The other half of the derivation, by the library: the private scalar is half of SHA-512."""
    seed = bytes(range(32))
    scalar = sha512(seed).digest()[:32]
    public = X25519PrivateKey.from_private_bytes(scalar).public_key().public_bytes_raw()

    found = X25519PublicKey.from_ed25519(Ed25519Signer(seed).public_key)

    assert found.raw == public
    assert found.jwk == {"crv": "X25519", "kty": "OKP", "x": base64url_encode(public)}


@pytest.mark.parametrize("length", [0, 31, 33])
def test_an_agreement_key_has_32_bytes(length: int):
    with pytest.raises(MalformedError):
        X25519PublicKey(bytes(length))


@pytest.mark.parametrize("key_format", ["JsonWebKey", "JsonWebKey2020"])
@pytest.mark.parametrize("text", [BOTH, P256])
def test_a_key_can_be_written_as_a_jwk(text: str, key_format: str):
    document = expanded(text, public_key_format=key_format, enable_encryption_key_derivation=True)

    for method in document["verificationMethod"]:
        assert method["type"] == key_format
        assert "publicKeyMultibase" not in method
    first = document["verificationMethod"][0]
    assert first["publicKeyJwk"] == key.public_key(Did.parse(text)).jwk
    assert len(document["@context"]) == 2


def test_the_suites_of_2020_have_a_type_for_each_use():
    document = expanded(
        BOTH,
        public_key_format="Ed25519VerificationKey2020",
        enable_encryption_key_derivation=True,
    )

    assert [method["type"] for method in document["verificationMethod"]] == [
        "Ed25519VerificationKey2020",
        "X25519KeyAgreementKey2020",
    ]
    assert document["@context"] == [
        "https://www.w3.org/ns/did/v1",
        "https://w3id.org/security/suites/ed25519-2020/v1",
        "https://w3id.org/security/suites/x25519-2020/v1",
    ]


BLS = key.did_for(Bls12381G2Signer(b"\x01".rjust(32, b"\0")).public_key)


@pytest.mark.parametrize(
    ("text", "options", "error"),
    [
        (BOTH, {"public_key_format": "unknown"}, "unsupportedPublicKeyType"),
        (BOTH, {"public_key_format": "Ed25519VerificationKey2018"}, "invalidPublicKeyType"),
        (
            BOTH,
            {
                "public_key_format": "Ed25519VerificationKey2018",
                "enable_experimental_public_key_types": True,
            },
            "unsupportedPublicKeyType",
        ),
        (BOTH, {"public_key_format": "X25519KeyAgreementKey2020"}, "invalidPublicKeyType"),
        (P256, {"public_key_format": "Ed25519VerificationKey2020"}, "invalidPublicKeyType"),
        (str(BLS), {"public_key_format": "JsonWebKey"}, "invalidPublicKeyType"),
    ],
)
def test_a_format_that_is_not_made_is_refused_by_name(text: str, options: Any, error: str):
    with pytest.raises(DidResolutionError) as refused:
        expanded(text, **options)

    assert refused.value.error == error


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"\xed\x01\x05\x05\x05", "invalidPublicKeyLength"),
        (b"\xed\x01" + bytes(31), "invalidPublicKeyLength"),
        (b"\xed\x01" + bytes(33), "invalidPublicKeyLength"),
        (b"\x80\x24" + b"\x02" + bytes(31), "invalidPublicKeyLength"),
        (b"\x80\x24" + b"\x04" + bytes(64), "invalidPublicKeyLength"),
        (b"\x80\x24" + b"\x02" + b"\xff" * 32, "invalidPublicKey"),
        (b"\x80\x24" + b"\x05" + bytes(32), "invalidPublicKey"),
        (b"\x81\x24" + b"\x02" + b"\xff" * 48, "invalidPublicKey"),
        (b"\x82\x24" + b"\x02" + b"\xff" * 66, "invalidPublicKey"),
        (b"\x82\x24" + b"\x02" + bytes(65), "invalidPublicKeyLength"),
        (b"\xeb\x01" + bytes(96), "invalidPublicKey"),
        (b"\xeb\x01" + bytes(95), "invalidPublicKeyLength"),
    ],
)
def test_what_is_wrong_with_a_key_has_its_name(data: bytes, error: str):
    with pytest.raises(DidResolutionError) as refused:
        key.resolve(Did("key", multibase_encode(data)))

    assert refused.value.error == error


@pytest.mark.parametrize(
    "text",
    [f"did:key:1:{DERIVED}", f"did:key:-4:{DERIVED}", "did:key:1.1:z6Mk", f"did:key:u{DERIVED}"],
)
def test_versions_and_other_multibases_are_not_did_key(text: str):
    with pytest.raises(MalformedError) as refused:
        key.resolve(Did.parse(text))

    assert error_name(refused.value) == "invalidDid"
