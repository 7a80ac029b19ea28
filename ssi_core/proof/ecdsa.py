"""What the ECDSA cryptosuites share: https://www.w3.org/TR/vc-di-ecdsa/#dataintegrityproof."""

from hashlib import sha256, sha384
from typing import Final

from ssi_core.encoding import multibase_decode, multibase_encode
from ssi_core.errors import AlgorithmError, MalformedError
from ssi_core.keys import P256PublicKey, P384PublicKey, PublicKey, Signer
from ssi_core.proof.suite import about_proof_value
from ssi_core.rdf.rdfc_1_0 import HashFunction

_P256_SIGNATURE_BYTES: Final = 64
_P384_SIGNATURE_BYTES: Final = 96


def sign(hash_data: bytes, signer: Signer) -> str:
    """Return the `proofValue`; raise `AlgorithmError` for a key of another kind."""
    hash_function_of(signer.public_key)
    return multibase_encode(signer.sign(hash_data))


def check(hash_data: bytes, proof_value: str, key: PublicKey) -> None:
    """Return if the proof holds; raise `ProofError` or `MalformedError` if not."""
    hash_function_of(key)
    length = _P384_SIGNATURE_BYTES if isinstance(key, P384PublicKey) else _P256_SIGNATURE_BYTES
    signature = multibase_decode(proof_value, at="/proof/proofValue")
    if len(signature) != length:
        raise MalformedError("an ECDSA signature is r || s", at="/proof/proofValue")
    with about_proof_value():
        key.verify(signature, hash_data)


def hash_function_of(key: PublicKey) -> HashFunction:
    """Return the hash that goes with the key's curve: in the transformation, and for the digests.

    Raises `AlgorithmError` for a key that is on neither curve.
    """
    match key:
        case P256PublicKey():
            return sha256
        case P384PublicKey():
            return sha384
        case _:
            raise AlgorithmError(
                "the cryptosuite takes P-256 and P-384 keys", at="/proof/verificationMethod"
            )
