"""The two ciphersuites of the draft, which differ in their hash (section "Ciphersuites")."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256, shake_256
from typing import Final, TypeAlias

from ssi_core.bbs.points import EXPAND_BYTES, G1Point, Scalar, reduce_to_scalar
from ssi_core.errors import MalformedError

ExpandMessage: TypeAlias = Callable[[bytes, bytes, int], bytes]
HashToCurve: TypeAlias = Callable[[bytes, bytes], G1Point]

# The order of the field below the curve, and the bytes that hash to one of its elements.
_FIELD_ORDER: Final = int(
    "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f624"
    "1eabfffeb153ffffb9feffffffffaaab",
    16,
)
_FIELD_BYTES: Final = 48
_FIELD_HASH_BYTES: Final = 64
_SHA_256_BLOCK: Final = bytes(64)
_SHA_256_BYTES: Final = 32
_MAX_DST: Final = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Ciphersuite:
    """What a BBS ciphersuite fixes: its id, how it hashes, and its point P1 (48 bytes)."""

    ciphersuite_id: bytes
    p1: bytes
    expand_message: ExpandMessage
    hash_to_curve_g1: HashToCurve

    @property
    def api_id(self) -> bytes:
        """The id of the draft's interface: hashed generators, hashed messages."""
        return self.ciphersuite_id + b"H2G_HM2S_"

    def hash_to_scalar(self, message: bytes, dst: bytes) -> Scalar:
        """Hash octets to a scalar under a domain separation tag of at most 255 octets."""
        return reduce_to_scalar(self.expand_message(message, dst, EXPAND_BYTES))

    def messages_to_scalars(self, messages: Sequence[bytes]) -> list[Scalar]:
        """Map each message to the scalar that is signed in its place."""
        dst = self.api_id + b"MAP_MSG_TO_SCALAR_AS_HASH_"
        return [self.hash_to_scalar(message, dst) for message in messages]


def expand_message_xmd(message: bytes, dst: bytes, length: int) -> bytes:
    """Expand with SHA-256 (RFC 9380 section 5.3.1)."""
    tag = _tag(dst) + len(dst).to_bytes(1, "big")
    first = sha256(_SHA_256_BLOCK + message + length.to_bytes(2, "big") + b"\x00" + tag).digest()
    mask = int.from_bytes(first, "big")
    block = sha256(first + b"\x01" + tag).digest()
    blocks = [block]
    for counter in range(2, -(-length // _SHA_256_BYTES) + 1):
        mixed = (mask ^ int.from_bytes(block, "big")).to_bytes(_SHA_256_BYTES, "big")
        block = sha256(mixed + counter.to_bytes(1, "big") + tag).digest()
        blocks.append(block)
    return b"".join(blocks)[:length]


def expand_message_xof(message: bytes, dst: bytes, length: int) -> bytes:
    """Expand with SHAKE-256 (RFC 9380 section 5.3.2)."""
    tag = _tag(dst) + len(dst).to_bytes(1, "big")
    return shake_256(message + length.to_bytes(2, "big") + tag).digest(length)


def _tag(dst: bytes) -> bytes:
    if len(dst) > _MAX_DST:
        raise MalformedError("a domain separation tag has at most 255 octets")
    return dst


def _hash_to_curve_sha_256(message: bytes, dst: bytes) -> G1Point:
    return G1Point.hash_to_curve(message, dst)


def _hash_to_curve_shake_256(message: bytes, dst: bytes) -> G1Point:
    # The library hashes with SHA-256 only, but maps any two field elements to the curve.
    uniform = expand_message_xof(message, dst, 2 * _FIELD_HASH_BYTES)
    first, second = uniform[:_FIELD_HASH_BYTES], uniform[_FIELD_HASH_BYTES:]
    return _map_to_curve(first) + _map_to_curve(second)


def _map_to_curve(uniform: bytes) -> G1Point:
    element = int.from_bytes(uniform, "big") % _FIELD_ORDER
    return G1Point.map_from_fp_be(element.to_bytes(_FIELD_BYTES, "big"))


BLS12_381_SHA_256: Final = Ciphersuite(
    ciphersuite_id=b"BBS_BLS12381G1_XMD:SHA-256_SSWU_RO_",
    p1=bytes.fromhex(
        "a8ce256102840821a3e94ea9025e4662b205762f9776b3a7"
        "66c872b948f1fd225e7c59698588e70d11406d161b4e28c9"
    ),
    expand_message=expand_message_xmd,
    hash_to_curve_g1=_hash_to_curve_sha_256,
)

BLS12_381_SHAKE_256: Final = Ciphersuite(
    ciphersuite_id=b"BBS_BLS12381G1_XOF:SHAKE-256_SSWU_RO_",
    p1=bytes.fromhex(
        "8929dfbc7e6642c4ed9cba0856e493f8b9d7d5fcb0c31ef8"
        "fdcd34d50648a56c795e106e9eada6e0bda386b414150755"
    ),
    expand_message=expand_message_xof,
    hash_to_curve_g1=_hash_to_curve_shake_256,
)
