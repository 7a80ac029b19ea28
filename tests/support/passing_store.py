"""A store that passes everything on to another one, for those that do one thing differently."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from registry.ports import Batch, Head, LogStore


class PassingStore:
    """All of `LogStore`, as `real` does it."""

    def __init__(self, real: LogStore) -> None:
        self.real = real
        self.is_near = real.is_near

    def create(self, head: Head) -> None:
        """Begin the log."""
        self.real.create(head)

    @contextmanager
    def snapshot(self) -> Iterator[Any]:
        """Open the log."""
        with self.real.snapshot() as log:
            yield log

    def claim(self) -> Head:
        """Become the writer."""
        return self.real.claim()

    def append(self, batch: Batch) -> None:
        """Store the batch."""
        self.real.append(batch)

    def confirm(self, head: Head) -> None:
        """Return once the head is durable."""
        self.real.confirm(head)
