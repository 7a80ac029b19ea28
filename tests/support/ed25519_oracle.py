"""Ed25519 by the equations of RFC 8032, slowly, with all the freedom that a forger has."""

from dataclasses import dataclass
from hashlib import sha512
from typing import Final, TypeAlias

P: Final = 2**255 - 19
L: Final = 2**252 + 27742317777372353535851937790883648493
_D: Final = -121665 * pow(121666, -1, P) % P
_ROOT: Final = pow(2, (P - 1) // 4, P)
_SIGN: Final = 2**255

_Extended: TypeAlias = tuple[int, int, int, int]


@dataclass(frozen=True)
class Point:
    """A point of the curve in affine coordinates."""

    x: int
    y: int

    def __add__(self, other: "Point") -> "Point":
        product = _D * self.x * other.x * self.y * other.y % P
        x = (self.x * other.y + other.x * self.y) * pow(1 + product, -1, P)
        y = (self.y * other.y + self.x * other.x) * pow(1 - product, -1, P)
        return Point(x % P, y % P)

    def __neg__(self) -> "Point":
        return Point(-self.x % P, self.y)

    def __rmul__(self, factor: int) -> "Point":
        total, power = (0, 1, 1, 0), (self.x, self.y, 1, self.x * self.y % P)
        while factor:
            if factor & 1:
                total = _sum(total, power)
            power = _sum(power, power)
            factor >>= 1
        inverse = pow(total[2], -1, P)
        return Point(total[0] * inverse % P, total[1] * inverse % P)

    @property
    def raw(self) -> bytes:
        """The canonical encoding."""
        return (self.y | (self.x & 1) << 255).to_bytes(32, "little")


ZERO: Final = Point(0, 1)


def decode(raw: bytes) -> Point | None:
    """Return the point with this encoding, canonical or not; nothing if there is none."""
    number = int.from_bytes(raw, "little")
    y = number % _SIGN % P
    square = (y * y - 1) * pow(_D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * _ROOT % P
    if (x * x - square) % P:
        return None
    return Point(-x % P if x & 1 != number >> 255 else x, y)


def _sum(one: _Extended, other: _Extended) -> _Extended:
    """Add points in extended coordinates, x / z and y / z (RFC 8032 section 5.1.4)."""
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c, d = 2 * one[3] * other[3] * _D % P, 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def _base() -> Point:
    found = decode((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    if found is None:
        raise AssertionError
    return found


BASE: Final = _base()
_OF_ORDER_8: Final = decode(
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
)


def torsion(multiple: int) -> Point:
    """One of the eight points of small order; the odd multiples are of order eight."""
    if _OF_ORDER_8 is None:
        raise AssertionError
    return multiple * _OF_ORDER_8


def challenge(r: bytes, key: bytes, data: bytes) -> int:
    """The number that binds a signature to its key and message."""
    return int.from_bytes(sha512(r + key + data).digest(), "little") % L


def holds(key: bytes, signature: bytes, data: bytes) -> bool:
    """Decide by the log's rule, clause by clause as ADR 0026 has it."""
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    public, commitment = decode(key), decode(r)
    if public is None or commitment is None or s >= L:
        return False
    if (public.raw, commitment.raw) != (key, r):
        return False
    if ZERO in (8 * public, 8 * commitment):
        return False
    return s * BASE + -(challenge(r, key, data) * public) == commitment


def holds_with_cofactor(key: bytes, signature: bytes, data: bytes) -> bool:
    """Decide by the equation times eight, as some libraries do, and no rule about points."""
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    public, commitment = decode(key), decode(r)
    if public is None or commitment is None or s >= L:
        return False
    left = s * BASE + -(challenge(r, key, data) * public) + -commitment
    return 8 * left == ZERO


def forge(secret: int, nonce: int, data: bytes, *, key: int = 0, r: int = 0) -> tuple[bytes, bytes]:
    """Return a key and a signature whose points have a part of small order, as a forger's may."""
    public = (secret * BASE + torsion(key)).raw
    commitment = (nonce * BASE + torsion(r)).raw
    s = (nonce + challenge(commitment, public, data) * secret) % L
    return public, commitment + s.to_bytes(32, "little")
