import pytest

from registry.model.strict_keys import strict_key, strict_multikey
from ssi_core.errors import AlgorithmError
from ssi_core.keys import Ed25519PublicKey, P256Signer
from tests.support.registry import signer

P = 2**255 - 19
# The encodings of small order that libsodium refuses, and one that is not in canonical form.
SMALL_ORDER = [
    (0).to_bytes(32, "little"),
    (1).to_bytes(32, "little"),
    (P - 1).to_bytes(32, "little"),
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
]
NOT_CANONICAL = [(P + y).to_bytes(32, "little") for y in (0, 1, 3)]
NEGATIVE = [raw[:31] + bytes([raw[31] | 0x80]) for raw in SMALL_ORDER]


@pytest.mark.parametrize("raw", [*SMALL_ORDER, *NEGATIVE, *NOT_CANONICAL])
def test_a_key_that_verifiers_treat_differently_is_refused(raw):
    with pytest.raises(AlgorithmError):
        strict_key(Ed25519PublicKey(raw))


def test_a_key_of_another_kind_is_refused():
    with pytest.raises(AlgorithmError):
        strict_key(P256Signer.generate().public_key)


def test_an_ordinary_key_is_returned():
    key = signer("ordinary").public_key

    assert strict_multikey(key.multikey, at="/ctl") == key
