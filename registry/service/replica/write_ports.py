"""What taking entries at a replica needs: an outbox, the log itself, and somewhere for evidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from registry.service.sequencer import Outcome, Queued
from ssi_core.errors import SsiError


class KeptItem(Protocol):
    """An entry in an outbox."""

    @property
    def entry(self) -> bytes: ...  # noqa: D102 - as in the outbox

    @property
    def leaf(self) -> bytes: ...  # noqa: D102

    @property
    def type(self) -> str: ...  # noqa: D102

    @property
    def about(self) -> str | None: ...  # noqa: D102

    @property
    def queued_at(self) -> datetime: ...  # noqa: D102

    @property
    def reason(self) -> str | None: ...  # noqa: D102

    @property
    def index(self) -> int | None: ...  # noqa: D102

    @property
    def winner(self) -> int | None: ...  # noqa: D102


class KeptEntries(Protocol):
    """An outbox: entries that are kept before they are sent, once and in order."""

    def put(self, entry: bytes) -> KeptItem:
        """Keep an entry, durably."""
        ...

    def waiting(self) -> int:
        """Return how many have not been sent."""
        ...

    def queued(self) -> Sequence[KeptItem]:
        """Return those that have not been sent, in order."""
        ...

    def refused(self) -> Sequence[KeptItem]:
        """Return those that the log would not have."""
        ...

    def ended(self, *, seen: int) -> frozenset[str]:
        """Return the ids of what queued entries end, and sent ones at an index from `seen` on."""
        ...


@dataclass(frozen=True, slots=True)
class Drained:
    """What came of sending: the leaf hashes of what was refused, and why something still waits."""

    refused: tuple[bytes, ...] = ()
    problem: SsiError | None = None


class Upstream(Protocol):
    """The log that entries are for."""

    def forward(self, raws: Sequence[bytes]) -> Sequence[Outcome]:
        """Hand in entries in this order; return what became of each."""
        ...

    def drain(self) -> Drained:
        """Send what the outbox keeps, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Watched:
    """A signed submission that the log was handed, and has to show within its bound."""

    raw: bytes
    leaf: bytes
    since: datetime


class LateMemory(Protocol):
    """Where signed submissions are kept that the log was too slow to show."""

    def keep_late(self, watched: Watched, *, note: str, at: datetime) -> None:
        """Keep the submission, and the newest checkpoint, which does not have it."""
        ...


Taken: TypeAlias = Outcome | Queued
