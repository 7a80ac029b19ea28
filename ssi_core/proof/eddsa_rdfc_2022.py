"""The eddsa-rdfc-2022 cryptosuite: https://www.w3.org/TR/vc-di-eddsa/#eddsa-rdfc-2022."""

from hashlib import sha256
from typing import final

from ssi_core.json_types import JsonObject
from ssi_core.keys import PublicKey, Signer
from ssi_core.proof import eddsa
from ssi_core.proof.suite import config_of, in_context_of, proof_value_of, with_context_of
from ssi_core.rdf.json_ld import JsonLd
from ssi_core.rdf.rdfc_1_0 import canonicalize


@final
class EddsaRdfc2022:
    """Ed25519 over SHA-256 of the RDFC-1.0 form; knows the contexts of `json_ld` only."""

    def __init__(self, json_ld: JsonLd) -> None:
        self._json_ld = json_ld

    @property
    def name(self) -> str:
        """The `cryptosuite` member of a proof made with this suite."""
        return "eddsa-rdfc-2022"

    def create_proof(
        self, document: JsonObject, options: JsonObject, *, signer: Signer
    ) -> JsonObject:
        """Return the proof; its options are read in the document's `@context` (section 3.2.1)."""
        hash_data = self.hash_data(document, with_context_of(document, options))
        return {**options, "proofValue": self.sign(hash_data, signer)}

    def verify_proof(self, document: JsonObject, proof: JsonObject, *, key: PublicKey) -> None:
        """Return if the proof holds; raise `ProofError` or `MalformedError` if not."""
        in_context_of(proof, document)
        hash_data = self.hash_data(document, with_context_of(document, config_of(proof)))
        self.check(hash_data, proof_value_of(proof), key)

    def hash_data(self, document: JsonObject, proof_config: JsonObject) -> bytes:
        """Return the digest of the proof options followed by that of the document: 64 bytes."""
        return self._digest(proof_config) + self._digest(document)

    def sign(self, hash_data: bytes, signer: Signer) -> str:
        """Return the `proofValue`; raise `AlgorithmError` for a key of another kind."""
        return eddsa.sign(hash_data, signer)

    def check(self, hash_data: bytes, proof_value: str, key: PublicKey) -> None:
        """Return if the proof holds; raise `ProofError` or `MalformedError` if not."""
        eddsa.check(hash_data, proof_value, key)

    def _digest(self, document: JsonObject) -> bytes:
        return sha256(canonicalize(self._json_ld.to_quads(document)).n_quads).digest()
