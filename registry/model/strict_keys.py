"""The one rule for Ed25519 signatures that every replica of a log shares (ADR 0026).

Verifiers differ about points that are not in canonical form or of small order, with which a
signature can hold for any message, and about parts of small order in a sound one. If replicas
differed, their states would too. So the rule says more than RFC 8032: key and commitment are
canonical and not of small order, s is below L, and the equation holds without its cofactor.
"""

from typing import Final

from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

from ssi_core.encoding import multibase_decode
from ssi_core.errors import AlgorithmError, MalformedError, ProofError, UnavailableError
from ssi_core.keys import Ed25519PublicKey, PublicKey, public_key_from_multikey
from ssi_core.keys.ed25519 import ED25519_MULTICODEC

_P: Final = 2**255 - 19
_SIGN: Final = 2**255
_KEY_BYTES: Final = 32
_SIGNATURE_BYTES: Final = 64
# One of the two points of order 8 that are not each other's negative; the other has p - y.
_ORDER_8_Y: Final = int.from_bytes(
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"
)
_SMALL_ORDER_Y: Final = frozenset({0, 1, _P - 1, _ORDER_8_Y, _P - _ORDER_8_Y})
# Signatures that a forger can make, about which libraries differ: one with parts of small order
# that cancel out, which holds, and one whose part only the cofactor would take away.
_TELLTALE_DATA: Final = b"the log's rule"
_TELLTALES: Final = (
    (
        "aad88290cd34e99646e4ceccffbbab39453f5e1ce3a8ac454374cfec5270ba64",
        (
            "2699fada1c3612766f6af54ac54e25fd9c71fbd9f2600f7baa12b8790c44f19a"
            "053af3d002c0b8816216d1c5ba4b988eaa956e682d70f738af492b8fdd8a680d"
        ),
        True,
    ),
    (
        "43277d6f32cb1669b91b3133004454c6bac0a1e31c5753babc8b3013ad8f459b",
        (
            "b3c6a935799e58fe640f12160f466396382c897fd15b00c3243bab6c6dc05865"
            "78a937999cba1bf76f2f87de02da886f8afaeccbe2d4fd5f03ab807e7c7e3b00"
        ),
        False,
    ),
)


def strict_key(key: PublicKey) -> Ed25519PublicKey:
    """Return `key` if it is an Ed25519 key in canonical form and not of small order."""
    if not isinstance(key, Ed25519PublicKey):
        raise AlgorithmError("entries are signed with Ed25519 keys")
    _require_strict(key.raw)
    return key


def strict_multikey(text: str, *, at: str) -> Ed25519PublicKey:
    """Read a Multikey under the same rule."""
    return strict_key(public_key_from_multikey(text, at=at))


def raw_multikey(text: str, *, at: str) -> bytes:
    """Return no more than the 32 bytes of a Multikey under the same rule, which is quicker."""
    return key_of_multikey(multibase_decode(text, at=at), text, at=at)


def key_of_multikey(data: bytes, text: str, *, at: str) -> bytes:
    """Return the same of a Multikey that has been decoded, `text` being its spelling."""
    if len(data) != 2 + _KEY_BYTES or data[:2] != ED25519_MULTICODEC:
        return strict_multikey(text, at=at).raw
    _require_strict(data[2:])
    return data[2:]


def verify_strictly(key: bytes, signature: bytes, data: bytes) -> None:
    """Return if `signature` is the key's over `data` by the log's rule; raise `ProofError` if not.

    `key` is of one that `strict_key` or another function here has returned.
    """
    try:
        crypto_sign_open(strict_signature(signature) + data, key)
    except BadSignatureError:
        raise ProofError("signature does not hold") from None


def strict_signature(signature: bytes) -> bytes:
    """Return `signature` if it has its length, and its point the form that the rule asks for."""
    if len(signature) != _SIGNATURE_BYTES:
        raise MalformedError("an Ed25519 signature has 64 bytes", at="/proof/proofValue")
    if not _is_strict(signature[:32]):
        raise ProofError("signature does not hold")
    return signature


def require_the_rule() -> None:
    """Return if the installed libsodium decides as the rule says about what libraries differ on.

    Raises `UnavailableError` if not: a log must not be kept or judged with such a library.
    """
    for key, signature, holds in _TELLTALES:
        if _holds(bytes.fromhex(key), bytes.fromhex(signature)) is not holds:
            raise UnavailableError("this libsodium decides otherwise about signatures than the log")


def _holds(key: bytes, signature: bytes) -> bool:
    try:
        verify_strictly(key, signature, _TELLTALE_DATA)
    except ProofError:
        return False
    return True


def _require_strict(point: bytes) -> None:
    if not _is_strict(point):
        raise AlgorithmError("the key is not one that every verifier treats alike")


def _is_strict(point: bytes) -> bool:
    y = int.from_bytes(point, "little") % _SIGN
    return y < _P and y not in _SMALL_ORDER_Y
