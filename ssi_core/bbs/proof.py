"""Prove a signature while disclosing some of its messages (draft "CoreProofGen" and after)."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self, TypeAlias

from ssi_core.bbs.ciphersuite import Ciphersuite
from ssi_core.bbs.generators import MAX_MESSAGES, Generators, create_generators
from ssi_core.bbs.keys import BbsPublicKey
from ssi_core.bbs.points import (
    G1_BYTES,
    SCALAR_BYTES,
    G1Point,
    Scalar,
    decode_g1,
    decode_scalar,
    pairings_agree,
    random_scalar,
    secret_inverse,
    secret_sum_of_products,
    sum_of_products,
)
from ssi_core.bbs.signature import Signature, commitment
from ssi_core.errors import MalformedError, ProofError

RandomScalars: TypeAlias = Callable[[int], Sequence[Scalar]]

_POINTS_BYTES: Final = 3 * G1_BYTES
# Three scalars of the signature before those of the messages, and the challenge after them.
_FIXED_SCALARS: Final = 4
_SHORTEST: Final = _POINTS_BYTES + _FIXED_SCALARS * SCALAR_BYTES


@dataclass(frozen=True, slots=True)
class _Commitments:
    """The five points that the challenge is drawn from (`init_res`, without the domain)."""

    a_bar: G1Point
    b_bar: G1Point
    d: G1Point
    t1: G1Point
    t2: G1Point


@dataclass(frozen=True, slots=True, kw_only=True)
class _Statement:
    """What a proof is about: `shown` maps indexes, in ascending order, to disclosed messages."""

    generators: Generators
    domain: Scalar
    shown: Mapping[int, Scalar]
    hidden: Sequence[int]
    presentation_header: bytes

    def challenge(self, found: _Commitments) -> Scalar:
        """Draw the challenge (`ProofChallengeCalculate`)."""
        points = (found.a_bar, found.b_bar, found.d, found.t1, found.t2)
        octets = [len(self.shown).to_bytes(8, "big")]
        octets += (i.to_bytes(8, "big") + msg.to_be_bytes() for i, msg in self.shown.items())
        octets += (point.to_compressed_bytes() for point in points)
        octets += (self.domain.to_be_bytes(), len(self.presentation_header).to_bytes(8, "big"))
        octets += (self.presentation_header,)
        suite = self.generators.suite
        return suite.hash_to_scalar(b"".join(octets), suite.api_id + b"H2S_")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Proof:
    """A proof, read and checked for form."""

    a_bar: G1Point
    b_bar: G1Point
    d: G1Point
    e_hat: Scalar
    r1_hat: Scalar
    r3_hat: Scalar
    message_hats: tuple[Scalar, ...]
    challenge: Scalar

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read the octets of a proof (`octets_to_proof`)."""
        undisclosed, rest = divmod(len(data) - _SHORTEST, SCALAR_BYTES)
        if rest or not 0 <= undisclosed <= MAX_MESSAGES:
            raise MalformedError("a BBS proof has three points and at least four scalars")
        a_bar, b_bar, d = (decode_g1(part) for part in _parts(data[:_POINTS_BYTES], G1_BYTES))
        scalars = (decode_scalar(part) for part in _parts(data[_POINTS_BYTES:], SCALAR_BYTES))
        e_hat, r1_hat, r3_hat, *message_hats, challenge = scalars
        return cls(
            a_bar=a_bar,
            b_bar=b_bar,
            d=d,
            e_hat=e_hat,
            r1_hat=r1_hat,
            r3_hat=r3_hat,
            message_hats=tuple(message_hats),
            challenge=challenge,
        )

    def encode(self) -> bytes:
        """Return the octets of the proof (`proof_to_octets`)."""
        points = (self.a_bar, self.b_bar, self.d)
        scalars = (self.e_hat, self.r1_hat, self.r3_hat, *self.message_hats, self.challenge)
        octets = [point.to_compressed_bytes() for point in points]
        return b"".join(octets) + b"".join(scalar.to_be_bytes() for scalar in scalars)


def random_scalars(count: int) -> Sequence[Scalar]:
    """Return fresh random scalars (`calculate_random_scalars`)."""
    return [random_scalar() for _ in range(count)]


def generate(
    public_key: BbsPublicKey,
    signature: bytes,
    messages: Sequence[bytes],
    disclosed: Collection[int],
    *,
    header: bytes,
    presentation_header: bytes,
    suite: Ciphersuite,
    randomness: RandomScalars = random_scalars,
) -> bytes:
    """Return a proof of `signature` that discloses the messages at the indexes `disclosed`.

    Two proofs of one signature cannot be told to be so, as long as `randomness` is fresh. A
    signature that does not hold is refused with `ProofError`, an index that names no message
    with `MalformedError`.
    """
    decoded = Signature.decode(signature)
    hidden = _undisclosed(len(messages), disclosed)
    generators = create_generators(suite, len(messages))
    scalars = suite.messages_to_scalars(messages)
    domain = generators.domain(public_key.raw, header)
    product = commitment(generators, domain, scalars)
    statement = _Statement(
        generators=generators,
        domain=domain,
        shown={index: scalars[index] for index in sorted(disclosed)},
        hidden=hidden,
        presentation_header=presentation_header,
    )
    secrets = [scalars[index] for index in hidden]
    proof = _prove(statement, decoded, product, secrets, randomness=randomness)
    # The proof's own pairing equation is the signature's, with both sides taken r1 r2 times: it
    # holds for no other signature, and asking here costs nothing that the proof does not need.
    if not pairings_agree(proof.a_bar, public_key.point, proof.b_bar):
        raise ProofError("BBS signature does not hold")
    return proof.encode()


