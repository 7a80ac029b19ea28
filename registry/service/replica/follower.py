"""Follows a log: fetches what is new, verifies and stores it, and stops at a contradiction."""

from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from typing import Final, NoReturn, final

from registry.model.merkle import EMPTY_ROOT, leaf_hash, verify_consistency, verify_inclusion
from registry.model.proof import EntryProof
from registry.model.state import VerifyProofs
from registry.ports import Batch, Clock, Head, LogStore
from registry.service.rebuild import GapError
from registry.service.replica.divergence import DivergedError, Divergence, DivergenceKind
from registry.service.replica.growth import Growth, Inadmissible
from registry.service.replica.pages import Page, pages
from registry.service.replica.source import Seen, Source, Trust, size_of
from registry.service.stored_view import StoredView
from ssi_core.errors import LogProofError, UnavailableError

# Held in memory and stored as one. A longer way is gone in steps, each proved to lead there.
_STEP: Final = 5_000


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a follower stands: the checkpoint up to which everything is verified and stored."""

    seen: Seen
    added: int


@final
class Follower:
    """Follows one log into one store. Not to be called by two threads at a time."""

    def __init__(
        self,
        store: LogStore,
        source: Source,
        *,
        origin: str,
        trust: Trust,
        verify: VerifyProofs,
        clock: Clock,
        step: int = _STEP,
    ) -> None:
        self._store = store
        self._source = source
        self._origin = origin
        self._trust = trust
        self._verify = verify
        self._clock = clock
        self._step = step
        self._claimed = False

    def follow(
        self,
        *,
        stored: Callable[[Batch], None] | None = None,
        on_the_way: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> Progress:
        """Come to where the log is now; `stored` hears of each step, `on_the_way` is held if many.

        Raises `DivergedError` with the evidence if the log contradicts itself, `UnavailableError`
        if it could not be reached or does not show what it signed, and `LogProofError` if it is
        not this log that answers.
        """
        seen = self._newest()
        head = self._head(seen)
        self._require_not_behind(head, seen)
        self._require_continued(head, seen)
        before = head.size
        long = seen.size - head.size > self._step
        with on_the_way() if long else nullcontext(), closing(self._pages(head, seen)) as coming:
            while head.size < seen.size:
                batch = self._next(head, seen, coming)
                self._store.append(batch)
                head = batch.head
                if stored is not None:
                    stored(batch)
        return Progress(seen, head.size - before)

    def require_kept(self) -> None:
        """Raise `GoneError` if the log was handed over here, and is not shown any more there."""
        with self._store.snapshot() as log:
            head = log.head()
            if head is None or StoredView(log, head.size).log().successor is None:
                return
        self._source.run(head.size - 1, limit=1)

    def last(self) -> Seen:
        """Return the checkpoint that a log which was dropped ends with, once it is verified."""
        left = self._source.handover()
        seen = self._trust.read(left.checkpoint, at=self._clock.now())
        if left.origin != self._origin:
            raise LogProofError("the handover is of another log")
        return seen

    def _newest(self) -> Seen:
        note = self._source.checkpoint()
        try:
            return self._trust.read(note, at=self._clock.now())
        except LogProofError:
            # Its newest may lack witnesses that are away; what they saw last is good all the same.
            return self._trust.read(self._source.witnessed(), at=self._clock.now())

    def _head(self, seen: Seen) -> Head:
        """Return the head of the store, begun and claimed if need be."""
        with self._store.snapshot() as log:
            head = log.head()
        if head is None:
            head = Head(origin=self._origin, size=0, root=EMPTY_ROOT, note=seen.note)
            self._store.create(head)
        if head.origin != self._origin:
            raise LogProofError("the stored log has another origin")
        if not self._claimed:
            head = self._store.claim()
            self._claimed = True
        return head

    def _require_not_behind(self, head: Head, seen: Seen) -> None:
        believed = self._trust.read(head.note, at=seen.at)
        if seen.size == believed.size and seen.root != believed.root:
            self._diverged(DivergenceKind.FORK, "the log signed two trees of one size", head, seen)
        if seen.size >= believed.size:
            return
        if seen.at < believed.at:
            # An answer from before: somebody's cache, or a connection that was held up.
            raise UnavailableError("the log's answer is older than what is known")
        self._diverged(DivergenceKind.SHORTER, "the log is shorter than it was", head, seen)

    def _require_continued(self, head: Head, seen: Seen) -> None:
        """Return if the new tree begins with the stored one, before any entry is judged."""
        if 0 < head.size < seen.size and not self._leads(head.size, head.root, seen):
            reason = "the log's new tree is not a longer one"
            self._diverged(DivergenceKind.FORK, reason, head, seen)

    def _pages(self, head: Head, seen: Seen) -> Generator[Page]:
        """Return what is still to come: pages of the next step while one is proved and stored."""
        return pages(
            self._source,
            head.size,
            seen.size,
            step=self._step,
            log=head.origin,
            verify=self._verify,
        )

    def _next(self, head: Head, seen: Seen, coming: Iterator[Page]) -> Batch:
        """Return the next step towards `seen`, verified."""
        end = min(seen.size, head.size + self._step)
        with self._store.snapshot() as log:
            growth = Growth(log, head)
            while growth.size < end:
                try:
                    growth.add(next(coming))
                except Inadmissible as found:
                    self._require_signed(found, head, seen)
                except GapError:
                    raise UnavailableError("the log does not say why an entry is gone") from None
            self._require_led_to(growth, seen)
            self._require_promised(growth, seen)
            return growth.batch(seen.note)

    def _require_led_to(self, growth: Growth, seen: Seen) -> None:
        """Return if what was added is the beginning of the tree that the log signed."""
        if growth.size == seen.size:
            if growth.root() == seen.root:
                return
        elif self._leads(growth.size, growth.root(), seen):
            return
        raise UnavailableError("the log does not show the entries that it signed")

    def _require_promised(self, growth: Growth, seen: Seen) -> None:
        """Return if the redactions that gaps were taken for stand where they are said to."""
        for index, raw in growth.promised.items():
            # Dropped after this checkpoint; the next one will have it.
            if index >= seen.size or not self._has(raw, index, seen):
                raise UnavailableError("the log does not say why an entry is gone")

    def _has(self, raw: bytes, index: int, seen: Seen) -> bool:
        path = self._source.inclusion(index, size=seen.size)
        leaf = leaf_hash(raw)
        try:
            verify_inclusion(leaf, index=index, size=seen.size, path=path, root=seen.root)
        except LogProofError:
            return False
        return True

    def _leads(self, size: int, root: bytes, seen: Seen) -> bool:
        path = self._source.consistency(size, seen.size)
        try:
            verify_consistency(
                old_size=size, new_size=seen.size, old_root=root, new_root=seen.root, path=path
            )
        except LogProofError:
            return False
        return True

    def _require_signed(self, found: Inadmissible, head: Head, seen: Seen) -> NoReturn:
        """Tell a log that has what it must refuse from an answer that is not the log's."""
        if not self._has(found.raw, found.index, seen):
            raise UnavailableError("the log does not show the entries that it signed")
        path = self._source.inclusion(found.index, size=seen.size)
        proof = EntryProof(found.raw, found.index, path)
        reason = f"the log has an entry that it had to refuse: {found.error.reason}"
        self._diverged(DivergenceKind.INADMISSIBLE, reason, head, seen, entry=proof)

    def _diverged(
        self,
        kind: DivergenceKind,
        reason: str,
        head: Head,
        seen: Seen,
        *,
        entry: EntryProof | None = None,
    ) -> NoReturn:
        raise DivergedError(
            Divergence(
                kind=kind,
                reason=reason,
                believed=head.note if head.size else None,
                shown=seen.note,
                at=self._clock.now(),
                entry=entry,
            )
        )


def is_whole(head: Head | None) -> bool:
    """Say whether a store stands at a checkpoint, and not on the way to one."""
    return head is not None and size_of(head.note) == head.size
