"""What a person does unasked: offers a grant to somebody, or objects."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from consent_contracts.grant import Effect, Grant
from consent_contracts.lifecycle import ExpiredConsent, GivenConsent, is_over, require_later
from ssi_core.errors import ConflictError, MalformedError


@dataclass(frozen=True, slots=True)
class OfferedConsent:
    """A grant that nobody asked for; it permits nothing before its recipient takes it."""

    grant: Grant
    offered_at: datetime


@dataclass(frozen=True, slots=True)
class DeclinedOffer:
    """The recipient does not want it, or not on these terms. Terminal."""

    grant: Grant
    declined_at: datetime


@dataclass(frozen=True, slots=True)
class RetractedOffer:
    """The person took the offer back. Terminal."""

    grant: Grant
    retracted_at: datetime


Offer: TypeAlias = OfferedConsent | DeclinedOffer | RetractedOffer | ExpiredConsent


def offer(grant: Grant, *, at: datetime) -> OfferedConsent:
    """Offer `grant` to its recipient."""
    if grant.effect is not Effect.PERMIT:
        raise MalformedError("an objection is not offered", at="/terms/effect")
    if is_over(grant, at):
        raise ConflictError("the time of this grant is over")
    return OfferedConsent(grant, at)


def accept(offered: Offer, *, at: datetime) -> GivenConsent:
    """Take the offer, and with it the grant's obligations."""
    return GivenConsent(_open(offered, at).grant, at)


def decline(offered: Offer, *, at: datetime) -> DeclinedOffer:
    """Answer an offer with no."""
    return DeclinedOffer(_open(offered, at).grant, at)


def retract(offered: Offer, *, at: datetime) -> RetractedOffer:
    """Take back an offer that was not answered."""
    return RetractedOffer(_open(offered, at).grant, at)


def settle(offered: Offer, *, at: datetime) -> Offer:
    """Return the offer as time has left it: over with the period of its grant."""
    if isinstance(offered, OfferedConsent) and is_over(offered.grant, at):
        return ExpiredConsent(offered.grant, offered.grant.period.end or at)
    return offered


def object_to(objection: Grant, *, at: datetime) -> GivenConsent:
    """Let an objection stand; nobody has to take it, or to have asked for it."""
    if objection.effect is not Effect.DENY:
        raise MalformedError("this permits something", at="/terms/effect")
    if is_over(objection, at):
        raise ConflictError("the time of this objection is over")
    return GivenConsent(objection, at)


def _open(offered: Offer, at: datetime) -> OfferedConsent:
    settled = settle(offered, at=at)
    if not isinstance(settled, OfferedConsent):
        raise ConflictError("this offer has been answered, or is over")
    require_later(settled.offered_at, at)
    return settled
