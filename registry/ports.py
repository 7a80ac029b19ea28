"""What the registry needs from the outside world."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from registry.model.envelope import Proof
from ssi_core.errors import SsiError


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """How far a log has come: its size, its root, and the checkpoint note that the log signed."""

    origin: str
    size: int
    root: bytes
    note: str


@dataclass(frozen=True, slots=True)
class StateRow:
    """One record of the log's state, as JSON. `lookup` is ASCII, and finds it without its key."""

    kind: str
    key: str
    lookup: str | None
    body: str


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry to be stored: its leaf hash, its exact bytes, and the tree nodes it completes.

    `nodes` begins with the leaf hash, as `registry.model.stored_nodes` says.
    """

    leaf: bytes
    raw: bytes
    nodes: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Entries, and everything that their being appended makes true, to be stored as one."""

    after: Head
    head: Head
    entries: Sequence[NewEntry]
    """In order, from index `after.size` on."""
    created: Sequence[StateRow]
    replaced: Sequence[StateRow]


class LogSnapshot(Protocol):
    """A log as it is at one moment; appending elsewhere does not change it."""

    def head(self) -> Head | None:
        """Return how far the log has come; nothing if there is no log yet."""
        ...

    def entries(self, indexes: Sequence[int]) -> Mapping[int, bytes]:
        """Return the bytes of the entries that exist among `indexes`."""
        ...

    def entries_from(self, start: int, *, limit: int) -> Sequence[bytes]:
        """Return up to `limit` entries in order, beginning with index `start`."""
        ...

    def indexes(self, leaves: Sequence[bytes]) -> Mapping[bytes, int]:
        """Return the index of each of these leaf hashes that is in the log."""
        ...

    def nodes(self, indexes: Sequence[int]) -> Mapping[int, bytes]:
        """Return the tree nodes that each of these entries completed, if it exists."""
        ...

    def rows(self, kind: str, keys: Sequence[str]) -> Mapping[str, StateRow]:
        """Return the state records of `kind` that exist among `keys`."""
        ...

    def rows_by_lookup(self, kind: str, prefix: str, *, limit: int) -> Sequence[StateRow]:
        """Return up to `limit` records of `kind` whose lookup begins with `prefix`, by lookup.

        The empty prefix finds nothing.
        """
        ...

    def all_rows(self) -> Iterator[StateRow]:
        """Return every state record, in no particular order."""
        ...


class LogStore(Protocol):
    """An append-only log. What `append` has returned from survives the machine's loss of power."""

    def create(self, head: Head) -> None:
        """Begin the log with an empty tree; raise `ConflictError` if there is one already."""
        ...

    def snapshot(self) -> AbstractContextManager[LogSnapshot]:
        """Open the log as it is now."""
        ...

    def append(self, batch: Batch) -> None:
        """Store all of `batch`, or raise `ConflictError` if the head is no longer `batch.after`."""
        ...


@dataclass(frozen=True, slots=True)
class SeenTree:
    """The largest tree that a witness has cosigned."""

    size: int
    root: bytes


class WitnessMemory(Protocol):
    """What a witness must not forget, kept apart from the log that it watches."""

    def load(self) -> SeenTree | None:
        """Return the largest tree seen; nothing before the first."""
        ...

    def keep(self, tree: SeenTree) -> None:
        """Remember `tree`, durably."""
        ...


class ProofVerifier(Protocol):
    """Verifies proofs that name their own key."""

    def verify(self, proofs: Sequence[Proof]) -> Sequence[SsiError | None]:
        """Return, for each proof, nothing if it holds, and why not if it does not."""
        ...


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present moment, aware and in UTC."""
        ...


@dataclass(frozen=True, slots=True)
class Anchored:
    """A tree that an anchor holds, and the transaction that brought it, if we did."""

    tree: SeenTree
    transaction: str | None


class Anchor(Protocol):
    """A place that other organisations watch, where a log shows how far it has come."""

    def seen(self) -> SeenTree | None:
        """Return the largest tree held here of this log; nothing before the first.

        Raises `LogProofError` if the log is frozen for having signed two roots for one size, and
        `UnavailableError` if it could not be found out.
        """
        ...

    def anchor(self, tree: SeenTree) -> Anchored:
        """Show `tree`, which is larger than what was seen; return once it is held.

        Raises `LogProofError` if the log is frozen, `ConflictError` if the anchor holds as much
        already, `RejectedError` if the log is not admitted, and `UnavailableError` if nobody can
        tell whether the tree is held.
        """
        ...
