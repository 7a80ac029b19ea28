"""What an HTTP answer of another party means: yes, no, or not known."""

from typing import Final

from ssi_core.errors import RejectedError, SsiError, UnavailableError
from wallet.ports import Answer

_CLIENT_ERRORS: Final = range(400, 500)
_NOT_NOW: Final = frozenset({408, 425, 429})


def may_yet_work(answer: Answer) -> bool:
    """Say whether the same request might be answered with yes at another time."""
    return answer.status not in _CLIENT_ERRORS or answer.status in _NOT_NOW


def refusal(answer: Answer, *, otherwise: str) -> SsiError:
    """Return the error that an answer which is not ok stands for; `otherwise` is its reason.

    A refusal in our own problem details keeps its class; every other one is a `RejectedError`,
    unless it says only "not now".
    """
    problem = answer.problem()
    if not isinstance(problem, UnavailableError):
        return problem
    if may_yet_work(answer):
        return UnavailableError("the other side did not answer")
    return RejectedError(otherwise)
