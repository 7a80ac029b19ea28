"""A decision signed by whoever decided: who said what, and why, for anyone to keep and check."""

from typing import Final

from consent_contracts import signed
from consent_contracts.contracts.contract import Contract, verify_decision
from consent_contracts.contracts.inputs import ContractInputs
from consent_contracts.contracts.verdict import ContractDecision
from ssi_core import strict_json
from ssi_core.errors import ProofError
from ssi_core.keys import PublicKey, Signer

TYPE: Final = "consent-contract-decision+jwt"


def sign_decision(decision: ContractDecision, *, signer: Signer, key_id: str) -> str:
    """Sign a decision with a key of the decider's DID, named by `key_id` (a DID URL).

    What is signed are the decision's canonical bytes.
    """
    claims = strict_json.parse_object(decision.canonical())
    text = signed.sign(claims, typ=TYPE, signer=signer, key_id=key_id)
    _require_own_key(text, decision)
    return text


def verify_signed(text: str, *, key: PublicKey) -> ContractDecision:
    """Return the decision if `key` of its decider signed it (`signed.key_id` names it)."""
    decision = ContractDecision.parse(signed.verify(text, typ=TYPE, key=key))
    _require_own_key(text, decision)
    return decision


def reproduce(
    text: str, contract: Contract, inputs: ContractInputs, *, key: PublicKey
) -> ContractDecision:
    """Return the signed decision if its decider signed it and these inputs lead to it."""
    return verify_decision(contract, inputs, verify_signed(text, key=key))


def _require_own_key(text: str, decision: ContractDecision) -> None:
    if signed.key_id(text).did != decision.decider:
        raise ProofError("signed by a key of somebody else", at="/header/kid")
