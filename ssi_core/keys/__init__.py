"""Public keys that we verify with, and the one thing that we ask of private ones."""

from ssi_core.keys.bls12381_g2 import Bls12381G2PublicKey, Bls12381G2Signer
from ssi_core.keys.ed25519 import Ed25519PublicKey, Ed25519Signer
from ssi_core.keys.ml_dsa_44 import MlDsa44PublicKey, MlDsa44Signer
from ssi_core.keys.p256 import P256PublicKey, P256Signer
from ssi_core.keys.p384 import P384PublicKey, P384Signer
from ssi_core.keys.p521 import P521PublicKey, P521Signer
from ssi_core.keys.public_key import (
    MULTIKEY_BYTES,
    PrivateKey,
    PublicKey,
    Signer,
    public_key_from_jwk,
    public_key_from_multikey,
    thumbprint,
)
from ssi_core.keys.x25519 import X25519_MULTICODEC, X25519PublicKey

__all__ = [
    "MULTIKEY_BYTES",
    "X25519_MULTICODEC",
    "Bls12381G2PublicKey",
    "Bls12381G2Signer",
    "Ed25519PublicKey",
    "Ed25519Signer",
    "MlDsa44PublicKey",
    "MlDsa44Signer",
    "P256PublicKey",
    "P256Signer",
    "P384PublicKey",
    "P384Signer",
    "P521PublicKey",
    "P521Signer",
    "PrivateKey",
    "PublicKey",
    "Signer",
    "X25519PublicKey",
    "public_key_from_jwk",
    "public_key_from_multikey",
    "thumbprint",
]
