"""The ecdsa-jcs-2019 cryptosuite: https://www.w3.org/TR/vc-di-ecdsa/#ecdsa-jcs-2019."""

from typing import final

from ssi_core import jcs
from ssi_core.json_types import JsonObject
from ssi_core.keys import PublicKey, Signer
from ssi_core.proof import ecdsa
from ssi_core.proof.suite import config_of, in_context_of, proof_value_of, with_context_of


@final
class EcdsaJcs2019:
    """ECDSA on P-256 or P-384 over RFC 8785 canonical JSON, hashed as the key's curve has it."""

    @property
    def name(self) -> str:
        """The `cryptosuite` member of a proof made with this suite."""
        return "ecdsa-jcs-2019"

    def create_proof(
        self, document: JsonObject, options: JsonObject, *, signer: Signer
    ) -> JsonObject:
        """Return the proof, which carries the document's `@context` (section 3.3.1)."""
        config = with_context_of(document, options)
        hash_data = self.hash_data(document, config, key=signer.public_key)
        return {**config, "proofValue": ecdsa.sign(hash_data, signer)}

    def verify_proof(self, document: JsonObject, proof: JsonObject, *, key: PublicKey) -> None:
        """Return if the proof holds; raise `ProofError` or `MalformedError` if not."""
        hash_data = self.hash_data(in_context_of(proof, document), config_of(proof), key=key)
        ecdsa.check(hash_data, proof_value_of(proof), key)

    def hash_data(self, document: JsonObject, proof_config: JsonObject, *, key: PublicKey) -> bytes:
        """Return the digest of the proof options followed by that of the document."""
        function = ecdsa.hash_function_of(key)
        options = function(jcs.canonicalize(proof_config)).digest()
        return options + function(jcs.canonicalize(document)).digest()
