"""Which other proofs a proof secures, from Verifiable Credential Data Integrity sections 4.4, 4.6.

https://www.w3.org/TR/vc-data-integrity/#proof-chains
"""

from collections.abc import Sequence
from typing import Final

from ssi_core.errors import MalformedError, ProofError
from ssi_core.json_types import JsonObject
from ssi_core.strict_json import as_text, as_texts

_AT: Final = "/proof/previousProof"


def secured_by(
    proof: JsonObject, unsecured: JsonObject, proofs: Sequence[JsonObject]
) -> JsonObject:
    """Return what `proof` is made over: the document, and with it the previous proofs it names.

    Without previous proofs the document is secured alone, so the proofs of a set have no order.
    Raises `ProofError` when a previous proof is not among `proofs`, or several go by its id.
    """
    if "previousProof" not in proof:
        return unsecured
    previous = _previous_ids(proof)
    matching = [other for other in proofs if other.get("id") in previous]
    found = [other.get("id") for other in matching]
    if set(found) != previous or len(found) != len(previous):
        raise ProofError("a previous proof is missing, or not the only one", at=_AT)
    return {**unsecured, "proof": matching}


def _previous_ids(proof: JsonObject) -> frozenset[str]:
    value = proof["previousProof"]
    names = (as_text(value, at=_AT),) if isinstance(value, str) else as_texts(value, at=_AT)
    if len(set(names)) != len(names):
        raise MalformedError("a previous proof is named twice", at=_AT)
    return frozenset(names)
