"""BLS12-381 keys: their published Multikey, and the uses that are not theirs."""

import pytest

from ssi_core.bbs import signature
from ssi_core.bbs.ciphersuite import BLS12_381_SHA_256
from ssi_core.did import jwk as did_jwk
from ssi_core.did import key as did_key
from ssi_core.did.document import VerificationRelationship
from ssi_core.encoding import multibase_encode
from ssi_core.errors import AlgorithmError, MalformedError
from ssi_core.jws import sign as sign_jws
from ssi_core.keys import Bls12381G2PublicKey, Bls12381G2Signer, public_key_from_multikey

# https://w3c.github.io/vc-di-bbs/#test-vectors
W3C_SECRET = "66d36e118832af4c5e28b2dfe1b9577857e57b042a33e06bdea37b811ed09ee0"  # noqa: S105 - published
W3C_MULTIKEY = (
    "zUC7DerdEmfZ8f4pFajXgGwJoMkV1ofMTmEG5UoNvnWiPiLuGKNeqgRpLH2TV4Xe5mJ2cXV76gRN7LFQwapF1VFu6x2y"
    "rr5ci1mXqC1WNUrnHnLgvfZfMH7h6xP6qsf9EKRQrPQ"
)
SIGNER = Bls12381G2Signer(bytes.fromhex(W3C_SECRET))


@pytest.mark.spec("vc-di-bbs", "2.1.1")
def test_the_multikey_of_the_published_key_is_the_published_one():
    assert SIGNER.public_key.multikey == W3C_MULTIKEY
    assert public_key_from_multikey(W3C_MULTIKEY) == SIGNER.public_key
    assert SIGNER.secret.hex() == W3C_SECRET


def test_a_did_key_of_this_kind_resolves_to_the_key():
    did = did_key.did_for(SIGNER.public_key)

    document = did_key.resolve(did)

    method = did_key.method_id(did)
    found = document.key_for(method, VerificationRelationship.ASSERTION_METHOD)
    assert str(did) == f"did:key:{W3C_MULTIKEY}"
    assert found == SIGNER.public_key


def test_what_it_signs_is_a_bbs_signature():
    signed = SIGNER.sign_messages([b"one", b"two"], header=b"header")

    signature.verify(
        SIGNER.public_key.bbs,
        signed,
        [b"one", b"two"],
        header=b"header",
        suite=BLS12_381_SHA_256,
    )


@pytest.mark.parametrize(
    "data",
    [b"", b"\x01", b"\xc0" + bytes(95), SIGNER.public_key.raw + b"\x00"],
    ids=["empty", "short", "identity", "long"],
)
def test_what_is_no_point_of_g2_is_no_key(data):
    with pytest.raises(MalformedError):
        Bls12381G2PublicKey(data)
    with pytest.raises(MalformedError):
        public_key_from_multikey(multibase_encode(b"\xeb\x01" + data))


def test_it_refuses_to_be_an_ordinary_key():
    with pytest.raises(AlgorithmError):
        SIGNER.sign(b"data")
    with pytest.raises(AlgorithmError):
        SIGNER.public_key.verify(bytes(64), b"data")
    with pytest.raises(AlgorithmError):
        did_jwk.did_for(SIGNER.public_key)
    with pytest.raises(AlgorithmError):
        sign_jws({}, b"{}", signer=SIGNER)


def test_generated_keys_differ():
    assert Bls12381G2Signer.generate().secret != Bls12381G2Signer.generate().secret


def test_no_secret_shows_in_a_representation():
    shown = repr(SIGNER) + repr(SIGNER.public_key)

    assert W3C_SECRET not in shown
    assert str(int(W3C_SECRET, 16)) not in shown
