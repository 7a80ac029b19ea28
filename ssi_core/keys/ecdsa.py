"""What ECDSA keys on different curves have in common: points, and signatures written r || s."""

from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ssi_core.encoding import base64url_encode
from ssi_core.errors import MalformedError, ProofError
from ssi_core.json_types import JsonObject

_UNCOMPRESSED: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A curve together with the hash that ECDSA uses on it (RFC 7518 section 3.4)."""

    name: str
    curve: ec.EllipticCurve
    ecdsa: ec.ECDSA
    multicodec: bytes
    coordinate_bytes: int


P256: Final = Curve(
    name="P-256",
    curve=ec.SECP256R1(),
    ecdsa=ec.ECDSA(hashes.SHA256()),
    multicodec=b"\x80\x24",
    coordinate_bytes=32,
)
P384: Final = Curve(
    name="P-384",
    curve=ec.SECP384R1(),
    ecdsa=ec.ECDSA(hashes.SHA384()),
    multicodec=b"\x81\x24",
    coordinate_bytes=48,
)
P521: Final = Curve(
    name="P-521",
    curve=ec.SECP521R1(),
    ecdsa=ec.ECDSA(hashes.SHA512()),
    multicodec=b"\x82\x24",
    coordinate_bytes=66,
)


def from_compressed(point: bytes, on: Curve) -> ec.EllipticCurvePublicKey:
    """Return the key at a compressed point (SEC 1 section 2.3.3), checking that it is one."""
    key = _decode(point, on)
    if len(point) != on.coordinate_bytes + 1:
        raise MalformedError("a point is kept compressed")
    return key


def from_uncompressed(point: bytes, on: Curve) -> tuple[bytes, ec.EllipticCurvePublicKey]:
    """Take `04 || x || y`; return the point compressed and its key, without a square root."""
    if len(point) != 2 * on.coordinate_bytes + 1 or point[0] != _UNCOMPRESSED:
        raise MalformedError("not an uncompressed point")
    key = _decode(point, on)
    return bytes((2 + point[-1] % 2,)) + point[1 : 1 + on.coordinate_bytes], key


def jwk(key: ec.EllipticCurvePublicKey, on: Curve) -> JsonObject:
    """Return the JWK (RFC 7518 section 6.2), required members only, in thumbprint order."""
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    x, y = point[1 : 1 + on.coordinate_bytes], point[1 + on.coordinate_bytes :]
    return {"crv": on.name, "kty": "EC", "x": base64url_encode(x), "y": base64url_encode(y)}


def verify(key: ec.EllipticCurvePublicKey, on: Curve, *, signature: bytes, data: bytes) -> None:
    """Return if `signature` (r || s) is the key's over `data`; raise `ProofError` if not."""
    if len(signature) != 2 * on.coordinate_bytes:
        raise ProofError("signature does not hold")
    r = int.from_bytes(signature[: on.coordinate_bytes], "big")
    s = int.from_bytes(signature[on.coordinate_bytes :], "big")
    try:
        key.verify(encode_dss_signature(r, s), data, on.ecdsa)
    except InvalidSignature:
        raise ProofError("signature does not hold") from None


def private_key(scalar: bytes, on: Curve) -> ec.EllipticCurvePrivateKey:
    """Return the private key that a scalar, big-endian, is."""
    try:
        return ec.derive_private_key(int.from_bytes(scalar, "big"), on.curve)
    except (ValueError, UnsupportedAlgorithm):
        raise MalformedError("not a private key of this curve") from None


def generate_scalar(on: Curve) -> bytes:
    """Return a new private key's scalar from the operating system's randomness."""
    return scalar_of(ec.generate_private_key(on.curve), on)


def scalar_of(key: ec.EllipticCurvePrivateKey, on: Curve) -> bytes:
    """Return the scalar of `key`, as long as a coordinate."""
    return key.private_numbers().private_value.to_bytes(on.coordinate_bytes, "big")


def compressed(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the public point of `key`, compressed."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def sign(key: ec.EllipticCurvePrivateKey, on: Curve, data: bytes) -> bytes:
    """Return the signature r || s over the curve's own hash of `data`."""
    r, s = decode_dss_signature(key.sign(data, on.ecdsa))
    return r.to_bytes(on.coordinate_bytes, "big") + s.to_bytes(on.coordinate_bytes, "big")


def _decode(point: bytes, on: Curve) -> ec.EllipticCurvePublicKey:
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(on.curve, point)
    except (ValueError, UnsupportedAlgorithm):
        raise MalformedError("not a point of this curve") from None
