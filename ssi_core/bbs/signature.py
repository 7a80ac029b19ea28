"""Sign and verify a list of messages, all disclosed (draft sections "CoreSign", "CoreVerify")."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from ssi_core.bbs.ciphersuite import Ciphersuite
from ssi_core.bbs.generators import Generators, create_generators
from ssi_core.bbs.keys import BbsPublicKey, BbsSecretKey
from ssi_core.bbs.points import (
    G1_BYTES,
    SCALAR_BYTES,
    G1Point,
    Scalar,
    decode_g1,
    decode_scalar,
    pairings_agree,
    secret_inverse,
    secret_sum_of_products,
    sum_of_products,
)
from ssi_core.errors import MalformedError, ProofError

SIGNATURE_BYTES: Final = G1_BYTES + SCALAR_BYTES


@dataclass(frozen=True, slots=True)
class Signature:
    """A BBS signature, read and checked for form: a point of G1 and a scalar."""

    a: G1Point
    e: Scalar

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read 80 bytes (`octets_to_signature`)."""
        if len(data) != SIGNATURE_BYTES:
            raise MalformedError("a BBS signature has 80 bytes")
        return cls(decode_g1(data[:G1_BYTES]), decode_scalar(data[G1_BYTES:]))

    def encode(self) -> bytes:
        """Return the 80 bytes (`signature_to_octets`)."""
        return self.a.to_compressed_bytes() + self.e.to_be_bytes()

    def holds(self, public_key: BbsPublicKey, product: G1Point) -> bool:
        """Say whether this signs `product`, the commitment to header and messages, with the key."""
        # Whoever presents a credential keeps its e to itself: it would tell presentations apart.
        right = product - secret_sum_of_products([self.a], [self.e])
        return pairings_agree(self.a, public_key.point, right)


def sign(
    secret_key: BbsSecretKey, messages: Sequence[bytes], *, header: bytes, suite: Ciphersuite
) -> bytes:
    """Return the signature over `header` and `messages`, in their order: 80 bytes."""
    generators = create_generators(suite, len(messages))
    scalars = suite.messages_to_scalars(messages)
    domain = generators.domain(secret_key.public_key.raw, header)
    octets = b"".join(scalar.to_be_bytes() for scalar in (secret_key.scalar, *scalars, domain))
    e = suite.hash_to_scalar(octets, suite.api_id + b"H2S_")
    # What is signed is no secret to its signer; the exponent, which the key is in, is.
    product = generators.p1 + sum_of_products(
        (generators.q1, *generators.messages), [domain, *scalars]
    )
    exponent = secret_inverse(secret_key.scalar + e)
    return Signature(secret_sum_of_products([product], [exponent]), e).encode()


def verify(
    public_key: BbsPublicKey,
    signature: bytes,
    messages: Sequence[bytes],
    *,
    header: bytes,
    suite: Ciphersuite,
) -> None:
    """Return if `signature` is the key's over `header` and `messages`; raise `ProofError` if not.

    `MalformedError` when the bytes are no signature at all.
    """
    decoded = Signature.decode(signature)
    generators = create_generators(suite, len(messages))
    domain = generators.domain(public_key.raw, header)
    product = commitment(generators, domain, suite.messages_to_scalars(messages))
    if not decoded.holds(public_key, product):
        raise ProofError("BBS signature does not hold")


def commitment(generators: Generators, domain: Scalar, scalars: Sequence[Scalar]) -> G1Point:
    """Return B = P1 + Q_1 domain + H_1 msg_1 + ... + H_L msg_L, for messages that are secret."""
    points = (generators.q1, *generators.messages)
    return generators.p1 + secret_sum_of_products(points, [domain, *scalars])
