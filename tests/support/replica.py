"""Logs to follow, honest and not, without a network between."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from registry.adapters.memory import MemoryLogStore
from registry.model import checkpoint, transfer
from registry.model.checkpoint import Checkpoint
from registry.model.dropped_log import DROPPED, DroppedLog
from registry.model.log_evidence import LogPolicy
from registry.model.merkle import CompactRange
from registry.model.signed_note import SignatureType
from registry.model.state import verify_each
from registry.model.stored_nodes import consistency_path, inclusion_path
from registry.model.transfer import Shown
from registry.ports import LogStore
from registry.service.rebuild import leaf_of
from registry.service.registry import LogKeys, Registry
from registry.service.replica.follower import Follower
from registry.service.replica.source import PolicyTrust
from ssi_core.adapters.clock import SystemClock
from ssi_core.errors import GoneError, NotFoundError, UnavailableError
from tests.support.registry import (
    AT,
    LOG_SIGNER,
    ORIGIN,
    POLICY,
    WITNESS_SIGNER,
    SmallLog,
    signer,
)


class FixedClock:
    """A clock that stands where a test puts it."""

    def __init__(self, at: datetime = AT) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


class ShownLog:
    """A source that shows what it is told to, and signs it, whatever it is."""

    def __init__(self, run: Sequence[Shown] = (), *, at: datetime = AT) -> None:
        self.run_shown = list(run)
        self.signed: list[Shown] | None = None
        self.at = at
        self.is_away = False
        self.left: DroppedLog | None = None

    @classmethod
    def of(cls, *entries: bytes, at: datetime = AT) -> "ShownLog":
        """A log that ends with a snapshot, as an honest one does."""
        small = SmallLog(entries)
        return cls([*entries, small.snapshot()], at=at)

    def then(self, *entries: bytes, at: datetime | None = None) -> "ShownLog":
        """The same log, longer."""
        raws = [item for item in self.run_shown if isinstance(item, bytes)]
        return ShownLog.of(*raws, *entries, at=at or self.at)

    def checkpoint(self) -> str:
        if self.is_away:
            raise UnavailableError("cut off")
        edge = CompactRange()
        for leaf in self._leaves():
            edge.push(leaf)
        note = checkpoint.sign(Checkpoint(ORIGIN, edge.size, edge.root()), signer=LOG_SIGNER)
        return checkpoint.cosign(note, name="w.example", signer=WITNESS_SIGNER, at=self.at)

    def witnessed(self) -> str:
        return self.checkpoint()

    def run(self, start: int, *, limit: int) -> Sequence[Shown]:
        self._require_kept()
        return transfer.parse(transfer.render(self.run_shown[start : start + limit]))

    def inclusion(self, index: int, *, size: int) -> tuple[bytes, ...]:
        self._require_kept()
        return inclusion_path(index, size, load=self.nodes_at(size))

    def consistency(self, old_size: int, new_size: int) -> tuple[bytes, ...]:
        self._require_kept()
        return consistency_path(old_size, new_size, load=self.nodes_at(new_size))

    def handover(self) -> DroppedLog:
        if self.left is None:
            raise NotFoundError("the log was not dropped")
        return self.left

    def drop(self, handover: int) -> None:
        """Show nothing any more but where the log went, which entry `handover` says."""
        raw, size = self.run_shown[handover], len(self.run_shown)
        assert isinstance(raw, bytes)
        path = self.inclusion(handover, size=size)
        note = self.checkpoint()
        self.left = DroppedLog.of(raw, index=handover, path=path, checkpoint=note)

    def _require_kept(self) -> None:
        if self.left is not None:
            raise GoneError(DROPPED)

    def _leaves(self) -> list[bytes]:
        return [leaf_of(item) for item in (self.signed or self.run_shown)]

    def nodes_at(self, size: int):
        """What loads the nodes of the tree of that size."""
        leaves, edge = self._leaves(), CompactRange()
        if size > len(leaves):
            raise NotFoundError("the log has not had a tree of that size")
        nodes = [b"".join(edge.push(leaf)) for leaf in leaves]
        return lambda places: {place: nodes[place] for place in places if place < len(nodes)}


class RegistrySource:
    """A registry in this process, read as a source, through the form that goes over the wire."""

    def __init__(self, registry: Registry) -> None:
        self._reader = registry.reader

    def checkpoint(self) -> str:
        return self._reader.checkpoint()

    def witnessed(self) -> str:
        return self._reader.checkpoint()

    def run(self, start: int, *, limit: int) -> Sequence[Shown]:
        return transfer.parse(transfer.render(self._reader.run(start, limit=limit)))

    def inclusion(self, index: int, *, size: int) -> tuple[bytes, ...]:
        return self._reader.inclusion(index, size=size).path

    def consistency(self, old_size: int, new_size: int) -> tuple[bytes, ...]:
        return self._reader.consistency(old_size, new_size)

    def handover(self) -> DroppedLog:
        raise NotFoundError("the log was not dropped")


def open_source(store: LogStore, memory) -> Registry:
    """A registry of the tests' log, on a real clock."""
    keys = LogKeys(log=LOG_SIGNER, witness=WITNESS_SIGNER, did_witness=signer("did witness"))
    return Registry(
        store,
        origin=ORIGIN,
        public_url="http://localhost:8100",
        keys=keys,
        memory=memory,
        clock=SystemClock(),
    )


def follower_of(
    source, store: LogStore | None = None, *, step: int = 20_000
) -> tuple[Follower, LogStore]:
    """A follower of the tests' log, and the store that it writes to."""
    store = store or MemoryLogStore()
    name = f"{ORIGIN}/witness" if isinstance(source, RegistrySource) else "w.example"
    witness = checkpoint.verifier_key(name, WITNESS_SIGNER, SignatureType.COSIGNATURE_V1)
    ageless = LogPolicy(
        origin=ORIGIN,
        log_vkey=POLICY.log_vkey,
        witness_vkeys=(str(witness),),
        max_checkpoint_age=timedelta.max,
    )
    follower = Follower(
        store,
        source,
        origin=ORIGIN,
        trust=PolicyTrust(ageless),
        verify=verify_each,
        clock=FixedClock(),
        step=step,
    )
    return follower, store


def content_of_store(store: LogStore):
    """Everything that two stores of one log have to agree about."""
    with store.snapshot() as log:
        head = log.head()
        assert head is not None
        numbers = range(-(-head.size // 65_536))
        entries = log.entries_from(0, limit=head.size)
        nodes = log.nodes(range(head.size))
        return head.size, head.root, entries, nodes, set(log.all_rows()), dict(log.chunks(numbers))
