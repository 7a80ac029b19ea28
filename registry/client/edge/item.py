"""One entry on its way into the log: queued, then sent or refused, and nothing after that."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self, TypeAlias

from registry.model.envelope import Entry


class ItemState(StrEnum):
    """Where an entry is; `queued` means that nobody but us has it."""

    QUEUED = "queued"
    SENT = "sent"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Waiting:
    """An entry that has to be sent, with its leaf hash."""

    entry: bytes
    leaf: bytes

    @classmethod
    def of(cls, entry: bytes) -> Self:
        """Read an entry's leaf; `MalformedError` for bytes that no log would take."""
        return cls(entry, Entry.parse(entry).leaf)


@dataclass(frozen=True, slots=True)
class Sent:
    """The registry has it durably, at `index`."""

    leaf: bytes
    index: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """The registry has looked at it and will not have it; `code` and `reason` are its own."""

    leaf: bytes
    code: str
    reason: str
    at: datetime


Settled: TypeAlias = Sent | Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One place in an outbox. Its `entry` is empty once it was sent: the log has it then."""

    number: int
    entry: bytes
    leaf: bytes
    type: str
    about: str | None
    state: ItemState
    queued_at: datetime
    index: int | None = None
    code: str | None = None
    reason: str | None = None
    settled_at: datetime | None = None
