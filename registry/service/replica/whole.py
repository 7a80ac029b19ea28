"""A store as readers see it: whole checkpoints only, whatever a follower has in the making."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import final

from registry.ports import Batch, Head, LogSnapshot, LogStore
from registry.service.replica.follower import is_whole
from ssi_core.errors import UnavailableError


@final
class WholeCheckpoints:
    """Shows the last checkpoint that is whole. Readers share it; one follower writes below it."""

    # Readers of what is held wait for each other.
    is_near = False

    def __init__(self, store: LogStore) -> None:
        self._store = store
        self._lock = RLock()
        self._held: LogSnapshot | None = None

    @property
    def whole(self) -> LogStore:
        """The store below, where a follower writes."""
        return self._store

    @contextmanager
    def held(self) -> Iterator[None]:
        """Show what there is now until the end, while a follower goes several steps."""
        with self._store.snapshot() as log:
            whole = is_whole(log.head())
            with self._lock:
                self._held = log if whole else None
            try:
                yield
            finally:
                with self._lock:
                    self._held = None

    @contextmanager
    def snapshot(self) -> Iterator[LogSnapshot]:
        """Open the log as it was at its last whole checkpoint; one reader at a time if held."""
        if self._held is None:
            with self._store.snapshot() as log:
                if is_whole(log.head()):
                    yield log
                    return
        with self._lock:
            if self._held is None:
                raise UnavailableError("the replica has no whole checkpoint yet")
            yield self._held

    def create(self, head: Head) -> None:
        """Begin the log."""
        self._store.create(head)

    def claim(self) -> Head:
        """Become the log's writer."""
        return self._store.claim()

    def append(self, batch: Batch) -> None:
        """Store all of `batch`."""
        self._store.append(batch)

    def confirm(self, head: Head) -> None:
        """Return if `head` is as durable as what was appended."""
        self._store.confirm(head)
