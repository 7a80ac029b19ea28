"""A log as it is uploaded to a mirror: verified package by package, and cosigned once it is whole.

https://c2sp.org/tlog-mirror. What is stored under a checkpoint that is not reached yet is pending;
entries in the store are never taken back, since each was proved to stand in a checkpoint accepted.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias, final

from registry.model.checkpoint import Checkpoint
from registry.model.signed_note import NoteSignature, SignedNote, VerifierKey
from registry.model.tlog_mirror import (
    MAX_PACKAGES,
    AddEntries,
    EntryPackage,
    MirrorInfo,
    Subtree,
)
from registry.model.tlog_tiles import WIDTH
from registry.model.tlog_witness import AddCheckpoint, SeenSize
from registry.ports import Clock, CosignedTree, CosignedTrees
from registry.service.cosigner import Answer, Cosigner, Remembered, continued
from registry.service.replica.packages import Packages, tree_of
from registry.service.replica.tickets import Tickets
from ssi_core.errors import LogProofError, MalformedError, NotFoundError

# Entries that are sent again, though they are here: as many as one request is to have.
_MAX_EXCESS: Final = MAX_PACKAGES * WIDTH


@dataclass(frozen=True, slots=True)
class Conflict:
    """An upload cannot begin, or end, where it was said to; it may where `info` says."""

    info: MirrorInfo


@dataclass(frozen=True, slots=True)
class Partial:
    """Some packages are stored, and not all; `info` says where to go on."""

    info: MirrorInfo


Finished: TypeAlias = tuple[NoteSignature, ...] | Partial | Conflict


@final
class UploadedLog:
    """One log at a mirror. Threads may share it, and uploads may cross each other."""

    def __init__(
        self,
        packages: Packages,
        *,
        log_key: VerifierKey,
        pending: CosignedTrees,
        cosigned: CosignedTrees,
        cosigner: Cosigner,
        tickets: Tickets,
        clock: Clock,
    ) -> None:
        """Mirror the log with this key.

        `pending` remembers the newest checkpoint accepted, `cosigned` the last one that is whole;
        `cosigner` is to sign nothing that is not stored.
        """
        self.packages = packages
        self.log_key = log_key
        self._pending = pending
        self._cosigned = cosigned
        self._cosigner = cosigner
        self._tickets = tickets
        self._clock = clock

    @property
    def origin(self) -> str:
        """The log's name."""
        return self.log_key.name

    def add_checkpoint(self, request: AddCheckpoint) -> Answer:
        """Accept a checkpoint that continues the pending one; nothing is signed here."""
        return continued(
            request, log_keys=(self.log_key,), memory=self._pending, remembered=self._accepted
        )

    def checkpoint(self) -> str:
        """Return the last checkpoint that is whole, with this mirror's cosignature."""
        tree = self._cosigned.load(self.origin)
        if tree is None:
            raise NotFoundError("nothing of the log is whole here yet")
        return tree.note

    def begin(self, asked: AddEntries, *, gapped: bool = False) -> "Upload | Conflict":
        """Return an upload that packages may be added to, or where one may begin.

        If `gapped`, there may be gaps among its entries, see `registry.model.gapped_upload`.
        Raises `LogProofError` if there is no checkpoint that it could lead to, and once the log
        was seen to hold what it had to refuse.
        """
        self.packages.require_sound()
        pending = self._pending.load(self.origin)
        if pending is None:
            raise LogProofError("no checkpoint of the log has been accepted: add one first")
        next_entry, cosigned = self.packages.next_entry(), self._cosigned.load(self.origin)
        target = self._target(asked, pending, cosigned)
        if target is None or (cosigned is not None and asked.end < cosigned.size):
            return Conflict(self.info(pending.note))
        excess = min(asked.end, next_entry) - asked.start
        if asked.start > next_entry or excess > _MAX_EXCESS:
            return Conflict(self.info(target))
        return Upload(self, asked, target, gapped=gapped)

    def finish(self, note: str) -> tuple[NoteSignature, ...] | Conflict:
        """Return cosignatures of a checkpoint all of which is stored, unless a larger one has any.

        Its cosigner looks once more whether it is.
        """
        self.packages.begin(note)
        lines = self._cosigner.cosign_stored(note)
        if not isinstance(lines, SeenSize):
            return lines
        pending = self._pending.load(self.origin)
        return Conflict(self.info(note if pending is None else pending.note))

    def info(self, note: str) -> MirrorInfo:
        """Return where an upload that leads to the checkpoint of `note` may go on."""
        size = tree_of(note).size
        return MirrorInfo(size, self.packages.next_entry(), self._tickets.give(note))

    def _target(
        self, asked: AddEntries, pending: CosignedTree, cosigned: CosignedTree | None
    ) -> str | None:
        """Return the note of the accepted checkpoint that the upload says it leads to."""
        for tree in (pending, cosigned):
            if tree is not None and tree.size == asked.end:
                return tree.note
        note = self._tickets.note_in(asked.ticket)
        return note if note is not None and tree_of(note).size == asked.end else None

    def _accepted(
        self, signed: SignedNote, checkpoint: Checkpoint, was: CosignedTree | None
    ) -> Remembered:
        del was
        note = SignedNote(signed.text, signed.by((self.log_key,)))
        now = self._clock.now()
        tree = CosignedTree(size=checkpoint.size, root=checkpoint.root, note=str(note), at=now)
        return tree, ()


@final
class Upload:
    """One request: packages in order, of which each is stored before the next one is looked at."""

    def __init__(self, log: UploadedLog, asked: AddEntries, note: str, *, gapped: bool) -> None:
        """Go towards the accepted checkpoint of `note`, as `asked`."""
        self._log = log
        self._asked = asked
        self._note = note
        self._gapped = gapped
        self._packages = asked.packages()
        self._next = next(self._packages, None)
        self._is_begun = False

    def wanted(self) -> int | None:
        """Return how many entries the next package has to have; nothing if there is none."""
        return None if self._next is None else self._next.end - self._first(self._next)

    def add(self, package: EntryPackage) -> None:
        """Store the next package; see `Packages.add`."""
        if self._next is None:
            raise MalformedError("there are more packages than the upload has")
        subtree, gapped = self._next, self._gapped
        first = self._first(subtree)
        self._log.packages.add(
            package, subtree=subtree, first=first, note=self._note, gapped=gapped
        )
        self._next, self._is_begun = next(self._packages, None), True

    def finish(self) -> Finished:
        """Return what to answer, now that there is nothing more in the request."""
        if self._next is None:
            return self._log.finish(self._note)
        if not self._is_begun:
            raise MalformedError("the body has no whole package")
        return Partial(self._log.info(self._note))

    def _first(self, subtree: Subtree) -> int:
        return max(subtree.start, self._asked.start)
