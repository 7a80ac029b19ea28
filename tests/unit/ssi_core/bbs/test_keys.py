"""BBS keys: made, derived, and kept from uses that are not theirs."""

import pytest

from ssi_core.bbs.ciphersuite import BLS12_381_SHAKE_256
from ssi_core.bbs.keys import BbsSecretKey, Bls12381G2PublicKey
from ssi_core.bbs.signer import Bls12381G2Signer
from ssi_core.errors import AlgorithmError, MalformedError

# https://w3c.github.io/vc-di-bbs/#test-vectors
W3C_SECRET = "66d36e118832af4c5e28b2dfe1b9577857e57b042a33e06bdea37b811ed09ee0"  # noqa: S105 - published
W3C_MULTIKEY = (
    "zUC7DerdEmfZ8f4pFajXgGwJoMkV1ofMTmEG5UoNvnWiPiLuGKNeqgRpLH2TV4Xe5mJ2cXV76gRN7LFQwapF1VFu6x2y"
    "rr5ci1mXqC1WNUrnHnLgvfZfMH7h6xP6qsf9EKRQrPQ"
)


@pytest.mark.spec("vc-di-bbs", "2.1.1")
def test_the_multikey_of_the_published_key_is_the_published_one():
    signer = Bls12381G2Signer(bytes.fromhex(W3C_SECRET))

    assert signer.public_key.multikey == W3C_MULTIKEY
    assert signer.secret.hex() == W3C_SECRET


@pytest.mark.spec("draft-irtf-cfrg-bbs-signatures-09", "Secret Key")
def test_a_key_derives_as_published_with_shake_256():
    suite = BLS12_381_SHAKE_256

    key = BbsSecretKey.derive(
        b"this-IS-just-an-Test-IKM-to-generate-$e(r@t#-key",
        key_info=b"this-IS-some-key-metadata-to-be-used-in-test-key-gen",
        key_dst=suite.api_id + b"KEYGEN_DST_",
        suite=suite,
    )

    assert key.secret.hex() == "2eee0f60a8a3a8bec0ee942bfd46cbdae9a0738ee68f5a64e7238311cf09a079"


def test_key_info_and_key_dst_tell_keys_apart():
    material = b"\x01" * 32

    keys = [
        BbsSecretKey.derive(material),
        BbsSecretKey.derive(material, key_info=b"second"),
        BbsSecretKey.derive(material, key_dst=b"other"),
    ]

    assert len({key.secret for key in keys}) == len(keys)


def test_weak_key_material_and_long_key_info_are_refused():
    with pytest.raises(MalformedError):
        BbsSecretKey.derive(b"\x01" * 31)
    with pytest.raises(MalformedError):
        BbsSecretKey.derive(b"\x01" * 32, key_info=bytes(65_536))


def test_generated_keys_differ():
    assert Bls12381G2Signer.generate().secret != Bls12381G2Signer.generate().secret


@pytest.mark.parametrize("secret", [bytes(32), b"\xff" * 32, b"\x01" * 31])
def test_what_is_no_secret_key_is_refused(secret):
    with pytest.raises(MalformedError):
        Bls12381G2Signer(secret)


def test_a_public_key_is_no_identity_and_has_96_bytes():
    with pytest.raises(MalformedError):
        Bls12381G2PublicKey(b"\xc0" + bytes(95))
    with pytest.raises(MalformedError):
        Bls12381G2PublicKey(b"\x01")


def test_a_bbs_key_refuses_to_be_an_ordinary_one():
    signer = Bls12381G2Signer.generate()

    with pytest.raises(AlgorithmError):
        signer.sign(b"data")
    with pytest.raises(AlgorithmError):
        signer.public_key.verify(bytes(64), b"data")
    with pytest.raises(AlgorithmError):
        _ = signer.public_key.jwk
    assert not signer.public_key.algorithms


def test_no_secret_shows_in_a_representation():
    signer = Bls12381G2Signer(bytes.fromhex(W3C_SECRET))

    shown = repr(signer) + repr(BbsSecretKey(signer.secret)) + repr(signer.public_key)

    assert W3C_SECRET not in shown
    assert str(int(W3C_SECRET, 16)) not in shown
