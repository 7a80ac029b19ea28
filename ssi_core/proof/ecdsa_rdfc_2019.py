"""The ecdsa-rdfc-2019 cryptosuite: https://www.w3.org/TR/vc-di-ecdsa/#ecdsa-rdfc-2019."""

from typing import final

from ssi_core.json_types import JsonObject
from ssi_core.keys import PublicKey, Signer
from ssi_core.proof import ecdsa
from ssi_core.proof.suite import config_of, in_context_of, proof_value_of, with_context_of
from ssi_core.rdf.json_ld import JsonLd
from ssi_core.rdf.rdfc_1_0 import HashFunction, canonicalize


@final
class EcdsaRdfc2019:
    """ECDSA on P-256 or P-384 over the RDFC-1.0 form; knows the contexts of `json_ld` only.

    The hash function of the key's curve is used throughout: SHA-256 or SHA-384.
    """

    def __init__(self, json_ld: JsonLd) -> None:
        self._json_ld = json_ld

    @property
    def name(self) -> str:
        """The `cryptosuite` member of a proof made with this suite."""
        return "ecdsa-rdfc-2019"

    def create_proof(
        self, document: JsonObject, options: JsonObject, *, signer: Signer
    ) -> JsonObject:
        """Return the proof; its options are read in the document's `@context` (section 3.2.1)."""
        config = with_context_of(document, options)
        hash_data = self.hash_data(document, config, key=signer.public_key)
        return {**options, "proofValue": ecdsa.sign(hash_data, signer)}

    def verify_proof(self, document: JsonObject, proof: JsonObject, *, key: PublicKey) -> None:
        """Return if the proof holds; raise `ProofError` or `MalformedError` if not."""
        in_context_of(proof, document)
        config = with_context_of(document, config_of(proof))
        ecdsa.check(self.hash_data(document, config, key=key), proof_value_of(proof), key)

    def hash_data(self, document: JsonObject, proof_config: JsonObject, *, key: PublicKey) -> bytes:
        """Return the digest of the proof options followed by that of the document."""
        function = ecdsa.hash_function_of(key)
        return self._digest(proof_config, function) + self._digest(document, function)

    def _digest(self, document: JsonObject, function: HashFunction) -> bytes:
        quads = self._json_ld.to_quads(document)
        return function(canonicalize(quads, hash_function=function).n_quads).digest()
