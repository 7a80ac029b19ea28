"""A consent request as it is kept: what was asked, when, and how it was answered."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from consent_contracts.grant import Grant
from consent_contracts.lifecycle import RequestedConsent, give, refuse
from consent_contracts.request import ConsentRequest, require_within
from consent_contracts.wire import as_moment
from ssi_core.errors import ConflictError, MalformedError
from ssi_core.json_types import JsonObject
from ssi_core.period import to_timestamp
from ssi_core.strict_json import as_text


class RequestState(StrEnum):
    """What became of a request."""

    REQUESTED = "requested"
    GIVEN = "given"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRequest:
    """A request, and the id of the grant that answers it now; `None` if none does."""

    request: ConsentRequest
    requested_at: datetime
    state: RequestState = RequestState.REQUESTED
    grant_id: str | None = None

    @classmethod
    def parse(cls, source: JsonObject) -> Self:
        """Read what `to_json` wrote."""
        grant_id = source.get("grant_id")
        return cls(
            request=ConsentRequest.parse(as_text(source.get("request"), at="/request")),
            requested_at=as_moment(source.get("requested_at"), at="/requested_at"),
            state=RequestState(as_text(source.get("state"), at="/state")),
            grant_id=None if grant_id is None else as_text(grant_id, at="/grant_id"),
        )

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads: the request in the form that its digest is of."""
        return {
            "request": self.request.text,
            "requested_at": to_timestamp(self.requested_at),
            "state": self.state.value,
            "grant_id": self.grant_id,
        }

    def given(self, grant: Grant, *, at: datetime) -> Self:
        """Return the request as `grant` answers it; a later one must take the earlier's place."""
        if self.state is RequestState.GIVEN:
            if grant.supersedes is None or grant.supersedes != self.grant_id:
                raise ConflictError("this request has been answered")
            require_within(grant, self.request)
        else:
            give(self._requested(), grant, at=at)
        return replace(self, state=RequestState.GIVEN, grant_id=grant.id)

    def refused(self, *, at: datetime) -> Self:
        """Return the request as the person refused it."""
        refuse(self._requested(), at=at)
        return replace(self, state=RequestState.REFUSED)

    def _requested(self) -> RequestedConsent:
        if self.state is not RequestState.REQUESTED:
            raise ConflictError("this request has been answered")
        return RequestedConsent(self.request, self.requested_at)


def require_asked_now(request: ConsentRequest, *, at: datetime) -> ConsentRequest:
    """Return the request unless the time that it asks for is over."""
    if request.period.end is not None and at >= request.period.end:
        raise MalformedError("asks for a time that is over", at="/expires")
    return request
