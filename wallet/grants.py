"""Who may see what right now: every grant this wallet gave, with what became of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from consent_contracts.grant import Grant
from consent_contracts.purpose import Purpose
from ssi_core.json_types import JsonObject
from ssi_core.period import to_timestamp
from wallet.outbox import unsent_entry
from wallet.sharing import Acknowledged, Given, Logged, Shared, Sharing, Undone, Wanted


class GrantState(StrEnum):
    """Where a grant is in its life, as its giver sees it."""

    INTERRUPTED = "interrupted"
    """The person said yes, and the answer is still on its way; `resume` goes on."""
    PENDING = "pending"
    ACTIVE = "active"
    WITHDRAWING = "withdrawing"
    """The person took it back, and the log could not be told yet; `resume` goes on."""
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantView:
    """One grant, as a person sees it."""

    id: str
    recipient: str
    recipient_name: str
    state: GrantState
    grant: Grant
    given: tuple[Given, ...]
    given_at: datetime
    withdrawn_at: datetime | None
    acknowledged_at: datetime | None
    erased: bool
    problem: str | None
    receipt: str | None
    not_sent: bool
    """Whether the log does not have the person's last word on this grant yet."""

    def to_json(self) -> JsonObject:
        """Return the view as JSON; moments in seconds since 1970."""
        period = self.grant.period
        return {
            "grant": self.id,
            "recipient": self.recipient,
            "recipient_name": self.recipient_name,
            "state": self.state.value,
            "purposes": [_purpose(purpose) for purpose in sorted(self.grant.purposes)],
            "credentials": [_given(given) for given in self.given],
            "access": sorted({str(item.access) for item in self.grant.scope}),
            "given_at": to_timestamp(self.given_at),
            "not_before": _moment(period.start),
            "expires": _moment(period.end),
            "withdrawn_at": _moment(self.withdrawn_at),
            "acknowledged": self.acknowledged_at is not None,
            "acknowledged_at": _moment(self.acknowledged_at),
            "erased": self.erased,
            "problem": self.problem,
            "receipt": self.receipt,
            "not_sent": self.not_sent,
        }


def grant_view(sharing: Sharing, *, at: datetime) -> GrantView | None:
    """Return the grant of a sharing as it is at a moment; nothing if it had none."""
    if (consented := sharing.consented) is None:
        return None
    ended = sharing.withdrawal
    acknowledged = ended if isinstance(ended, Acknowledged) else None
    logged = ended if isinstance(ended, Logged) else None
    state = sharing.state
    return GrantView(
        id=consented.grant_id,
        recipient=str(consented.request.recipient),
        recipient_name=consented.request.recipient_name,
        state=_state(sharing, consented.grant, at=at),
        grant=consented.grant,
        given=sharing.given,
        given_at=sharing.given_at,
        withdrawn_at=ended.withdrawn_at if isinstance(ended, Logged | Acknowledged) else None,
        acknowledged_at=None if acknowledged is None else acknowledged.acknowledged_at,
        erased=acknowledged is not None and acknowledged.erased,
        problem=state.reason if isinstance(state, Undone) else logged.problem if logged else None,
        receipt=state.receipt if isinstance(state, Shared | Undone) else None,
        not_sent=unsent_entry(sharing) is not None,
    )


def _state(sharing: Sharing, grant: Grant, *, at: datetime) -> GrantState:
    if isinstance(sharing.withdrawal, Wanted):
        return GrantState.WITHDRAWING
    if sharing.withdrawal is not None:
        return GrantState.WITHDRAWN
    start, end = grant.period.start, grant.period.end
    if end is not None and at >= end:
        return GrantState.EXPIRED
    if not isinstance(sharing.state, Shared):
        return GrantState.INTERRUPTED
    return GrantState.PENDING if start is not None and at < start else GrantState.ACTIVE


def _given(given: Given) -> JsonObject:
    return {
        "credential": given.share.credential_id,
        "title": given.title,
        "vct": given.vct,
        "claims": list(given.labels),
    }


def _purpose(purpose: Purpose) -> JsonObject:
    return {"code": purpose.value, "display": purpose.display}


def _moment(value: datetime | None) -> int | None:
    return None if value is None else to_timestamp(value)
