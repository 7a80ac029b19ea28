"""Public keys that we verify with, and the one thing that we ask of private ones."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from types import MappingProxyType
from typing import ClassVar, Final, Protocol, Self, TypeAlias, final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ssi_core import jcs
from ssi_core.encoding import (
    base64url_decode,
    base64url_encode,
    multibase_decode,
    multibase_encode,
)
from ssi_core.errors import AlgorithmError, MalformedError, ProofError
from ssi_core.json_types import JsonObject
from ssi_core.strict_json import as_text

_ED25519_MULTICODEC: Final = b"\xed\x01"
_P256_MULTICODEC: Final = b"\x80\x24"
_P256_ECDSA: Final = ec.ECDSA(hashes.SHA256())
_P256_COORDINATE: Final = 32
# RFC 7638 section 3.2, RFC 8037 section 2. RSA keys are named so, though not used here.
_THUMBPRINT_MEMBERS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x"), "RSA": ("e", "kty", "n")}
)
_PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


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
        return multibase_encode(_ED25519_MULTICODEC + self.raw)

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


@dataclass(frozen=True, slots=True)
class P256PublicKey:
    """A P-256 public key as its compressed point, 33 bytes."""

    raw: bytes
    _key: ec.EllipticCurvePublicKey = field(init=False, repr=False, compare=False)

    algorithm: ClassVar[str] = "ES256"
    algorithms: ClassVar[frozenset[str]] = frozenset({"ES256"})

    def __post_init__(self) -> None:
        try:
            key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), self.raw)
        except (ValueError, UnsupportedAlgorithm):
            raise MalformedError("not a P-256 public key") from None
        if len(self.raw) != _P256_COORDINATE + 1:
            raise MalformedError("a P-256 point is kept compressed")
        object.__setattr__(self, "_key", key)

    @classmethod
    def from_uncompressed(cls, point: bytes) -> Self:
        """Take the 65-byte form `04 || x || y`, checking that it lies on the curve."""
        if len(point) != 2 * _P256_COORDINATE + 1 or point[0] != 4:  # noqa: PLR2004 - SEC 1 tag
            raise MalformedError("not an uncompressed P-256 point")
        try:
            key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        except (ValueError, UnsupportedAlgorithm):
            raise MalformedError("not a P-256 public key") from None
        # The point is known to be good, and taking it from its compressed form costs a square root.
        made = object.__new__(cls)
        parity = 2 + point[-1] % 2
        object.__setattr__(made, "raw", bytes((parity,)) + point[1 : 1 + _P256_COORDINATE])
        object.__setattr__(made, "_key", key)
        return made

    @property
    def multikey(self) -> str:
        """The `publicKeyMultibase` form (Controlled Identifiers section 2.2.2)."""
        return multibase_encode(_P256_MULTICODEC + self.raw)

    @property
    def jwk(self) -> JsonObject:
        """The JWK (RFC 7518 section 6.2), required members only, in thumbprint order."""
        point = self._key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        x, y = point[1 : 1 + _P256_COORDINATE], point[1 + _P256_COORDINATE :]
        return {"crv": "P-256", "kty": "EC", "x": base64url_encode(x), "y": base64url_encode(y)}

    def verify(self, signature: bytes, data: bytes) -> None:
        """Return if `signature` (r || s, 64 bytes) is this key's; raise `ProofError` if not."""
        if len(signature) != 2 * _P256_COORDINATE:
            raise ProofError("signature does not hold")
        r = int.from_bytes(signature[:_P256_COORDINATE], "big")
        s = int.from_bytes(signature[_P256_COORDINATE:], "big")
        try:
            self._key.verify(encode_dss_signature(r, s), data, _P256_ECDSA)
        except InvalidSignature:
            raise ProofError("signature does not hold") from None


PublicKey: TypeAlias = Ed25519PublicKey | P256PublicKey


def public_key_from_jwk(jwk: JsonObject, *, at: str = "/jwk") -> PublicKey:
    """Read a public JWK; a private member, another curve or a bad point is refused."""
    if _PRIVATE_MEMBERS & jwk.keys():
        raise MalformedError("a public JWK has no private member", at=at)
    match jwk.get("kty"), jwk.get("crv"):
        case "OKP", "Ed25519":
            return Ed25519PublicKey(_coordinate(jwk, "x", at))
        case "EC", "P-256":
            x, y = _coordinate(jwk, "x", at), _coordinate(jwk, "y", at)
            return P256PublicKey.from_uncompressed(b"\x04" + x + y)
        case _:
            raise AlgorithmError("key type is not supported", at=at)


def public_key_from_multikey(text: str, *, at: str = "/publicKeyMultibase") -> PublicKey:
    """Read a Multikey (Controlled Identifiers section 2.2.2) of a kind that we support."""
    data = multibase_decode(text, at=at)
    if data[:2] == _ED25519_MULTICODEC:
        return Ed25519PublicKey(data[2:])
    if data[:2] == _P256_MULTICODEC:
        return P256PublicKey(data[2:])
    raise AlgorithmError("key type is not supported", at=at)


def thumbprint(jwk: JsonObject) -> str:
    """Return the RFC 7638 SHA-256 thumbprint of a public JWK, base64url."""
    required = _THUMBPRINT_MEMBERS.get(as_text(jwk.get("kty"), at="/kty"))
    if required is None:
        raise AlgorithmError("key type is not supported", at="/kty")
    members = {name: as_text(jwk.get(name), at=f"/{name}") for name in required}
    return base64url_encode(sha256(jcs.canonicalize(members)).digest())


class Signer(Protocol):
    """A private key, wherever it lives: memory, file, HSM, phone."""

    @property
    def public_key(self) -> PublicKey:
        """The key that verifies what this one signs."""
        ...

    def sign(self, data: bytes) -> bytes:
        """Return the signature over `data`: 64 bytes, r || s for P-256."""
        ...


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


@final
class P256Signer:
    """A P-256 private key in memory."""

    def __init__(self, scalar: bytes) -> None:
        try:
            self._key = ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1())
        except (ValueError, UnsupportedAlgorithm):
            raise MalformedError("not a P-256 private key") from None
        public = self._key.public_key()
        self._public = P256PublicKey(
            public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        )

    @classmethod
    def generate(cls) -> Self:
        """Make a new key from the operating system's randomness."""
        number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
        return cls(number.to_bytes(_P256_COORDINATE, "big"))

    @property
    def public_key(self) -> P256PublicKey:
        """The key that verifies what this one signs."""
        return self._public

    @property
    def secret(self) -> bytes:
        """The 32-byte scalar: for sealing at rest, and nothing else."""
        return self._key.private_numbers().private_value.to_bytes(_P256_COORDINATE, "big")

    def sign(self, data: bytes) -> bytes:
        """Return the 64-byte signature r || s over SHA-256 of `data`."""
        r, s = decode_dss_signature(self._key.sign(data, _P256_ECDSA))
        return r.to_bytes(_P256_COORDINATE, "big") + s.to_bytes(_P256_COORDINATE, "big")


PrivateKey: TypeAlias = Ed25519Signer | P256Signer


def _coordinate(jwk: JsonObject, name: str, at: str) -> bytes:
    data = base64url_decode(as_text(jwk.get(name), at=f"{at}/{name}"), at=f"{at}/{name}")
    if len(data) != _P256_COORDINATE:
        raise MalformedError("a coordinate has 32 bytes", at=f"{at}/{name}")
    return data
