"""Bare signatures of `cryptography`, over the same bytes: what nobody can be faster than."""

from collections.abc import Callable

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from ssi_core.keys import Ed25519Signer, P256Signer

_ECDSA = ec.ECDSA(hashes.SHA256())


def raw_signer(signer: Ed25519Signer | P256Signer) -> Callable[[bytes], bytes]:
    """Return the library's own signing with the same key; ES256 signatures are DER."""
    if isinstance(signer, Ed25519Signer):
        return ed25519.Ed25519PrivateKey.from_private_bytes(signer.secret).sign
    key = ec.derive_private_key(int.from_bytes(signer.secret, "big"), ec.SECP256R1())
    return lambda data: key.sign(data, _ECDSA)


def raw_verifier(signer: Ed25519Signer | P256Signer) -> Callable[[bytes, bytes], None]:
    """Return the library's own verification, of signature and data, with the same key."""
    if isinstance(signer, Ed25519Signer):
        raw = signer.public_key.raw
        return ed25519.Ed25519PublicKey.from_public_bytes(raw).verify
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), signer.public_key.raw)
    return lambda signature, data: key.verify(signature, data, _ECDSA)
