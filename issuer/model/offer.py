"""Credential offers and the access tokens that they turn into."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class OfferState(StrEnum):
    """Where an offer is in its life; the last two are its end."""

    OFFERED = "offered"
    REDEEMED = "redeemed"
    ISSUED = "issued"
    LOCKED = "locked"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """One credential of an offer; `identifier` is its `credential_identifier` on the wire."""

    identifier: str
    configuration: str
    resource: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An offer; of its codes only keyed digests are kept."""

    id: str
    code_digest: str
    tx_code_digest: str | None
    datasets: tuple[Dataset, ...]
    created_at: datetime
    expires_at: datetime
    state: OfferState = OfferState.OFFERED
    failed_attempts: int = 0

    def state_at(self, at: datetime) -> OfferState:
        """Return the state as it is at a moment: time alone makes an offer expire."""
        if self.state is OfferState.OFFERED and at >= self.expires_at:
            return OfferState.EXPIRED
        return self.state

    def after_wrong_code(self, *, attempts: int) -> "Offer":
        """Return the offer after a wrong transaction code: locked after the last of `attempts`."""
        failed = self.failed_attempts + 1
        state = OfferState.LOCKED if failed >= attempts else self.state
        return replace(self, failed_attempts=failed, state=state)

    def redeemed(self) -> "Offer":
        """Return the offer once its code has become an access token; it works no more."""
        return replace(self, state=OfferState.REDEEMED)

    def issued(self) -> "Offer":
        """Return the offer once a credential of it was issued."""
        return replace(self, state=OfferState.ISSUED)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """What an access token, kept as a digest, allows: these datasets of this offer, for a time."""

    digest: str
    offer: str
    identifiers: tuple[str, ...]
    client_id: str | None
    expires_at: datetime
