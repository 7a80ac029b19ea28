"""The eddsa-jcs-2022 cryptosuite: https://www.w3.org/TR/vc-di-eddsa/#eddsa-jcs-2022."""

from hashlib import sha256
from typing import Final, final

from ssi_core import jcs
from ssi_core.encoding import multibase_decode, multibase_encode
from ssi_core.errors import AlgorithmError, MalformedError
from ssi_core.json_types import JsonObject
from ssi_core.keys import Ed25519PublicKey, PublicKey, Signer

_SIGNATURE_BYTES: Final = 64


@final
class EddsaJcs2022:
    """Ed25519 over SHA-256 of RFC 8785 canonical JSON."""

    @property
    def name(self) -> str:
        """The `cryptosuite` member of a proof made with this suite."""
        return "eddsa-jcs-2022"

    def hash_data(self, document: JsonObject, proof_config: JsonObject) -> bytes:
        """Return the digest of the proof options followed by that of the document: 64 bytes."""
        return hash_canonical(jcs.canonicalize(document), proof_config)

    def sign(self, hash_data: bytes, signer: Signer) -> str:
        """Return the `proofValue`; raise `AlgorithmError` for a key of another kind."""
        _require_ed25519(signer.public_key)
        return multibase_encode(signer.sign(hash_data))

    def check(self, hash_data: bytes, proof_value: str, key: PublicKey) -> None:
        """Return if the proof holds; raise `ProofError` or `MalformedError` if not."""
        # A P-256 signature has 64 bytes too, so the kind of key is asked for first.
        _require_ed25519(key)
        signature = multibase_decode(proof_value, at="/proof/proofValue")
        if len(signature) != _SIGNATURE_BYTES:
            raise MalformedError("an Ed25519 signature has 64 bytes", at="/proof/proofValue")
        key.verify(signature, hash_data)


def hash_canonical(canonical_document: bytes, proof_config: JsonObject) -> bytes:
    """Return the hash data of a document that is already in canonical form (section 3.3.4)."""
    options = sha256(jcs.canonicalize(proof_config)).digest()
    return options + sha256(canonical_document).digest()


def _require_ed25519(key: PublicKey) -> None:
    if not isinstance(key, Ed25519PublicKey):
        raise AlgorithmError("eddsa-jcs-2022 takes Ed25519 keys", at="/proof/verificationMethod")
