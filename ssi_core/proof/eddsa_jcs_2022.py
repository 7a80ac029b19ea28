"""The eddsa-jcs-2022 cryptosuite: https://www.w3.org/TR/vc-di-eddsa/#eddsa-jcs-2022."""

from hashlib import sha256
from typing import final

from ssi_core import jcs
from ssi_core.json_types import JsonObject
from ssi_core.keys import PublicKey, Signer
from ssi_core.proof import eddsa
from ssi_core.proof.suite import config_of, in_context_of, proof_value_of, with_context_of


@final
class EddsaJcs2022:
    """Ed25519 over SHA-256 of RFC 8785 canonical JSON."""

    @property
    def name(self) -> str:
        """The `cryptosuite` member of a proof made with this suite."""
        return "eddsa-jcs-2022"

    def create_proof(
        self, document: JsonObject, options: JsonObject, *, signer: Signer
    ) -> JsonObject:
        """Return the proof, which carries the document's `@context` (section 3.3.1)."""
        config = with_context_of(document, options)
        return {**config, "proofValue": self.sign(self.hash_data(document, config), signer)}

    def verify_proof(self, document: JsonObject, proof: JsonObject, *, key: PublicKey) -> None:
        """Return if the proof holds; raise `ProofError` or `MalformedError` if not."""
        hash_data = self.hash_data(in_context_of(proof, document), config_of(proof))
        self.check(hash_data, proof_value_of(proof), key)

    def hash_data(self, document: JsonObject, proof_config: JsonObject) -> bytes:
        """Return the digest of the proof options followed by that of the document: 64 bytes."""
        return hash_canonical(jcs.canonicalize(document), proof_config)

    def sign(self, hash_data: bytes, signer: Signer) -> str:
        """Return the `proofValue`; raise `AlgorithmError` for a key of another kind."""
        return eddsa.sign(hash_data, signer)

    def check(self, hash_data: bytes, proof_value: str, key: PublicKey) -> None:
        """Return if the proof holds; raise `ProofError` or `MalformedError` if not."""
        eddsa.check(hash_data, proof_value, key)


def hash_canonical(canonical_document: bytes, proof_config: JsonObject) -> bytes:
    """Return the hash data of a document that is already in canonical form (section 3.3.4)."""
    options = sha256(jcs.canonicalize(proof_config)).digest()
    return options + sha256(canonical_document).digest()
