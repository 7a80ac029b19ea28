"""A mirror in this process, and what is uploaded to it."""

from collections.abc import Sequence

from registry.adapters.memory import MemoryCosignedTrees, MemoryLogStore
from registry.model.gapped_upload import ProvedGap
from registry.model.proof import EntryProof
from registry.model.signed_note import NoteSignature, VerifierKey
from registry.model.state import verify_each
from registry.model.tlog_mirror import (
    AddEntries,
    EntryPackage,
    MirrorInfo,
    subtree_path,
)
from registry.model.tlog_witness import AddCheckpoint, origin_hash
from registry.model.transfer import Gap
from registry.ports import CosignedTrees, LogStore
from registry.service.cosigner import Answer, Cosigner
from registry.service.replica.divergence import Divergence
from registry.service.replica.mirror import Mirror, StoredFirst
from registry.service.replica.packages import Packages
from registry.service.replica.tickets import Tickets
from registry.service.replica.uploads import Conflict, Finished, Partial, Upload, UploadedLog
from ssi_core.errors import MalformedError, UnavailableError
from ssi_core.json_types import JsonObject
from tests.support.registry import ORIGIN, POLICY, signer
from tests.support.replica import FixedClock, ShownLog

LOG_KEY = VerifierKey.parse(POLICY.log_vkey)
NAME = "mirror.example"


class Kept:
    """Where a mirror keeps evidence, in memory."""

    def __init__(self) -> None:
        self.kept: JsonObject | None = None

    def divergence(self) -> JsonObject | None:
        return self.kept

    def keep_divergence(self, divergence: Divergence) -> None:
        self.kept = self.kept or divergence.to_json()

    def newest(self) -> None:
        return None

    def keep_newest(self, note: str, at: object) -> None:
        raise NotImplementedError


class NearMirror:
    """A mirror next door: what it has outlives it, so that it can be opened again."""

    def __init__(self, *, log_key: VerifierKey = LOG_KEY, clock=None) -> None:
        self.log_key = log_key
        self.clock = clock or FixedClock()
        self.store: LogStore = MemoryLogStore()
        self.pending: CosignedTrees = MemoryCosignedTrees()
        self.cosigned: CosignedTrees = MemoryCosignedTrees()
        self.evidence = Kept()
        self.is_away = False
        self.answers: list[Finished] = []
        self.reopen()

    def reopen(self) -> None:
        """Open it anew, with what is on its disk."""
        packages = Packages(
            self.store,
            origin=self.log_key.name,
            evidence=self.evidence,
            verify=verify_each,
            clock=self.clock,
        )
        cosigner = Cosigner(
            name=NAME,
            signers=[signer("mirror")],
            log_keys=[self.log_key],
            memory=StoredFirst(self.cosigned, self.store),
            clock=self.clock,
        )
        self.uploaded_log = UploadedLog(
            packages,
            log_key=self.log_key,
            pending=self.pending,
            cosigned=self.cosigned,
            cosigner=cosigner,
            tickets=Tickets(bytes(32)),
            clock=self.clock,
        )
        self.mirror = Mirror(name=NAME, keys=cosigner.keys, logs=[self.uploaded_log])
        self.keys = cosigner.keys

    def add_checkpoint(self, request: AddCheckpoint) -> Answer:
        if self.is_away:
            raise UnavailableError("the other side could not be reached")
        return self.mirror.add_checkpoint(AddCheckpoint.parse(request.render()))

    def add_entries(
        self, body: bytes, *, gapped: bool = False
    ) -> tuple[NoteSignature, ...] | MirrorInfo:
        if self.is_away:
            raise UnavailableError("the other side could not be reached")
        found = self.uploaded(body, gapped=gapped)
        self.answers.append(found)
        return found.info if isinstance(found, Conflict | Partial) else found

    def uploaded(self, body: bytes, *, gapped: bool = False) -> Finished:
        """What is answered to a whole body."""
        asked, rest = AddEntries.parse(body)
        upload = self.mirror.begin(asked, gapped=gapped)
        if isinstance(upload, Conflict):
            return upload
        _add_all(upload, rest)
        return upload.finish()

    def last_cosigned(self, origin: str) -> str:
        return self.mirror.checkpoint(origin_hash(origin))

    def size(self) -> int:
        """How many entries are stored."""
        with self.store.snapshot() as log:
            head = log.head()
        return 0 if head is None else head.size


def _add_all(upload: Upload, rest: bytes) -> None:
    while (wanted := upload.wanted()) is not None:
        try:
            package, rest = EntryPackage.parse(rest, entries=wanted)
        except MalformedError:
            return
        upload.add(package)


def proved_gap(log: ShownLog, gap: Gap, *, at: int | None = None) -> bytes:
    """What stands in a package for a gap, with the path of whatever stands at that index."""
    path = log.inclusion(gap.by if at is None else at, size=len(log.run_shown))
    return ProvedGap(gap.leaf, EntryProof(gap.redaction, gap.by, path)).render()


def gapped_places_of(log: ShownLog) -> list[bytes]:
    """The places of a package that has all of a log."""
    return [proved_gap(log, one) if isinstance(one, Gap) else one for one in log.run_shown]


def proved_upload_of(log: ShownLog, *, start: int = 0) -> bytes:
    """A request to upload a log with its gaps."""
    return upload_of(log, start=start, entries=gapped_places_of(log))


def upload_of(
    shown: ShownLog,
    *,
    start: int = 0,
    end: int | None = None,
    most: int | None = None,
    ticket: bytes = b"",
    entries: Sequence[bytes] | None = None,
) -> bytes:
    """A request to upload a log from `start` up to a tree of `end`; `entries` may be other ones."""
    raws = [raw for raw in shown.run_shown if isinstance(raw, bytes)]
    size = len(shown.run_shown) if end is None else end
    asked = AddEntries(ORIGIN, start, size, ticket)
    parts = [asked.render()]
    for subtree in list(asked.packages())[:most]:
        first = max(subtree.start, start)
        path = subtree_path(subtree, size, load=shown.nodes_at(size))
        parts.append(EntryPackage(tuple((entries or raws)[first : subtree.end]), path).render())
    return b"".join(parts)
