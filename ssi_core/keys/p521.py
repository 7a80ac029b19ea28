"""P-521 keys (FIPS 186-5), which sign with ECDSA over SHA-512."""

from dataclasses import dataclass, field
from typing import ClassVar, Final, Self, final

from cryptography.hazmat.primitives.asymmetric import ec

from ssi_core.encoding import multibase_encode
from ssi_core.json_types import JsonObject
from ssi_core.keys import ecdsa
from ssi_core.keys.ecdsa import Curve

_CURVE: Final[Curve] = ecdsa.P521


@dataclass(frozen=True, slots=True)
class P521PublicKey:
    """A P-521 public key as its compressed point, 67 bytes."""

    raw: bytes
    _key: ec.EllipticCurvePublicKey = field(init=False, repr=False, compare=False)

    algorithm: ClassVar[str] = "ES512"
    algorithms: ClassVar[frozenset[str]] = frozenset({"ES512"})

    def __post_init__(self) -> None:
        object.__setattr__(self, "_key", ecdsa.from_compressed(self.raw, _CURVE))

    @classmethod
    def from_uncompressed(cls, point: bytes) -> Self:
        """Take the 133-byte form `04 || x || y`, checking that it lies on the curve."""
        raw, key = ecdsa.from_uncompressed(point, _CURVE)
        # The point is known to be good, and taking it from its compressed form costs a square root.
        made = object.__new__(cls)
        object.__setattr__(made, "raw", raw)
        object.__setattr__(made, "_key", key)
        return made

    @property
    def multikey(self) -> str:
        """The `publicKeyMultibase` form (Controlled Identifiers section 2.2.2)."""
        return multibase_encode(_CURVE.multicodec + self.raw)

    @property
    def jwk(self) -> JsonObject:
        """The JWK (RFC 7518 section 6.2), required members only, in thumbprint order."""
        return ecdsa.jwk(self._key, _CURVE)

    def verify(self, signature: bytes, data: bytes) -> None:
        """Return if `signature` (r || s, 132 bytes) is this key's; raise `ProofError` if not."""
        ecdsa.verify(self._key, _CURVE, signature=signature, data=data)


@final
class P521Signer:
    """A P-521 private key in memory."""

    def __init__(self, scalar: bytes) -> None:
        self._key = ecdsa.private_key(scalar, _CURVE)
        self._public = P521PublicKey(ecdsa.compressed(self._key))

    @classmethod
    def generate(cls) -> Self:
        """Make a new key from the operating system's randomness."""
        return cls(ecdsa.generate_scalar(_CURVE))

    @property
    def public_key(self) -> P521PublicKey:
        """The key that verifies what this one signs."""
        return self._public

    @property
    def secret(self) -> bytes:
        """The 66-byte scalar: for sealing at rest, and nothing else."""
        return ecdsa.scalar_of(self._key, _CURVE)

    def sign(self, data: bytes) -> bytes:
        """Return the 132-byte signature r || s over SHA-512 of `data`."""
        return ecdsa.sign(self._key, _CURVE, data)
