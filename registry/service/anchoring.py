"""Anchoring: the log shows now and then how far it has come, where other organisations watch."""

from collections.abc import Callable
from datetime import timedelta
from threading import Event, Lock, Thread
from typing import Final, final

from registry.model.merkle import EMPTY_ROOT, CompactRange
from registry.model.stored_nodes import Span
from registry.ports import Anchor, Anchored, LogSnapshot, LogStore, SeenTree
from ssi_core.errors import LogProofError, SsiError, UnavailableError

EVERY: Final = timedelta(seconds=15)
# Writing waits for the first answer, so it is asked for sooner than a later one.
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 5.0


@final
class Anchoring:
    """One thread that carries the log's head to an anchor.

    Before it carries anything, it has asked the anchor how far the log was, and found that the
    log continues that; until then nothing may be appended, and no later append is held up.
    `trouble` is told what goes wrong: a `LogProofError` ends the anchoring for good, anything else
    is tried again.
    """

    def __init__(
        self,
        anchor: Anchor,
        *,
        store: LogStore,
        every: timedelta = EVERY,
        trouble: Callable[[SsiError], None] = lambda _: None,
    ) -> None:
        self._anchor = anchor
        self._store = store
        self._every = every.total_seconds()
        self._trouble = trouble
        self._lock = Lock()
        self._anchored: Anchored | None = None
        self._has_answered = False
        self._refused: LogProofError | None = None
        self._closing = Event()
        self._thread = Thread(target=self._run, name="anchoring", daemon=True)
        self._thread.start()

    def anchored(self) -> Anchored | None:
        """Return the largest tree known to be anchored, none if nobody could tell so far."""
        with self._lock:
            return self._anchored

    def size(self) -> int:
        """Return how many entries are known to be anchored."""
        found = self.anchored()
        return 0 if found is None else found.tree.size

    def require_sound(self) -> None:
        """Return unless the anchor showed this log to be a fork or a restored backup."""
        with self._lock:
            if self._refused is not None:
                raise self._refused

    def require_writable(self) -> None:
        """Return if the anchor has answered once, and has seen nothing that the log does not have.

        Until then it may have seen a larger tree, which this log must not contradict.
        """
        with self._lock:
            if self._refused is not None:
                raise self._refused
            if not self._has_answered:
                raise UnavailableError("writing waits until the anchor has answered")

    def close(self) -> None:
        """Stop; a transaction that is under way is waited for."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        seen, wait, pause = False, 0.0, _FIRST_PAUSE
        while not self._closing.wait(wait):
            try:
                seen = seen or self._look()
                self._carry()
            except LogProofError as error:
                with self._lock:
                    self._refused = error
                self._trouble(error)
                return
            except SsiError as error:
                # What was carried may be held all the same, so we ask before we carry again.
                seen = False
                self._trouble(error)
            wait = self._every if self._has_answered else min(self._every, pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _look(self) -> bool:
        seen = self._anchor.seen()
        if seen is not None:
            with self._store.snapshot() as log:
                require_continued(log, seen)
            self._keep(Anchored(seen, None))
        with self._lock:
            self._has_answered = True
        return True

    def _carry(self) -> None:
        with self._store.snapshot() as log:
            head = log.head()
        if head is None or head.size <= self.size():
            return
        self._keep(self._anchor.anchor(SeenTree(head.size, head.root)))

    def _keep(self, anchored: Anchored) -> None:
        with self._lock:
            if self._anchored is None or anchored.tree != self._anchored.tree:
                self._anchored = anchored


def require_continued(log: LogSnapshot, seen: SeenTree) -> None:
    """Return if the log begins with the tree that was seen elsewhere; `LogProofError` if not."""
    head = log.head()
    if head is None or head.size < seen.size:
        raise LogProofError("the log is shorter than its anchor has seen")
    places = Span(0, seen.size).peaks()
    stored = log.nodes([place.entry for place in places])
    root = CompactRange(seen.size, [place.of(stored) for place in places]).root()
    if root != (seen.root if seen.size else EMPTY_ROOT):
        raise LogProofError("the log does not begin with the tree that its anchor has seen")
