"""BBS keys: a scalar that signs, and a point of G2 that verifies."""

from dataclasses import dataclass, field
from typing import Final, Self, final

from ssi_core.bbs.ciphersuite import BLS12_381_SHA_256, Ciphersuite
from ssi_core.bbs.points import (
    G2Point,
    Scalar,
    decode_g2,
    decode_scalar,
    random_scalar,
    secret_multiple_of_base_point,
)
from ssi_core.errors import MalformedError

_MIN_KEY_MATERIAL: Final = 32
_MAX_KEY_INFO: Final = 65_535


@dataclass(frozen=True, slots=True)
class BbsPublicKey:
    """A BBS public key as its compressed point of G2: 96 bytes."""

    raw: bytes
    point: G2Point = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "point", decode_g2(self.raw))


@final
class BbsSecretKey:
    """A BBS secret key in memory, from which nothing wipes it."""

    def __init__(self, secret: bytes) -> None:
        self.scalar: Final[Scalar] = decode_scalar(secret)
        point = secret_multiple_of_base_point(self.scalar)
        self.public_key: Final = BbsPublicKey(point.to_compressed_bytes())

    @classmethod
    def generate(cls) -> Self:
        """Make a new key from the operating system's randomness."""
        return cls(random_scalar().to_be_bytes())

    @classmethod
    def derive(
        cls,
        key_material: bytes,
        *,
        key_info: bytes = b"",
        key_dst: bytes | None = None,
        suite: Ciphersuite = BLS12_381_SHA_256,
    ) -> Self:
        """Derive a key from at least 32 secret random bytes (`KeyGen`)."""
        if len(key_material) < _MIN_KEY_MATERIAL:
            raise MalformedError("key material has at least 32 bytes")
        if len(key_info) > _MAX_KEY_INFO:
            raise MalformedError("key info has at most 65535 bytes")
        dst = suite.ciphersuite_id + b"KEYGEN_DST_" if key_dst is None else key_dst
        octets = key_material + len(key_info).to_bytes(2, "big") + key_info
        return cls(suite.hash_to_scalar(octets, dst).to_be_bytes())

    @property
    def secret(self) -> bytes:
        """The 32-byte scalar: for sealing at rest, and nothing else."""
        return self.scalar.to_be_bytes()
