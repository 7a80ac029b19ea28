"""Why a contract does not authorise: closed lists, each reason with its consequence."""

from enum import StrEnum
from typing import Self


class Outcome(StrEnum):
    """What a contract decides."""

    AUTHORISE = "authorise"
    REFUSE = "refuse"
    REFER = "refer"
    """A person has to decide."""


class Reason(StrEnum):
    """A condition that did not hold; each contract lists its own, in the order of naming them.

    A line is its code, one sentence for a person, and what follows if not refusal.
    """

    explanation: str
    outcome: Outcome

    def __new__(cls, code: str, explanation: str, outcome: Outcome = Outcome.REFUSE) -> Self:
        """Make a member; only the lists of reasons do."""
        reason = str.__new__(cls, code)
        reason._value_ = code
        reason.explanation, reason.outcome = explanation, outcome
        return reason


class CommonReason(Reason):
    """What stands against any contract, named before the contract's own reasons."""

    REPLAYED = "replayed", "This request has been decided before."
    TERMS_ALTERED = "terms_altered", "The terms are not those that were signed."
    TERMS_UNSIGNED = "terms_unsigned", "Not every party has signed the terms."
