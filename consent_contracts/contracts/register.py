"""What may happen once, happens once: the register of marks, and the step that enters them."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from consent_contracts.contracts.contract import Contract, decide
from consent_contracts.contracts.inputs import ContractInputs
from consent_contracts.contracts.reason import Outcome
from consent_contracts.contracts.verdict import ContractDecision
from ssi_core.errors import ConflictError, UnavailableError


class ClaimRegister(Protocol):
    """Marks that decisions have used up. Parties who must not pay twice between them share one.

    A mark is a digest that tells nothing; so the register learns no person, claim or amount.
    """

    def enter(self, marks: Collection[str], *, decision: str, at: datetime) -> None:
        """Enter all `marks` for the decision with this digest, durably, or none of them.

        `ConflictError` if another decision has any of them. The same again changes nothing.
        """
        ...

    def taken(self, marks: Collection[str]) -> frozenset[str]:
        """Return those of `marks` that have been entered."""
        ...


@dataclass(frozen=True, slots=True)
class Settlement:
    """A decision that counts, and the inputs that lead to it."""

    inputs: ContractInputs
    decision: ContractDecision


def settle(contract: Contract, inputs: ContractInputs, *, register: ClaimRegister) -> Settlement:
    """Decide, and if that authorises enter its marks; of many who race for one, one is authorised.

    Keep `inputs` before calling: after a crash the same inputs give the same authorisation again,
    and any others a refusal.
    """
    decision = decide(contract, inputs)
    if decision.outcome is not Outcome.AUTHORISE:
        return Settlement(inputs, decision)
    try:
        register.enter(decision.marks, decision=decision.digest, at=inputs.at)
    except ConflictError:
        return _too_late(contract, inputs, register.taken(decision.marks))
    return Settlement(inputs, decision)


def _too_late(contract: Contract, inputs: ContractInputs, taken: frozenset[str]) -> Settlement:
    seen = replace(inputs, taken=inputs.taken | taken)
    decision = decide(contract, seen)
    if decision.outcome is Outcome.AUTHORISE:
        raise UnavailableError("the register refuses what it does not know")
    return Settlement(seen, decision)
