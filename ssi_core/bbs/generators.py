"""The generators: points of G1 that stand for the header and for each message's place.

They depend on the ciphersuite alone and cost more than a signature to make, so they are kept.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from ssi_core.bbs.ciphersuite import Ciphersuite
from ssi_core.bbs.points import EXPAND_BYTES, G1Point, Scalar, decode_g1
from ssi_core.errors import MalformedError

# A credential has some hundred statements. Anyone can send a proof that claims more, and making
# this many generators takes a quarter of a second, once.
MAX_MESSAGES: Final = 1023
_SMALLEST: Final = 16


@dataclass(frozen=True, slots=True)
class Generators:
    """P1, Q_1 and H_1 to H_L of one ciphersuite, and the encodings of the last two."""

    suite: Ciphersuite
    p1: G1Point
    q1: G1Point
    messages: tuple[G1Point, ...]
    _encoded: bytes = field(repr=False)

    def domain(self, public_key: bytes, header: bytes) -> Scalar:
        """Return the scalar that stands for key, generators and header (`calculate_domain`)."""
        count = len(self.messages).to_bytes(8, "big")
        length = len(header).to_bytes(8, "big")
        octets = public_key + count + self._encoded + self.suite.api_id + length + header
        return self.suite.hash_to_scalar(octets, self.suite.api_id + b"H2S_")


def create_generators(suite: Ciphersuite, count: int) -> Generators:
    """Return the generators for `count` messages; `MalformedError` above `MAX_MESSAGES`."""
    if not 0 <= count <= MAX_MESSAGES:
        raise MalformedError("more messages than a BBS signature may have here")
    return _for_messages(suite, count)


def forget_generators() -> None:
    """Drop what is kept: to measure what keeping it saves."""
    _for_messages.cache_clear()
    _run.cache_clear()


@lru_cache(maxsize=64)
def _for_messages(suite: Ciphersuite, count: int) -> Generators:
    run = _run(suite, max(_SMALLEST, 1 << count.bit_length()))
    points, encoded = run.points[: count + 1], run.encoded[: count + 1]
    return Generators(suite, decode_g1(suite.p1), points[0], points[1:], b"".join(encoded))


@dataclass(frozen=True, slots=True)
class _Run:
    """The first so many generators, and the state from which the next ones follow."""

    points: tuple[G1Point, ...] = ()
    encoded: tuple[bytes, ...] = ()
    state: bytes = b""


# Lengths are powers of two up to 1024, and each is made from the one before.
@lru_cache(maxsize=16)
def _run(suite: Ciphersuite, length: int) -> _Run:
    before = _run(suite, length // 2) if length > _SMALLEST else _Run(state=_first_state(suite))
    state, points = before.state, list(before.points)
    for index in range(len(points) + 1, length + 1):
        seed = state + index.to_bytes(8, "big")
        state = suite.expand_message(seed, _seed_dst(suite), EXPAND_BYTES)
        points.append(suite.hash_to_curve_g1(state, suite.api_id + b"SIG_GENERATOR_DST_"))
    encoded = (point.to_compressed_bytes() for point in points[len(before.points) :])
    return _Run(tuple(points), (*before.encoded, *encoded), state)


def _first_state(suite: Ciphersuite) -> bytes:
    seed = suite.api_id + b"MESSAGE_GENERATOR_SEED"
    return suite.expand_message(seed, _seed_dst(suite), EXPAND_BYTES)


def _seed_dst(suite: Ciphersuite) -> bytes:
    return suite.api_id + b"SIG_GENERATOR_SEED_"
