"""Points and scalars of BLS12-381: the only module that touches the curve library.

What `py-arkworks-bls12381` leaves to its caller, and what is done about it here:

* A sum of products over lists of unequal length drops the rest without a word, and an empty one
  is the identity: `sum_of_products` refuses both. An empty pairing check holds: not offered.
* Decoding takes many spellings of the identity: whatever does not encode back to the same bytes
  is refused, and so is the identity itself. Points outside the subgroup are refused by decoding
  (the `_unchecked` functions are not used).
* Scalars of zero decode: refused. Scalars of r and above are refused by the library.
* Multiplication takes a time that depends on the scalar (2 G takes 1 us, (r - 1) G 132 us), and so
  does inversion. Every secret scalar, unless it is fresh and for one proof only, goes through
  `secret_sum_of_products` or `secret_inverse`: these multiply it by another random scalar first
  and take that away afterwards, so that each single operation is on uniformly random numbers.
* Equal points can have unequal hashes: points are never keys of a mapping here.
* Nothing is wiped from memory after use, and nothing in Python can be.
"""

import secrets
from collections.abc import Sequence
from typing import Final

from py_arkworks_bls12381 import GT, G1Point, G2Point, Scalar

from ssi_core.errors import MalformedError

__all__ = [
    "EXPAND_BYTES",
    "G1_BYTES",
    "G2_BYTES",
    "SCALAR_BYTES",
    "G1Point",
    "G2Point",
    "Scalar",
    "decode_g1",
    "decode_g2",
    "decode_scalar",
    "pairings_agree",
    "random_scalar",
    "reduce_to_scalar",
    "secret_inverse",
    "secret_multiple_of_base_point",
    "secret_sum_of_products",
    "sum_of_products",
]

SCALAR_BYTES: Final = 32
G1_BYTES: Final = 48
G2_BYTES: Final = 96
# ceil((ceil(log2(r)) + 128) / 8): enough bytes for a remainder modulo r to be close to uniform.
EXPAND_BYTES: Final = 48


def decode_g1(data: bytes, *, at: str | None = None) -> G1Point:
    """Read a point of G1 (48 bytes, compressed), never the identity, in its one spelling."""
    try:
        point = G1Point.from_compressed_bytes(data)
    except ValueError:
        raise MalformedError("not a point of G1", at=at) from None
    if point == G1Point.identity() or point.to_compressed_bytes() != data:
        raise MalformedError("not a point of G1", at=at)
    return point


def decode_g2(data: bytes, *, at: str | None = None) -> G2Point:
    """Read a point of G2 (96 bytes, compressed), never the identity, in its one spelling."""
    try:
        point = G2Point.from_compressed_bytes(data)
    except ValueError:
        raise MalformedError("not a point of G2", at=at) from None
    if point == G2Point.identity() or point.to_compressed_bytes() != data:
        raise MalformedError("not a point of G2", at=at)
    return point


def decode_scalar(data: bytes, *, at: str | None = None) -> Scalar:
    """Read a scalar (32 bytes, big-endian) between 1 and r - 1."""
    try:
        scalar = Scalar.from_be_bytes(data)
    except ValueError:
        raise MalformedError("not a scalar of BLS12-381", at=at) from None
    if scalar.is_zero():
        raise MalformedError("not a scalar of BLS12-381", at=at)
    return scalar


def reduce_to_scalar(uniform: bytes) -> Scalar:
    """Return the remainder modulo r of `EXPAND_BYTES` uniform bytes, read big-endian."""
    return Scalar.from_be_bytes_mod_order(uniform)


def random_scalar() -> Scalar:
    """Return a fresh scalar that is not zero (`calculate_random_scalars`, for one of them)."""
    while True:
        scalar = reduce_to_scalar(secrets.token_bytes(EXPAND_BYTES))
        if not scalar.is_zero():
            return scalar


def sum_of_products(points: Sequence[G1Point], scalars: Sequence[Scalar]) -> G1Point:
    """Return the sum of each point times its scalar; in a time that depends on the scalars."""
    if not points or len(points) != len(scalars):
        raise MalformedError("a sum of products takes as many scalars as points, at least one")
    if len(points) == 1:
        return points[0] * scalars[0]
    return G1Point.multiexp_unchecked(list(points), list(scalars))


def secret_sum_of_products(points: Sequence[G1Point], scalars: Sequence[Scalar]) -> G1Point:
    """Return the same as `sum_of_products`, for scalars that the time taken must not tell."""
    blind = random_scalar()
    return sum_of_products(points, [scalar * blind for scalar in scalars]) * blind.inverse()


def secret_multiple_of_base_point(scalar: Scalar) -> G2Point:
    """Return the base point of G2 times a secret scalar."""
    blind = random_scalar()
    return (G2Point() * (scalar * blind)) * blind.inverse()


def secret_inverse(scalar: Scalar) -> Scalar:
    """Return the inverse of a secret scalar; zero, which has none, is refused."""
    if scalar.is_zero():
        raise MalformedError("zero has no inverse")
    blind = random_scalar()
    return (scalar * blind).inverse() * blind


def pairings_agree(left: G1Point, left_key: G2Point, right: G1Point) -> bool:
    """Say whether the pairing of `left` and `left_key` is that of `right` and the base point."""
    return GT.pairing_check([left, -right], [left_key, G2Point()])
