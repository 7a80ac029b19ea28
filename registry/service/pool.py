"""How much may wait to be appended: beyond that, whoever comes is asked to come again."""

from threading import Lock
from typing import final

from ssi_core.errors import OverloadedError


@final
class Pool:
    """Counts what has been handed in and is not answered yet, in entries and in bytes."""

    def __init__(self, *, entries: int, bytes_: int) -> None:
        self._most = (entries, bytes_)
        self._lock = Lock()
        self._entries = 0
        self._bytes = 0

    def enter(self, entries: int, bytes_: int) -> None:
        """Take in a submission of this size, or raise `OverloadedError`."""
        with self._lock:
            if self._entries + entries > self._most[0] or self._bytes + bytes_ > self._most[1]:
                raise OverloadedError("too many entries are waiting")
            self._entries += entries
            self._bytes += bytes_

    def leave(self, entries: int, bytes_: int) -> None:
        """Let go of a submission that has been answered."""
        with self._lock:
            self._entries -= entries
            self._bytes -= bytes_
