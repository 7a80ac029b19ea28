"""Public keys of every kind that we support, read from a JWK or a Multikey."""

from collections.abc import Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import Final, Protocol, TypeAlias

from ssi_core import jcs
from ssi_core.encoding import base64url_decode, base64url_encode, multibase_decode
from ssi_core.errors import AlgorithmError, MalformedError
from ssi_core.json_types import JsonObject
from ssi_core.keys.bls12381_g2 import (
    BLS12381_G2_MULTICODEC,
    Bls12381G2PublicKey,
    Bls12381G2Signer,
)
from ssi_core.keys.ecdsa import P256, P384, P521
from ssi_core.keys.ed25519 import ED25519_MULTICODEC, Ed25519PublicKey, Ed25519Signer
from ssi_core.keys.p256 import P256PublicKey, P256Signer
from ssi_core.keys.p384 import P384PublicKey, P384Signer
from ssi_core.keys.p521 import P521PublicKey
from ssi_core.strict_json import as_text

PublicKey: TypeAlias = (
    Ed25519PublicKey | P256PublicKey | P384PublicKey | P521PublicKey | Bls12381G2PublicKey
)
PrivateKey: TypeAlias = Ed25519Signer | P256Signer | P384Signer | Bls12381G2Signer

_ED25519_BYTES: Final = 32
MULTIKEY_BYTES: Final[Mapping[bytes, int]] = MappingProxyType(
    {
        ED25519_MULTICODEC: _ED25519_BYTES,
        P256.multicodec: P256.coordinate_bytes + 1,
        P384.multicodec: P384.coordinate_bytes + 1,
        P521.multicodec: P521.coordinate_bytes + 1,
        BLS12381_G2_MULTICODEC: 96,
    }
)
"""How many bytes follow the multicodec in a Multikey, for the kinds that we support."""
# RFC 7638 section 3.2, RFC 8037 section 2. RSA keys are named so, though not used here.
_THUMBPRINT_MEMBERS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x"), "RSA": ("e", "kty", "n")}
)
_PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


class Signer(Protocol):
    """A private key, wherever it lives: memory, file, HSM, phone."""

    @property
    def public_key(self) -> PublicKey:
        """The key that verifies what this one signs."""
        ...

    def sign(self, data: bytes) -> bytes:
        """Return the signature over `data`; ECDSA as r || s, which is 64, 96 or 132 bytes."""
        ...


def public_key_from_jwk(jwk: JsonObject, *, at: str = "/jwk") -> PublicKey:
    """Read a public JWK; a private member, another curve or a bad point is refused."""
    if _PRIVATE_MEMBERS & jwk.keys():
        raise MalformedError("a public JWK has no private member", at=at)
    match jwk.get("kty"), jwk.get("crv"):
        case "OKP", "Ed25519":
            return Ed25519PublicKey(_coordinate(jwk, "x", _ED25519_BYTES, at))
        case "EC", "P-256":
            return P256PublicKey.from_uncompressed(_point(jwk, P256.coordinate_bytes, at))
        case "EC", "P-384":
            return P384PublicKey.from_uncompressed(_point(jwk, P384.coordinate_bytes, at))
        case "EC", "P-521":
            return P521PublicKey.from_uncompressed(_point(jwk, P521.coordinate_bytes, at))
        case _:
            raise AlgorithmError("key type is not supported", at=at)


def public_key_from_multikey(text: str, *, at: str = "/publicKeyMultibase") -> PublicKey:
    """Read a Multikey (Controlled Identifiers section 2.2.2) of a kind that we support."""
    data = multibase_decode(text, at=at)
    if data[:2] == ED25519_MULTICODEC:
        return Ed25519PublicKey(data[2:])
    if data[:2] == P256.multicodec:
        return P256PublicKey(data[2:])
    if data[:2] == P384.multicodec:
        return P384PublicKey(data[2:])
    if data[:2] == P521.multicodec:
        return P521PublicKey(data[2:])
    if data[:2] == BLS12381_G2_MULTICODEC:
        return Bls12381G2PublicKey(data[2:])
    raise AlgorithmError("key type is not supported", at=at)


def thumbprint(jwk: JsonObject) -> str:
    """Return the RFC 7638 SHA-256 thumbprint of a public JWK, base64url."""
    required = _THUMBPRINT_MEMBERS.get(as_text(jwk.get("kty"), at="/kty"))
    if required is None:
        raise AlgorithmError("key type is not supported", at="/kty")
    members = {name: as_text(jwk.get(name), at=f"/{name}") for name in required}
    return base64url_encode(sha256(jcs.canonicalize(members)).digest())


def _point(jwk: JsonObject, length: int, at: str) -> bytes:
    return b"\x04" + _coordinate(jwk, "x", length, at) + _coordinate(jwk, "y", length, at)


def _coordinate(jwk: JsonObject, name: str, length: int, at: str) -> bytes:
    data = base64url_decode(as_text(jwk.get(name), at=f"{at}/{name}"), at=f"{at}/{name}")
    if len(data) != length:
        raise MalformedError("a coordinate is as long as its curve says", at=f"{at}/{name}")
    return data
