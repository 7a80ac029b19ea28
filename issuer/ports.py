"""What the issuer needs from outside: a durable store, and a log for its status lists.

Each store method is one transaction: what it has returned from survives the loss of power.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from issuer.model.credential import Copy, Credential
from issuer.model.offer import AccessToken, Offer
from issuer.model.record import SealedResource, StoredRecord
from issuer.model.status_list import DismissedPublication, Publication, SignedStatusList
from registry.client.registry_client import Outcome


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present moment, aware and in UTC."""
        ...


class RecordStore(Protocol):
    """Sealed claims, until they are erased."""

    def add_record(self, record: StoredRecord) -> None:
        """Keep a record with its resources."""
        ...

    def find_resources(self, record: str) -> Mapping[str, SealedResource] | None:
        """Return the resources of a record by id; nothing if there is no such record."""
        ...

    def find_resource(self, resource: str) -> SealedResource | None:
        """Return one resource."""
        ...

    def erase(self, *, at: datetime, unoffered_since: datetime) -> int:
        """Erase the claims that no live offer or token can lead to, and return how many.

        Claims that were never offered are erased if their record is from before `unoffered_since`.
        """
        ...


class OfferStore(Protocol):
    """Offers and access tokens."""

    def add_offer(self, offer: Offer) -> None:
        """Keep a new offer."""
        ...

    def find_offer(self, offer: str) -> Offer | None:
        """Return the offer with this id."""
        ...

    def find_offer_by_code(self, digest: str) -> Offer | None:
        """Return the offer whose pre-authorized code has this digest."""
        ...

    def replace_offer(
        self, after: Offer, *, before: Offer, token: AccessToken | None = None
    ) -> None:
        """Change an offer and keep the token that it became, if any.

        Raises `ConflictError` if the offer is no longer as it was `before`.
        """
        ...

    def find_token(self, digest: str) -> AccessToken | None:
        """Return the access token with this digest."""
        ...

    def forget_expired(self, at: datetime) -> None:
        """Forget tokens and spent nonces whose time is over."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuance:
    """Everything that must be true once copies of a credential have been issued."""

    credential: Credential
    copies: Sequence[Copy]
    spent_nonces: Mapping[str, datetime]
    """Digest of each nonce, and when it would have expired anyway."""
    notification: str


class CredentialStore(Protocol):
    """Issued credentials and their copies."""

    def find_credential(self, credential: str) -> Credential | None:
        """Return the credential with this id."""
        ...

    def find_issued(self, offer: str) -> Sequence[Credential]:
        """Return the credentials of an offer, oldest first."""
        ...

    def copies_of(self, credential: str) -> Sequence[Copy]:
        """Return every copy of a credential."""
        ...

    def taken(self, status_list: int, indexes: Collection[int]) -> frozenset[int]:
        """Return those of `indexes` that a copy already has."""
        ...

    def count_copies(self, status_list: int) -> int:
        """Return how many indexes of a list are taken."""
        ...

    def issue(self, issuance: Issuance, *, before: Credential | None) -> None:
        """Add copies to a credential, which is new if there is none `before`.

        Raises `ReplayError` if a nonce was spent before, `ConflictError` if an index is taken or
        the credential has changed.
        """
        ...

    def note(self, notification: str, *, offer: str, event: str) -> bool:
        """Write down what became of an issuance of `offer`; false if there was no such issuance."""
        ...


class StatusListStore(Protocol):
    """Status lists, their tokens, and the queue of their publications."""

    def find_list(self, number: int) -> SignedStatusList | None:
        """Return one list."""
        ...

    def latest_list(self) -> SignedStatusList | None:
        """Return the list that was opened last."""
        ...

    def open_list(self, opened: SignedStatusList, publication: Publication | None) -> None:
        """Keep a new list, with the entry that publishes it; `ConflictError` if it is there."""
        ...

    def replace_token(self, signed: SignedStatusList) -> None:
        """Keep a newer token of the same bits; nothing happens if the bits have changed since."""
        ...

    def change_state(
        self,
        after: Credential,
        *,
        before: Credential,
        lists: Sequence[SignedStatusList],
        publications: Sequence[Publication],
    ) -> None:
        """Change a credential and the lists of its copies, and queue their publication.

        `lists` are one version on. Raises `ConflictError` if the credential, or a list, has
        changed.
        """
        ...

    def last_publication(self, uri: str) -> Publication | None:
        """Return the latest entry for a list, published or still waiting."""
        ...

    def add_publication(self, publication: Publication) -> None:
        """Queue an entry; `ConflictError` if its sequence number is taken."""
        ...

    def waiting_publications(self) -> Sequence[Publication]:
        """Return the entries that are not in the log yet, in the order they must be sent in."""
        ...

    def mark_published(self, publication: Publication) -> None:
        """Remember that an entry is in the log."""
        ...

    def dismiss(self, uri: str, dismissed: Sequence[DismissedPublication]) -> None:
        """Keep what was dismissed instead of all entries for a list that are not in the log."""
        ...

    def dismissed_publications(self) -> Sequence[DismissedPublication]:
        """Return what was ever dismissed, in that order."""
        ...

    def replace_waiting(self, uri: str, by: Publication) -> None:
        """Put one entry in the place of all those for a list that are not in the log."""
        ...


class StatusLog(Protocol):
    """The log that the digest of every version of a status list is published in."""

    def entry(
        self, *, uri: str, digest: str, ttl: timedelta, previous: bytes | None, at: datetime
    ) -> bytes:
        """Return the signed entry that publishes `digest`, without sending it."""
        ...

    def submit_all(self, entries: Sequence[bytes], /) -> Sequence[Outcome]:
        """Put entries in the log, in this order, unless they are there; say what became of each.

        `UnavailableError` if it is silent.
        """
        ...

    def ask(self) -> None:
        """Return if the log answers; `UnavailableError` if not."""
        ...

    def latest(self, uri: str) -> tuple[str, bytes] | None:
        """Return the digest that the log has for a list, and the entry that published it."""
        ...
