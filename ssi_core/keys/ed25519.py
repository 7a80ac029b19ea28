"""Ed25519 keys (RFC 8032)."""

from dataclasses import dataclass, field
from typing import ClassVar, Final, Self, final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ed25519

from ssi_core.encoding import base64url_encode, multibase_encode
from ssi_core.errors import MalformedError, ProofError
from ssi_core.json_types import JsonObject

ED25519_MULTICODEC: Final = b"\xed\x01"


@dataclass(frozen=True, slots=True)
class Ed25519PublicKey:
    """An Ed25519 public key (RFC 8032) as its 32 raw bytes."""

    raw: bytes
    _key: ed25519.Ed25519PublicKey = field(init=False, repr=False, compare=False)

    algorithm: ClassVar[str] = "EdDSA"
    algorithms: ClassVar[frozenset[str]] = frozenset({"EdDSA", "Ed25519"})

    def __post_init__(self) -> None:
        try:
            key = ed25519.Ed25519PublicKey.from_public_bytes(self.raw)
        except (ValueError, UnsupportedAlgorithm):
            raise MalformedError("not an Ed25519 public key") from None
        object.__setattr__(self, "_key", key)

    @property
    def multikey(self) -> str:
        """The `publicKeyMultibase` form (Controlled Identifiers section 2.2.2)."""
        return multibase_encode(ED25519_MULTICODEC + self.raw)

    @property
    def jwk(self) -> JsonObject:
        """The JWK (RFC 8037), required members only, in thumbprint order."""
        return {"crv": "Ed25519", "kty": "OKP", "x": base64url_encode(self.raw)}

    def verify(self, signature: bytes, data: bytes) -> None:
        """Return if `signature` is this key's over `data`; raise `ProofError` if not."""
        try:
            self._key.verify(signature, data)
        except InvalidSignature:
            raise ProofError("signature does not hold") from None


@final
class Ed25519Signer:
    """An Ed25519 private key in memory."""

    def __init__(self, seed: bytes) -> None:
        try:
            self._key = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
        except (ValueError, UnsupportedAlgorithm):
            raise MalformedError("not an Ed25519 private key") from None
        self._public = Ed25519PublicKey(self._key.public_key().public_bytes_raw())

    @classmethod
    def generate(cls) -> Self:
        """Make a new key from the operating system's randomness."""
        return cls(ed25519.Ed25519PrivateKey.generate().private_bytes_raw())

    @property
    def public_key(self) -> Ed25519PublicKey:
        """The key that verifies what this one signs."""
        return self._public

    @property
    def secret(self) -> bytes:
        """The 32-byte seed: for sealing at rest, and nothing else."""
        return self._key.private_bytes_raw()

    def sign(self, data: bytes) -> bytes:
        """Return the 64-byte signature over `data`."""
        return self._key.sign(data)
