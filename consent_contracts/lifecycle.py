"""The life of a consent: each state a type, each transition a function from one to the next.

requested -> given | refused, given <-> suspended, given or suspended -> withdrawn | superseded and,
by time alone, -> expired. The last three and `refused` are terminal: nothing leads out of them.
What begins unasked is in `offer`, what several have to agree to in `proposal`, a grant in the place
of a wider one in `narrowing`, and who may do each of these in `acting`.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from consent_contracts.grant import Grant
from consent_contracts.request import ConsentRequest, require_within
from consent_contracts.wire import require_name
from ssi_core.errors import ConflictError, MalformedError
from ssi_core.json_types import JsonValue


class GrantState(StrEnum):
    """The state of a grant as a log records it at one moment."""

    PENDING = "pending"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"

    @classmethod
    def parse(cls, value: JsonValue, *, at: str = "/state") -> "GrantState":
        """Read a state as it stands on the wire; an unknown one is refused."""
        for state in cls:
            if state.value == value:
                return state
        raise MalformedError("not a state of a grant", at=at)

    @property
    def is_terminal(self) -> bool:
        """Whether nothing leads out of this state."""
        return self in (GrantState.WITHDRAWN, GrantState.EXPIRED, GrantState.SUPERSEDED)


@dataclass(frozen=True, slots=True)
class RequestedConsent:
    """A recipient has asked; the person has not answered."""

    request: ConsentRequest
    requested_at: datetime


@dataclass(frozen=True, slots=True)
class RefusedConsent:
    """The person said no. Terminal."""

    request: ConsentRequest
    refused_at: datetime


@dataclass(frozen=True, slots=True)
class GivenConsent:
    """The grant stands, from the beginning of its period to the end."""

    grant: Grant
    given_at: datetime


@dataclass(frozen=True, slots=True)
class SuspendedConsent:
    """The grant permits nothing until it is resumed."""

    grant: Grant
    given_at: datetime
    suspended_at: datetime


@dataclass(frozen=True, slots=True)
class WithdrawnConsent:
    """The person took the grant back. Terminal."""

    grant: Grant
    withdrawn_at: datetime


@dataclass(frozen=True, slots=True)
class ExpiredConsent:
    """The grant's time is over. Terminal."""

    grant: Grant
    expired_at: datetime


@dataclass(frozen=True, slots=True)
class SupersededConsent:
    """Another grant, named by its id, took the place of this one. Terminal."""

    grant: Grant
    superseded_by: str
    superseded_at: datetime


LiveConsent: TypeAlias = GivenConsent | SuspendedConsent
EndedConsent: TypeAlias = WithdrawnConsent | ExpiredConsent | SupersededConsent
Consent: TypeAlias = RequestedConsent | RefusedConsent | LiveConsent | EndedConsent


def give(consent: Consent, grant: Grant, *, at: datetime) -> GivenConsent:
    """Answer a request with a grant that does not go beyond it and is not over yet."""
    requested = _requested(consent, at)
    require_within(grant, requested.request)
    if is_over(grant, at):
        raise ConflictError("the time of this grant is over")
    return GivenConsent(grant, at)


def refuse(consent: Consent, *, at: datetime) -> RefusedConsent:
    """Answer a request with no."""
    return RefusedConsent(_requested(consent, at).request, at)


def suspend(consent: Consent, *, at: datetime) -> SuspendedConsent:
    """Let the grant permit nothing for now."""
    found = live(consent, at)
    if isinstance(found, SuspendedConsent):
        raise ConflictError("this consent is suspended already")
    return SuspendedConsent(found.grant, found.given_at, at)


def resume(consent: Consent, *, at: datetime) -> GivenConsent:
    """Let a suspended grant permit again."""
    found = live(consent, at)
    if isinstance(found, GivenConsent):
        raise ConflictError("this consent is not suspended")
    return GivenConsent(found.grant, found.given_at)


def withdraw(consent: Consent, *, at: datetime) -> WithdrawnConsent:
    """Take the grant back for good, whether it is in force, pending or suspended."""
    return WithdrawnConsent(live(consent, at).grant, at)


def supersede(consent: Consent, *, by: str, at: datetime) -> SupersededConsent:
    """Put another grant, named by its id, in the place of this one."""
    found = live(consent, at)
    if require_name(by, at="/superseded_by") == found.grant.id:
        raise MalformedError("a grant does not supersede itself", at="/superseded_by")
    return SupersededConsent(found.grant, by, at)


def expire(consent: Consent, *, at: datetime) -> ExpiredConsent:
    """Note that the grant's time is over; before that, nobody can make it so."""
    settled = settle(consent, at=at)
    if isinstance(settled, ExpiredConsent) and settled is not consent:
        return settled
    live(settled, at)
    raise ConflictError("the time of this grant is not over")


def settle(consent: Consent, *, at: datetime) -> Consent:
    """Return the consent as time has left it: expired if its grant is over, else as it is."""
    if isinstance(consent, GivenConsent | SuspendedConsent) and is_over(consent.grant, at):
        return ExpiredConsent(consent.grant, consent.grant.period.end or at)
    return consent


def recorded_state(consent: LiveConsent | EndedConsent, *, at: datetime) -> GrantState:
    """Return the word that a log has for the consent's state at this moment."""
    match settle(consent, at=at):
        case GivenConsent(grant=grant):
            start = grant.period.start
            pending = start is not None and at < start
            return GrantState.PENDING if pending else GrantState.ACTIVE
        case SuspendedConsent():
            return GrantState.SUSPENDED
        case WithdrawnConsent():
            return GrantState.WITHDRAWN
        case SupersededConsent():
            return GrantState.SUPERSEDED
        case ExpiredConsent():
            return GrantState.EXPIRED
        case _:
            raise ConflictError("a consent that was not given has no recorded state")


def live(consent: Consent, at: datetime) -> LiveConsent:
    """Return the consent if it was given and has not ended; raise `ConflictError` if not."""
    settled = settle(consent, at=at)
    if isinstance(settled, GivenConsent):
        require_later(settled.given_at, at)
        return settled
    if isinstance(settled, SuspendedConsent):
        require_later(settled.suspended_at, at)
        return settled
    if isinstance(settled, RequestedConsent):
        raise ConflictError("this consent has not been given")
    raise ConflictError("this consent has ended, and stays so")


def require_later(before: datetime, at: datetime) -> None:
    """Refuse an act that lies before the one it follows."""
    if at < before:
        raise ConflictError("the life of a consent runs forwards")


def is_over(grant: Grant, at: datetime) -> bool:
    """Say whether the period of `grant` is over."""
    if at.tzinfo is None:
        raise MalformedError("a moment needs a time zone")
    return grant.period.end is not None and at >= grant.period.end


def _requested(consent: Consent, at: datetime) -> RequestedConsent:
    if not isinstance(consent, RequestedConsent):
        raise ConflictError("this request has been answered")
    require_later(consent.requested_at, at)
    return consent
