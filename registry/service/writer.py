"""The log's one writer: it keeps the edge of the tree and the newest state, and stores batches."""

from collections.abc import Callable, Sequence
from typing import Final, final

from registry.model.checkpoint import Checkpoint
from registry.model.state import CheckedEntry
from registry.model.status_map import StatusMap, chunk_count
from registry.ports import LogStore
from registry.service.closing import Closing
from registry.service.draft import Draft, Known, Place
from registry.service.recent import Recent
from registry.service.refusals import Lost, Refuse
from registry.service.tree import GrowingTree
from ssi_core.errors import ConflictError, SsiError, UnavailableError

_ATTEMPTS: Final = 2


@final
class Writer:
    """Appends to a log, until another writer claims it. Not for two threads at a time."""

    def __init__(
        self,
        store: LogStore,
        *,
        sign: Callable[[Checkpoint], str],
        closing: Closing,
        refuse: Refuse,
    ) -> None:
        """Claim the log, which fences out every writer before this one."""
        self._store = store
        self._refuse = refuse
        self._sign = sign
        self._closing = closing
        self._epoch = store.claim().epoch
        self._known: Known | None = self._load()
        # A log from before there were snapshots could show nobody what is in force.
        self.append([])

    def append(self, entries: Sequence[CheckedEntry]) -> tuple[list[Place | SsiError], int]:
        """Store `entries` durably; return what became of each, and the log's size since.

        Raises `UnavailableError` if that could not be found out, and from the moment on at which
        the log has another writer.
        """
        for _ in range(_ATTEMPTS):
            try:
                return self._append(entries)
            except ConflictError:
                # Either the log has another writer, or it has what seemed not to be stored.
                continue
        raise UnavailableError("the log's store and its writer do not agree")

    def known(self) -> Known:
        """Return what the log was after the last batch; raise `UnavailableError` if unknown."""
        known = self._known
        if known is None:
            raise UnavailableError("what the log has is not known at the moment")
        return known

    def _append(self, entries: Sequence[CheckedEntry]) -> tuple[list[Place | SsiError], int]:
        known = self._known = self._known or self._load()
        with self._store.snapshot() as log:
            draft = Draft(log, known)
            draft.place(entries, closing=self._closing)
        batch = draft.batch(self._sign)
        if batch is not None:
            try:
                self._store.append(batch)
            except BaseException:
                # Nobody knows whether it is stored.
                self._known = None
                raise
            self._known = draft.known_after(batch.head)
        # What has won may be of the same batch, so nothing is signed about it before it is stored.
        answers = [
            self._refuse(outcome, draft.size) if isinstance(outcome, Lost) else outcome
            for outcome in draft.outcomes
        ]
        return answers, draft.size

    def _load(self) -> Known:
        with self._store.snapshot() as log:
            head = log.head()
            if head is None or head.epoch != self._epoch:
                raise UnavailableError("another process writes this log now")
            status_map = StatusMap(log.chunks(range(chunk_count(head.size))))
            return Known(head, GrowingTree.above(log, head), status_map, Recent())
