"""A request from its creation to its one answer."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from ssi_core.errors import ExpiredError, ReplayError
from ssi_core.json_types import JsonObject
from ssi_core.protocol.openid4vp import AuthorizationRequest, ResponseMode
from verifier.checks import Check


class RequestState(StrEnum):
    """Where a request is in its life. The last four absorb."""

    CREATED = "created"
    FETCHED = "fetched"
    VERIFIED = "verified"
    REFUSED = "refused"
    """The holder said no."""
    DENIED = "denied"
    """The verifier said no to the answer."""
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of the one answer to a request.

    `form` is the digest of what was posted, `presentation` that of the `vp_token` in it.
    `agreement` and `claims` are sealed; only the claims are ever erased.
    """

    state: RequestState
    answered_at: datetime
    form: str
    checks: tuple[Check, ...] = ()
    reason: str | None = None
    refusals: tuple[str, ...] = ()
    presentation: str | None = None
    grant_id: str | None = None
    receipt: str | None = None
    agreement: bytes | None = None
    claims: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """An answer that could be judged neither way; the same or another may still come."""

    checks: tuple[Check, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentationRequest:
    """One question to one holder. `policy` and `parameters` stay as they were when it was made.

    `id` is the desk's; `response_id` is in the response URI and known to the wallet alone.
    `response_key` is the sealed private key that an encrypted response is made for.
    """

    id: str
    response_id: str
    policy: JsonObject
    parameters: AuthorizationRequest
    created_at: datetime
    expires_at: datetime
    response_key: bytes | None = None
    state: RequestState = RequestState.CREATED
    attempt: Attempt | None = None
    answer: Answer | None = None

    @property
    def encrypted(self) -> bool:
        """Whether the response must be encrypted."""
        return self.parameters.response_mode is ResponseMode.DIRECT_POST_JWT

    def state_at(self, moment: datetime) -> RequestState:
        """Return the state, in which time alone expires what was not answered."""
        if self.answer is None and moment >= self.expires_at:
            return RequestState.EXPIRED
        return self.state

    def require_open(self, moment: datetime) -> None:
        """Return if the request can be answered; raise `ReplayError` or `ExpiredError` if not."""
        if self.answer is not None:
            raise ReplayError("this request has been answered")
        if moment >= self.expires_at:
            raise ExpiredError("this request has expired")

    def fetched(self) -> Self:
        """Return the request as it is once a wallet has read it."""
        return self if self.answer is not None else replace(self, state=RequestState.FETCHED)

    def answered(self, answer: Answer) -> Self:
        """Return the request with its answer; a second one is a `ReplayError`."""
        if self.answer is not None:
            raise ReplayError("this request has been answered")
        return replace(self, state=answer.state, answer=answer, attempt=None)
