"""Marks in memory: for tests, and for verifiers that nobody tells anything."""

from collections.abc import Collection
from datetime import datetime
from threading import Lock
from typing import final

from verifier.marks import GrantMark, LogPosition


@final
class MemoryMarks:
    """Gone with the process. Threads may share it. It does not know which grants are held."""

    def __init__(self) -> None:
        self._marks: dict[str, GrantMark] = {}
        self._positions: dict[str, LogPosition] = {}
        self._lock = Lock()

    def learn(self, marks: Collection[GrantMark], position: LogPosition | None = None) -> None:
        """Keep marks, and how far we have listened now."""
        with self._lock:
            for mark in marks:
                known = self._marks.get(mark.grant_id)
                if known is None or known.index < mark.index:
                    self._marks[mark.grant_id] = mark
            if position is not None:
                before = self._positions.get(position.log)
                if before is None or before.heard <= position.heard:
                    self._positions[position.log] = position

    def mark_of(self, grant_id: str) -> GrantMark | None:
        """Return the newest mark of a grant."""
        return self._marks.get(grant_id)

    def forget_marks(self, *, before: datetime) -> None:
        """Forget nothing: what is held cannot be told here from what is not."""

    def may_hold_grants(self) -> bool:
        """Say yes: what is held is not known here."""
        return True

    def position(self, log: str) -> LogPosition | None:
        """Return how far we have listened to a log; nothing before the first time."""
        return self._positions.get(log)
