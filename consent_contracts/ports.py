"""What the consent room needs from outside."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from consent_contracts.break_glass_log import (
    Entered,
    LoggedEmergency,
    LogPresence,
    RefusedEmergency,
)
from consent_contracts.kept import Document, Kind
from ssi_core.did.syntax import DidUrl
from ssi_core.json_types import JsonObject
from ssi_core.keys import PublicKey


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present moment, aware and in UTC."""
        ...


class Store(Protocol):
    """Documents of a custodian, durably."""

    def commit(self, documents: Sequence[Document]) -> None:
        """Keep all of these, or none: `ConflictError` if one is not the next revision of itself."""
        ...

    def find(self, kind: Kind, document_id: str) -> Document | None:
        """Return a document in its last revision."""
        ...

    def of_keys(self, kind: Kind, keys: Collection[str]) -> tuple[Document, ...]:
        """Return each document that has any of `keys`, oldest first."""
        ...

    def page(self, kind: Kind, *, after: int, limit: int) -> tuple[Document, ...]:
        """Return at most `limit` documents that came after number `after`, oldest first."""
        ...


class SigningKeys(Protocol):
    """The keys of those who sign receipts."""

    def assertion_key(self, key_id: DidUrl) -> PublicKey:
        """Return the key under `assertionMethod`, or raise what stands in the way."""
        ...


class EmergencyLog(Protocol):
    """The log that emergencies are told to, and what keeps entries for it while it is away."""

    def sign(self, body: JsonObject) -> tuple[str, bytes]:
        """Return an entry of `body` (`log_body`) with its id, signed by a key of its own."""
        ...

    def record(self, entry: bytes) -> Entered:
        """Hand in an entry: proved to be in the log, or kept durably until that can be reached.

        The same bytes are one entry. Raises `RejectedError` for one that the log will not have, and
        `UnavailableError` where nothing is known of the log at all.
        """
        ...

    def prove(self, entry: bytes) -> LoggedEmergency | RefusedEmergency:
        """Return where the log has an entry that was handed in, or that it will not have it.

        Raises `UnavailableError` while the entry waits, `RejectedError` for a log that acknowledged
        it and proves something else.
        """
        ...

    def presence(self) -> LogPresence | None:
        """Return whether the log is there, since when, and what waits; nothing without one."""
        ...
