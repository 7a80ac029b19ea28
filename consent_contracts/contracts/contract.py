"""A contract, how it decides, and how anyone who holds the inputs checks that it did."""

from typing import ClassVar, Protocol

from consent_contracts.contracts.digests import mark_of
from consent_contracts.contracts.inputs import ContractInputs
from consent_contracts.contracts.reason import CommonReason, Reason
from consent_contracts.contracts.verdict import ContractDecision, Verdict, ordered, outcome_of
from ssi_core.errors import MalformedError, ProofError


class Contract(Protocol):
    """A named, versioned, pure function over terms, verified facts and state."""

    name: ClassVar[str]
    """The name under which its terms are signed."""
    version: ClassVar[int]
    """The version under which its terms are signed; a change of rules is a new one."""

    def judge(self, inputs: ContractInputs) -> Verdict:
        """Name everything that stands against `inputs`; `MalformedError` if they make no sense."""
        ...


def decide(contract: Contract, inputs: ContractInputs) -> ContractDecision:
    """Authorise, refuse or refer to a person; the same inputs give the same bytes to everyone."""
    if (inputs.contract, inputs.version) != (contract.name, contract.version):
        raise MalformedError("inputs of another contract", at="/contract")
    verdict = contract.judge(inputs)
    marks = {_nonce_mark(inputs): CommonReason.REPLAYED, **verdict.marks}
    taken = [reason for mark, reason in marks.items() if mark in inputs.taken]
    found = (*taken, *_against_terms(inputs, verdict.signers), *verdict.reasons)
    reasons = ordered(found)
    return ContractDecision(
        contract=contract.name,
        version=contract.version,
        decider=inputs.decider,
        at=inputs.at,
        nonce=inputs.nonce,
        inputs_digest=inputs.digest,
        outcome=outcome_of(reasons),
        reasons=tuple(reason.value for reason in reasons),
        consent=verdict.consent,
        result={} if reasons else verdict.result,
        marks=() if reasons else tuple(sorted(marks)),
    )


def verify_decision(
    contract: Contract, inputs: ContractInputs, decision: ContractDecision
) -> ContractDecision:
    """Return the decision if these inputs lead to it, and to nothing else; else `ProofError`."""
    if decide(contract, inputs).canonical() != decision.canonical():
        raise ProofError("these inputs lead to another decision")
    return decision


def _nonce_mark(inputs: ContractInputs) -> str:
    # Not bound to the terms: one presentation must not be used for two of a decider's contracts.
    return mark_of("nonce", str(inputs.decider), inputs.nonce)


def _against_terms(inputs: ContractInputs, signers: frozenset[str]) -> list[Reason]:
    digest, reasons = inputs.terms_digest, list[Reason]()
    signed = {each.party for each in inputs.signatures if each.terms == digest}
    if any(each.terms != digest for each in inputs.signatures if each.party in signers - signed):
        reasons.append(CommonReason.TERMS_ALTERED)
    if not signers <= {each.party for each in inputs.signatures}:
        reasons.append(CommonReason.TERMS_UNSIGNED)
    return reasons
