"""A monitor: it follows a log as a replica does, and tells of every entry that concerns a watch."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, final

from registry.model.envelope import Entry
from registry.model.watch import Watch
from registry.ports import LogStore
from registry.service.replica.follower import Follower, Progress
from ssi_core.json_types import JsonObject

_PAGE = 1_000


class PlaceMemory(Protocol):
    """Where a monitor keeps its place."""

    def place(self) -> int:
        """Return the index of the first entry that has not been told of."""
        ...

    def keep_place(self, index: int) -> None:
        """Remember the place."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """An entry, verified and in the signed tree, and what of the watch it concerns."""

    log: str
    index: int
    type: str
    id: str | None
    concerns: tuple[str, ...]

    def to_json(self) -> JsonObject:
        """Return the finding as one line has it."""
        return {
            "log": self.log,
            "index": self.index,
            "type": self.type,
            "id": self.id,
            "concerns": self.concerns,
        }


@final
class Monitor:
    """Tells of each entry at least once, in order, over restarts too."""

    def __init__(
        self, store: LogStore, follower: Follower, *, watch: Watch, memory: PlaceMemory
    ) -> None:
        self._store = store
        self._follower = follower
        self._watch = watch
        self._memory = memory

    def follow(self) -> Progress:
        """Come to where the log is now; raises what the follower raises."""
        return self._follower.follow()

    def untold(self) -> Iterator[Finding]:
        """Yield what has not been told of. The place moves on when the caller asks for the next."""
        while (start := self._memory.place()) < self._size():
            with self._store.snapshot() as log:
                page = log.entries_from(start, limit=_PAGE)
            for index, raw in enumerate(page, start):
                found = () if raw is None else self._watch.concerns(raw)
                if raw is not None and found:
                    yield self._finding(index, raw, found)
                    self._memory.keep_place(index + 1)
            self._memory.keep_place(start + len(page))

    def _size(self) -> int:
        with self._store.snapshot() as log:
            head = log.head()
        return 0 if head is None else head.size

    def _finding(self, index: int, raw: bytes, concerns: tuple[str, ...]) -> Finding:
        entry = Entry.parse(raw)
        about = entry.members.get("id")
        return Finding(
            log=entry.log,
            index=index,
            type=entry.type.value,
            id=about if isinstance(about, str) else None,
            concerns=concerns,
        )
