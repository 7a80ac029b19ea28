"""The claim register in memory: for tests, and as the plainest statement of its contract."""

from collections.abc import Collection
from datetime import datetime
from threading import Lock
from typing import final

from ssi_core.errors import ConflictError, MalformedError


@final
class MemoryClaimRegister:
    """Marks, gone with the process. Threads may share it."""

    def __init__(self) -> None:
        self._decisions: dict[str, str] = {}
        self._lock = Lock()

    def enter(self, marks: Collection[str], *, decision: str, at: datetime) -> None:
        """Enter all of `marks` or none; `ConflictError` if another decision has any of them."""
        if not marks or at.utcoffset() is None:
            raise MalformedError("enters at least one mark, at a moment with a time zone")
        with self._lock:
            found = {mark: self._decisions[mark] for mark in marks if mark in self._decisions}
            if found == dict.fromkeys(marks, decision):
                return
            if found:
                raise ConflictError("another decision has one of these marks")
            self._decisions.update(dict.fromkeys(marks, decision))

    def taken(self, marks: Collection[str]) -> frozenset[str]:
        """Return those of `marks` that have been entered."""
        with self._lock:
            return frozenset(mark for mark in marks if mark in self._decisions)
