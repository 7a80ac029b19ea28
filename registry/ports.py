"""What the registry needs from the outside world."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from registry.model.envelope import Proof
from registry.model.tlog_policy import TlogPolicy
from ssi_core.errors import MalformedError, SsiError
from ssi_core.json_types import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """How far a log has come: its size, its root, and the checkpoint note that the log signed.

    `epoch` counts the writers that the log has had: only the newest one may append.
    """

    origin: str
    size: int
    root: bytes
    note: str
    epoch: int = 0


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
    created: Sequence[StateRow] = ()
    replaced: Sequence[StateRow] = ()
    chunks: Mapping[int, bytes] = field(default_factory=dict)
    """The chunks of the status map that changed, whole, by their number."""
    redacted: Sequence[int] = ()
    """The indexes, before `after.size` or new, whose bytes are dropped for good."""

    def __post_init__(self) -> None:
        if (self.head.origin, self.head.epoch) != (self.after.origin, self.after.epoch):
            raise MalformedError("a batch changes neither the log's name nor its writer")


class LogSnapshot(Protocol):
    """A log as it is at one moment; appending elsewhere does not change it."""

    def head(self) -> Head | None:
        """Return how far the log has come; nothing if there is no log yet."""
        ...

    def entries(self, indexes: Sequence[int]) -> Mapping[int, bytes]:
        """Return the bytes of the entries that exist among `indexes`, but for redacted ones."""
        ...

    def entries_from(self, start: int, *, limit: int) -> Sequence[bytes | None]:
        """Return up to `limit` entries in order from index `start` on; none for redacted ones."""
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

    def chunks(self, numbers: Sequence[int]) -> Mapping[int, bytes]:
        """Return the chunks of the status map that have been written among `numbers`."""
        ...

    def all_rows(self) -> Iterator[StateRow]:
        """Return every state record, in no particular order."""
        ...


class LogStore(Protocol):
    """An append-only log, durable once `append` returns. A dropped one has only `GoneError`s."""

    is_near: bool
    """Whether reading asks nobody but this machine's memory or disk, and waits for no lock."""

    def create(self, head: Head) -> None:
        """Begin the log with an empty tree; raise `ConflictError` if there is one already."""
        ...

    def snapshot(self) -> AbstractContextManager[LogSnapshot]:
        """Open the log as it is now."""
        ...

    def claim(self) -> Head:
        """Become the log's writer: raise its epoch by one, durably, and return its head.

        Every earlier writer's `append` fails from then on. Raises `NotFoundError` if there is no
        log.
        """
        ...

    def append(self, batch: Batch) -> None:
        """Store all of `batch`, or raise `ConflictError` if size, root or epoch have changed."""
        ...

    def confirm(self, head: Head) -> None:
        """Return if `head`, which a snapshot has shown, is as durable as what `append` stores.

        A server that crashed before its standby had something, and is back in its place, shows it.
        Raises `UnavailableError` for as long as that cannot be found out.
        """
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


class PolicyMemory(Protocol):
    """Which policy a checkpoint of the log has met, the last one that did."""

    def load(self) -> TlogPolicy | None:
        """Return the policy that was met last; nothing before the first."""
        ...

    def keep(self, policy: TlogPolicy) -> None:
        """Remember `policy`, durably."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CosignedTree:
    """The largest tree of a log that was cosigned, with its note, and the time of that."""

    size: int
    root: bytes
    note: str
    at: datetime


class CosignedTrees(Protocol):
    """What a witness of many logs must not forget, one tree for each origin."""

    def load(self, origin: str) -> CosignedTree | None:
        """Return the last tree of the log that was cosigned; nothing before the first."""
        ...

    def advance(self, origin: str, *, after: CosignedTree | None, to: CosignedTree) -> None:
        """Remember `to`, durably, in one step with the look at what was there.

        Raises `ConflictError` if size and root are not those of `after` any more.
        """
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Somebody who listens to the log, and what they have acknowledged: all before `heard`.

    `renewed_at` is when they last said anything; `acknowledgement` is their last one, as signed.
    """

    id: str
    listener: str
    url: str
    heard: int
    renewed_at: datetime
    acknowledgement: str | None = None


class SubscriptionStore(Protocol):
    """Those who listen: one record each, however far behind they are."""

    def keep(self, subscription: Subscription, *, limit: int) -> None:
        """Keep or replace a subscription; raise `OverloadedError` if `limit` others are there."""
        ...

    def find(self, subscription_id: str) -> Subscription | None:
        """Return one subscription."""
        ...

    def all(self) -> Sequence[Subscription]:
        """Return every subscription, by id."""
        ...

    def acknowledge(
        self, subscription_id: str, *, heard: int, acknowledgement: str, at: datetime
    ) -> None:
        """Keep how far one has come, durably; nothing happens if it has ended."""
        ...

    def remove(self, subscription_id: str) -> None:
        """Forget a subscription, if it is there."""
        ...


class Endpoint(Protocol):
    """Sends a message to a listener's URL."""

    def send(self, url: str, message: JsonObject) -> JsonObject:
        """Return the listener's answer; raise why there is none."""
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
