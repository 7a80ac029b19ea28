"""Packages of entries on their way into a store: authenticated, verified, and then durable."""

from collections.abc import Sequence
from threading import Lock
from typing import Final, final

from registry.model.checkpoint import Checkpoint
from registry.model.gapped_upload import shown_in
from registry.model.merkle import EMPTY_ROOT, root_of
from registry.model.signed_note import SignedNote
from registry.model.state import VerifyProofs
from registry.model.stored_nodes import Place
from registry.model.tlog_mirror import AddEntries, EntryPackage, Subtree, verify_subtree
from registry.model.transfer import Shown
from registry.ports import Batch, Clock, Head, LogSnapshot, LogStore
from registry.service.rebuild import GapError, leaf_of
from registry.service.replica.divergence import Divergence, DivergenceKind, ReplicaMemory
from registry.service.replica.growth import Growth, Inadmissible
from registry.service.replica.pages import Page
from ssi_core.errors import ConflictError, LogProofError, UnavailableError

_INADMISSIBLE: Final = "the log has an entry that it had to refuse"


@final
class Packages:
    """Takes packages for one log into its store, each as one. Threads may share it."""

    def __init__(
        self,
        store: LogStore,
        *,
        origin: str,
        evidence: ReplicaMemory,
        verify: VerifyProofs,
        clock: Clock,
    ) -> None:
        self.store = store
        self._origin = origin
        self._evidence = evidence
        self._verify = verify
        self._clock = clock
        self._lock = Lock()

    def require_sound(self) -> None:
        """Return unless the log was seen to hold an entry that it had to refuse."""
        if self._evidence.divergence() is not None:
            raise LogProofError(_INADMISSIBLE)

    def next_entry(self) -> int:
        """Return the index of the first entry that is not here."""
        with self.store.snapshot() as log:
            head = log.head()
        return 0 if head is None else head.size

    def begin(self, note: str) -> Head:
        """Return the head of the store, begun if need be."""
        with self.store.snapshot() as log:
            head = log.head()
        if head is not None:
            return head
        head = Head(origin=self._origin, size=0, root=EMPTY_ROOT, note=note)
        try:
            self.store.create(head)
        except ConflictError:
            # Another process was first.
            return self.begin(note)
        return head

    def add(
        self, package: EntryPackage, *, subtree: Subtree, first: int, note: str, gapped: bool
    ) -> None:
        """Store what is new of a package, if all of it stands in the tree of `note`.

        Its entries are those of `subtree` from `first` on, and if `gapped`, gaps among them. Raises
        `LogProofError` if they do not stand there, if a gap is not one that the log has made, or if
        the log had to refuse an entry, of which the evidence is kept.
        """
        tree = tree_of(note)
        shown: Sequence[Shown] = package.entries
        if gapped:
            shown = [shown_in(place, tree=tree) for place in package.entries]
        with self._lock:
            head = self.begin(note)
            with self.store.snapshot() as log:
                leaves = [*_leaves(log, subtree.start, first), *map(leaf_of, shown)]
                verify_subtree(
                    subtree,
                    subtree_root=root_of(leaves),
                    size=tree.size,
                    root=tree.root,
                    path=package.path,
                )
                fresh = shown[max(head.size - first, 0) :]
                if not fresh:
                    return
                batch = self._grown(log, head, fresh, package, first=first, note=note)
            try:
                self.store.append(batch)
            except ConflictError:
                # As in the store itself, what is compared is size and root: nothing is lost.
                raise UnavailableError("another process has stored entries meanwhile") from None

    def _grown(
        self,
        log: LogSnapshot,
        head: Head,
        fresh: Sequence[Shown],
        package: EntryPackage,
        *,
        first: int,
        note: str,
    ) -> Batch:
        growth = Growth(log, head)
        try:
            growth.add(Page.of(fresh, log=self._origin, verify=self._verify))
        except Inadmissible as found:
            uploaded = AddEntries(self._origin, first, tree_of(note).size).render()
            self._keep_evidence(found, uploaded + package.render(), note=note, head=head)
            raise LogProofError(_INADMISSIBLE) from None
        except GapError:
            raise LogProofError("what is said to have redacted an entry has not") from None
        return growth.batch(note)

    def _keep_evidence(
        self, found: Inadmissible, uploaded: bytes, *, note: str, head: Head
    ) -> None:
        self._evidence.keep_divergence(
            Divergence(
                kind=DivergenceKind.INADMISSIBLE,
                reason=f"{_INADMISSIBLE}: {found.error.reason}",
                believed=head.note if head.size else None,
                shown=note,
                at=self._clock.now(),
                uploaded=uploaded,
            )
        )


def tree_of(note: str) -> Checkpoint:
    """Return the tree of a note that was accepted here: who signed it was looked at then."""
    return Checkpoint.parse(SignedNote.parse(note).text)


def _leaves(log: LogSnapshot, start: int, end: int) -> list[bytes]:
    places = [Place(index, level=0) for index in range(start, end)]
    nodes = log.nodes([place.entry for place in places])
    return [place.of(nodes) for place in places]