def verify(
    public_key: BbsPublicKey,
    proof: bytes,
    disclosed: Mapping[int, bytes],
    *,
    header: bytes,
    presentation_header: bytes,
    suite: Ciphersuite,
) -> None:
    """Return if `proof` shows that the key signed `header` and `disclosed`, by index, and more.

    Raises `ProofError` if it does not, and `MalformedError` when the bytes are no proof, or an
    index names a message that the proof has no place for.
    """
    decoded = _Proof.decode(proof)
    count = len(disclosed) + len(decoded.message_hats)
    hidden = _undisclosed(count, disclosed)
    generators = create_generators(suite, count)
    indexes = sorted(disclosed)
    scalars = suite.messages_to_scalars([disclosed[index] for index in indexes])
    statement = _Statement(
        generators=generators,
        domain=generators.domain(public_key.raw, header),
        shown=dict(zip(indexes, scalars, strict=True)),
        hidden=hidden,
        presentation_header=presentation_header,
    )
    if statement.challenge(_recommit(statement, decoded)) != decoded.challenge:
        raise ProofError("BBS proof does not fit the key, the headers or what is disclosed")
    if not pairings_agree(decoded.a_bar, public_key.point, decoded.b_bar):
        raise ProofError("BBS proof is not of a signature by this key")


def _prove(
    statement: _Statement,
    signature: Signature,
    product: G1Point,
    secrets: Sequence[Scalar],
    *,
    randomness: RandomScalars,
) -> _Proof:
    """`ProofInit` and `ProofFinalize`: `secrets` are the messages at the hidden indexes."""
    r1, r2, e_tilde, r1_tilde, r3_tilde, *message_tildes = randomness(5 + len(secrets))
    if r1.is_zero() or r2.is_zero():
        raise MalformedError("what randomizes a signature is not zero")
    # Fresh and uniform as they are, r1 and r2 need no blinding; what lasts longer than one proof,
    # and what hides it, does.
    d = sum_of_products([product], [r2])
    a_bar = sum_of_products([signature.a], [r1 * r2])
    b_bar = secret_sum_of_products([d, a_bar], [r1, -signature.e])
    t1 = secret_sum_of_products([a_bar, d], [e_tilde, r1_tilde])
    hidden_points = (statement.generators.messages[index] for index in statement.hidden)
    t2 = secret_sum_of_products([d, *hidden_points], [r3_tilde, *message_tildes])
    c = statement.challenge(_Commitments(a_bar, b_bar, d, t1, t2))
    return _Proof(
        a_bar=a_bar,
        b_bar=b_bar,
        d=d,
        e_hat=e_tilde + signature.e * c,
        r1_hat=r1_tilde - r1 * c,
        r3_hat=r3_tilde - secret_inverse(r2) * c,
        message_hats=tuple(
            tilde + secret * c for tilde, secret in zip(message_tildes, secrets, strict=True)
        ),
        challenge=c,
    )


def _recommit(statement: _Statement, proof: _Proof) -> _Commitments:
    """`ProofVerifyInit`: the commitments that the challenge must have been drawn from."""
    c, generators, shown = proof.challenge, statement.generators, statement.shown
    t1 = sum_of_products((proof.b_bar, proof.a_bar, proof.d), (c, proof.e_hat, proof.r1_hat))
    # T2 = Bv c + D r3^ + H_j1 m^_j1 + ..., where Bv = P1 + Q_1 domain + H_i1 msg_i1 + ..., is
    # one sum when c is multiplied out.
    points = [generators.p1, generators.q1, *(generators.messages[index] for index in shown)]
    scalars = [c, statement.domain * c, *(scalar * c for scalar in shown.values())]
    points += [proof.d, *(generators.messages[index] for index in statement.hidden)]
    scalars += [proof.r3_hat, *proof.message_hats]
    t2 = sum_of_products(points, scalars)
    return _Commitments(proof.a_bar, proof.b_bar, proof.d, t1, t2)


def _undisclosed(count: int, disclosed: Collection[int]) -> list[int]:
    places = set(disclosed)
    if len(places) != len(disclosed) or not places <= set(range(count)):
        raise MalformedError("a disclosed index names a signed message, once")
    return [index for index in range(count) if index not in places]


def _parts(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]
