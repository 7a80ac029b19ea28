"""Look: what became of a request, as the desk sees it."""

from dataclasses import dataclass
from typing import final

from ssi_core.errors import NotFoundError, SsiError
from ssi_core.json_types import JsonObject
from verifier.checks import Check
from verifier.ports import Clock, RequestStore
from verifier.receipts import refusal_codes
from verifier.request import PresentationRequest, RequestState
from verifier.service.uses import Uses


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A request's state, every check of its answer, and the claims if they may be seen now.

    `withheld` says why claims that were accepted are not shown any more.
    """

    request: PresentationRequest
    state: RequestState
    checks: tuple[Check, ...] = ()
    reason: str | None = None
    refusals: tuple[str, ...] = ()
    claims: JsonObject | None = None
    withheld: tuple[str, ...] = ()
    grant_id: str | None = None
    receipt: str | None = None


@final
class Results:
    """Shows results; claims under a grant only if it permits that now."""

    def __init__(self, store: RequestStore, uses: Uses, clock: Clock) -> None:
        self._store = store
        self._uses = uses
        self._clock = clock

    def result(self, request_id: str) -> Result:
        """Return what became of a request; `NotFoundError` if there is none."""
        request = self._store.find(request_id)
        if request is None:
            raise NotFoundError("there is no such request")
        state = request.state_at(self._clock.now())
        if request.answer is None:
            attempt = request.attempt
            return Result(
                request=request,
                state=state,
                checks=attempt.checks if attempt else (),
                reason=attempt.reason if attempt else None,
            )
        answer = request.answer
        seen = self._uses.read(request)
        return Result(
            request=request,
            state=state,
            checks=answer.checks,
            reason=answer.reason,
            refusals=answer.refusals,
            claims=None if seen is None or isinstance(seen, SsiError) else seen.to_json(),
            withheld=refusal_codes(seen) if isinstance(seen, SsiError) else (),
            grant_id=answer.grant_id,
            receipt=answer.receipt,
        )
