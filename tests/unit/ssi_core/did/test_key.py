"""did:key: the published examples of its specification, and what it refuses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.did import key
from ssi_core.did.document import VerificationRelationship
from ssi_core.did.syntax import Did
from ssi_core.encoding import multibase_encode
from ssi_core.errors import AlgorithmError, MalformedError, SsiError
from ssi_core.keys import Ed25519PublicKey, Ed25519Signer, P256PublicKey, P256Signer

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
