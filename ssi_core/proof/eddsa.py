"""What the EdDSA cryptosuites share: https://www.w3.org/TR/vc-di-eddsa/#dataintegrityproof."""

from typing import Final

from ssi_core.encoding import multibase_decode, multibase_encode
from ssi_core.errors import AlgorithmError, MalformedError
from ssi_core.keys import Ed25519PublicKey, PublicKey, Signer
from ssi_core.proof.suite import about_proof_value

_SIGNATURE_BYTES: Final = 64


def sign(hash_data: bytes, signer: Signer) -> str:
    """Return the `proofValue`; raise `AlgorithmError` for a key of another kind."""
    _require_ed25519(signer.public_key)
    return multibase_encode(signer.sign(hash_data))


def check(hash_data: bytes, proof_value: str, key: PublicKey) -> None:
    """Return if the proof holds; raise `ProofError` or `MalformedError` if not."""
    # A P-256 signature has 64 bytes too, so the kind of key is asked for first.
    _require_ed25519(key)
    signature = multibase_decode(proof_value, at="/proof/proofValue")
    if len(signature) != _SIGNATURE_BYTES:
        raise MalformedError("an Ed25519 signature has 64 bytes", at="/proof/proofValue")
    with about_proof_value():
        key.verify(signature, hash_data)


def _require_ed25519(key: PublicKey) -> None:
    if not isinstance(key, Ed25519PublicKey):
        raise AlgorithmError("the cryptosuite takes Ed25519 keys", at="/proof/verificationMethod")
