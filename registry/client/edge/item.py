"""One entry on its way into the log: queued, then sent or refused; what was refused, dismissed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Self, TypeAlias

from registry.model.envelope import Entry
from ssi_core.errors import ConflictError, RejectedError


class ItemState(StrEnum):
    """Where an entry is; `queued` means that nobody but us has it.

    `dismissed` was refused, and somebody has seen to it: it is kept, and waits for nobody.
    """

    QUEUED = "queued"
    SENT = "sent"
    REFUSED = "refused"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class Arriving:
    """An entry that is to be kept, read already; `after` as for `Waiting`."""

    entry: Entry
    after: bytes | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """An entry that has to be sent, with its leaf hash.

    `after` is the leaf hash of the entry in the same queue that it builds on.
    """

    entry: bytes
    leaf: bytes
    after: bytes | None = None

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
    """The registry has looked at it and will not have it; `code` and `reason` are its own.

    In a conflict, `winner` is the index of the entry that was first. What builds on a refused entry
    is not sent: it is refused here, by the code of the other and with a reason of our own.
    """

    leaf: bytes
    code: str
    reason: str
    at: datetime
    winner: int | None = None

    def error(self) -> ConflictError | RejectedError:
        """Return the error that whoever signed the entry is told."""
        if self.code == ConflictError.code:
            return ConflictError(self.reason, winner=self.winner)
        return RejectedError(self.reason)


def require_refused(refusal: Refused | None, *, at: str) -> Refused:
    """Return how an entry was refused, of one that somebody wants to dismiss.

    Raises `ConflictError` for one that may still be sent, or was: it would be lost by that.
    """
    if refusal is None:
        raise ConflictError("only an entry that was refused can be dismissed", at=at)
    return refusal


_NEVER_SENT: Final = frozenset({ItemState.REFUSED, ItemState.DISMISSED})
Settled: TypeAlias = Sent | Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One place in an outbox. Its `entry` is empty once it was sent: the log has it then.

    `after` is the leaf hash of the entry in this outbox that it builds on, `winner` the index of
    the log's entry that was first.
    """

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
    after: bytes | None = None
    winner: int | None = None

    def refusal(self) -> Refused | None:
        """Return how it was refused, if it was; that it was dismissed since changes nothing."""
        if self.state not in _NEVER_SENT:
            return None
        code, reason = self.code or RejectedError.code, self.reason or ""
        return Refused(self.leaf, code, reason, self.settled_at or self.queued_at, self.winner)
