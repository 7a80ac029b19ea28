"""Witnesses of did:webvh 1.0: their approvals, and which entries have enough of them.

https://identity.foundation/didwebvh/v1.0/#did-witnesses
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from ssi_core.did import key
from ssi_core.did.syntax import Did
from ssi_core.did.webvh_log import WebvhState
from ssi_core.did.webvh_parameters import WitnessRule
from ssi_core.errors import MalformedError, SsiError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import Signer
from ssi_core.proof.data_integrity import add_proof, verify_proofs
from ssi_core.proof.eddsa_jcs_2022 import EddsaJcs2022
from ssi_core.proof.suite import AllowedSuites
from ssi_core.strict_json import as_array, as_object, as_text

_SUITES: Final = AllowedSuites([EddsaJcs2022()])
_PURPOSE: Final = "assertionMethod"
# A pruned file has one proof or two for each witness; no honest one comes near this.
_MAX_PROOFS: Final = 10_000


def witness_proof(version_id: str, *, signer: Signer, at: datetime) -> JsonObject:
    """Return the approval of a version by the witness whose did:key is `signer`'s.

    It is one item of `did-witness.json`: `{"versionId", "proof": [one proof]}`.
    """
    item = add_proof(
        {"versionId": version_id},
        signer=signer,
        verification_method=key.method_id(key.did_for(signer.public_key)),
        purpose=_PURPOSE,
        created=at,
    )
    return {**item, "proof": [item["proof"]]}


def first_without_approval(
    states: Sequence[WebvhState], witness_proofs: JsonValue | None
) -> int | None:
    """Return the index of the first state that lacks approval, or `None` if all have enough.

    `states` are all versions of the log, verified. `witness_proofs` is the content of
    `did-witness.json`; `None` stands for no such file.
    """
    rules = [state.approval for state in states]
    wanted = {did for rule in rules if rule is not None for did in rule.witnesses}
    if not wanted:
        return None
    numbers = {state.version_id: state.version_number for state in states}
    approved = _approvals(witness_proofs, wanted=frozenset(wanted), numbers=numbers)
    for index, (state, rule) in enumerate(zip(states, rules, strict=True)):
        if rule is not None and not _suffices(rule, approved, state.version_number):
            return index
    return None


def _suffices(rule: WitnessRule, approved: Mapping[Did, int], number: int) -> bool:
    # Whoever approves a version approves all that came before it.
    return sum(approved.get(did, 0) >= number for did in rule.witnesses) >= rule.threshold


def _approvals(
    witness_proofs: JsonValue | None, *, wanted: frozenset[Did], numbers: Mapping[str, int]
) -> Mapping[Did, int]:
    """Return the highest version number that each wanted witness has approved.

    Proofs of versions that are not in the log, of strangers, and such as do not hold count nothing.
    """
    approved: dict[Did, int] = {}
    for version_id, proof in _items(witness_proofs):
        number = numbers.get(version_id, 0)
        witness = _witness_of(proof)
        if witness not in wanted or approved.get(witness, 0) >= number:
            continue
        if _holds(version_id, proof, witness):
            approved[witness] = number
    return approved


def _items(witness_proofs: JsonValue | None) -> list[tuple[str, JsonObject]]:
    if witness_proofs is None:
        return []
    found: list[tuple[str, JsonObject]] = []
    for item in as_array(witness_proofs, at=""):
        members = as_object(item, at="")
        version_id = as_text(members.get("versionId"), at="/versionId")
        proofs = as_array(members.get("proof", []), at="/proof")
        found.extend((version_id, as_object(proof, at="/proof")) for proof in proofs)
    if len(found) > _MAX_PROOFS:
        raise MalformedError("more witness proofs than allowed")
    return found


def _witness_of(proof: JsonObject) -> Did | None:
    method = proof.get("verificationMethod")
    if not isinstance(method, str):
        return None
    body, _, fragment = method.partition("#")
    if body != f"did:key:{fragment}":
        return None
    return Did("key", fragment)


def _holds(version_id: str, proof: JsonObject, witness: Did) -> bool:
    keys = {key.method_id(witness): key.public_key(witness)}
    signed: JsonObject = {"versionId": version_id, "proof": proof}
    try:
        verify_proofs(signed, suites=_SUITES, keys=keys, purpose=_PURPOSE)
    except SsiError:
        return False
    return True
