"""The one rule for Ed25519 keys that every replica of a log shares.

Verifiers differ about points that are not in canonical form or of small order, with which a
signature can hold for any message. If replicas differed, their states would too: so both are
refused, as libsodium refuses them.
"""

from typing import Final

from ssi_core.errors import AlgorithmError
from ssi_core.keys import Ed25519PublicKey, PublicKey, public_key_from_multikey

_P: Final = 2**255 - 19
_SIGN: Final = 2**255
# One of the two points of order 8 that are not each other's negative; the other has p - y.
_ORDER_8_Y: Final = int.from_bytes(
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"
)
_SMALL_ORDER_Y: Final = frozenset({0, 1, _P - 1, _ORDER_8_Y, _P - _ORDER_8_Y})


def strict_key(key: PublicKey) -> Ed25519PublicKey:
    """Return `key` if it is an Ed25519 key in canonical form and not of small order."""
    if not isinstance(key, Ed25519PublicKey):
        raise AlgorithmError("entries are signed with Ed25519 keys")
    y = int.from_bytes(key.raw, "little") % _SIGN
    if y >= _P or y in _SMALL_ORDER_Y:
        raise AlgorithmError("the key is not one that every verifier treats alike")
    return key


def strict_multikey(text: str, *, at: str) -> Ed25519PublicKey:
    """Read a Multikey under the same rule."""
    return strict_key(public_key_from_multikey(text, at=at))
