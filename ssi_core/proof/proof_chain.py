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
    Raises `ProofError` when a previous proof is not among `proofs`, when several go by its id, or
    when it builds on `proof` in its turn.
    """
    if "previousProof" not in proof:
        return unsecured
    previous = previous_ids(proof)
    matching = _previous(proof, proofs)
    found = [other.get("id") for other in matching]
    if set(found) != previous:
        raise ProofError("a previous proof is missing", at=_AT)
    if len(found) != len(previous):
        raise ProofError("several proofs go by the id of a previous proof", at=_AT)
    _require_beginning(proof, proofs)
    return {**unsecured, "proof": matching}


def previous_ids(proof: JsonObject) -> frozenset[str]:
    """Return the ids of the proofs that `proof` builds on; none if it has no `previousProof`."""
    if "previousProof" not in proof:
        return frozenset()
    value = proof["previousProof"]
    names = (as_text(value, at=_AT),) if isinstance(value, str) else as_texts(value, at=_AT)
    if len(set(names)) != len(names):
        raise MalformedError("a previous proof is named twice", at=_AT)
    return frozenset(names)


def _previous(proof: JsonObject, proofs: Sequence[JsonObject]) -> list[JsonObject]:
    previous = previous_ids(proof)
    return [other for other in proofs if other.get("id") in previous]


def _require_beginning(proof: JsonObject, proofs: Sequence[JsonObject]) -> None:
    """Refuse a proof that some chain leads back to: it was made before what it was made over."""
    waiting, seen = [proof], {id(proof)}
    while waiting:
        for other in _previous(waiting.pop(), proofs):
            if other is proof:
                raise ProofError("proofs build on each other in a circle", at=_AT)
            if id(other) not in seen:
                seen.add(id(other))
                waiting.append(other)
