"""X25519 public keys (RFC 7748): DID documents name them for key agreement; nothing verifies so."""

from dataclasses import dataclass
from typing import Final, Self

from ssi_core.encoding import base64url_encode, multibase_encode
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject
from ssi_core.keys.ed25519 import Ed25519PublicKey

X25519_MULTICODEC: Final = b"\xec\x01"
_BYTES: Final = 32
_P: Final = 2**255 - 19
_SIGN_BIT: Final = 1 << 255


@dataclass(frozen=True, slots=True)
class X25519PublicKey:
    """An X25519 public key as its 32 raw bytes: the u-coordinate, little-endian."""

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != _BYTES:
            raise MalformedError("not an X25519 public key")

    @classmethod
    def from_ed25519(cls, key: Ed25519PublicKey) -> Self:
        """Return the same point on the Montgomery curve: u = (1 + y) / (1 - y) (RFC 7748 4.1)."""
        y = (int.from_bytes(key.raw, "little") & ~_SIGN_BIT) % _P
        u = (1 + y) * pow(1 - y, -1, _P) % _P if y != 1 else 0
        return cls(u.to_bytes(_BYTES, "little"))

    @property
    def multikey(self) -> str:
        """The `publicKeyMultibase` form (Controlled Identifiers section 2.2.2)."""
        return multibase_encode(X25519_MULTICODEC + self.raw)

    @property
    def jwk(self) -> JsonObject:
        """The JWK (RFC 8037), required members only, in thumbprint order."""
        return {"crv": "X25519", "kty": "OKP", "x": base64url_encode(self.raw)}
