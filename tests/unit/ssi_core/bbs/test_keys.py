"""BBS keys: derived as the draft says, and nothing else is one."""

import pytest

from ssi_core.bbs.ciphersuite import BLS12_381_SHAKE_256
from ssi_core.bbs.keys import BbsPublicKey, BbsSecretKey
from ssi_core.errors import MalformedError


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
    assert key.public_key.raw.hex() == (
        "92d37d1d6cd38fea3a873953333eab23a4c0377e3e049974eb62bd45949cdeb18fb0490edcd4429adff56e65"
        "cbce42cf188b31bddbd619e419b99c2c41b38179eb001963bc3decaae0d9f702c7a8c004f207f46c734a5eae"
        "2e8e82833f3e7ea5"
    )


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


@pytest.mark.parametrize("secret", [bytes(32), b"\xff" * 32, b"\x01" * 31])
def test_what_is_no_secret_key_is_refused(secret):
    with pytest.raises(MalformedError):
        BbsSecretKey(secret)


def test_a_public_key_is_no_identity_and_has_96_bytes():
    with pytest.raises(MalformedError):
        BbsPublicKey(b"\xc0" + bytes(95))
    with pytest.raises(MalformedError):
        BbsPublicKey(b"\x01")
