"""Brings entries to a mirror, in packages that are proved: https://c2sp.org/tlog-mirror."""

from collections.abc import Iterator
from typing import Final, final

from registry.model.signed_note import NoteSignature
from registry.model.tlog_mirror import (
    MAX_PACKAGES,
    AddEntries,
    EntryPackage,
    MirrorInfo,
    Subtree,
    subtree_path,
)
from registry.model.tlog_witness import SeenSize
from registry.ports import Head, LogSnapshot, LogStore
from registry.service.remote_witness import RemoteWitness
from ssi_core.errors import RedactedError, UnavailableError

# Of entries in one request, so that it is answered in time; a package goes in any case.
_MAX_BYTES: Final = 1_000_000
# How often a mirror may say that it begins elsewhere, without having taken anything.
_DETOURS: Final = 3


@final
class Uploading:
    """Goes to one mirror. Not to be called by two threads at a time."""

    def __init__(self, store: LogStore, mirror: RemoteWitness) -> None:
        self._store = store
        self._mirror = mirror
        self._next = 0

    def bring(self, head: Head) -> tuple[NoteSignature, ...] | SeenSize:
        """Upload what the mirror lacks of `head`, which it has accepted; return its cosignatures.

        Or return the size of another tree that it wants to be led to. What was taken before an
        error stays taken. Raises `RedactedError` if it lacks what is nowhere here any more.
        """
        info, detours = MirrorInfo(head.size, min(self._next, head.size)), 0
        while True:
            answer = self._mirror.add_entries(self._request(head, info))
            if not isinstance(answer, MirrorInfo):
                self._next = head.size
                return answer
            if answer.size != head.size:
                return SeenSize(answer.size)
            if answer.next_entry <= info.next_entry:
                detours += 1
            if detours > _DETOURS:
                raise UnavailableError("a mirror takes no entries, and does not say why")
            # It may have more already than this tree has.
            self._next = min(answer.next_entry, head.size)
            info = MirrorInfo(answer.size, self._next, answer.ticket)

    def _request(self, head: Head, info: MirrorInfo) -> bytes:
        asked = AddEntries(head.origin, info.next_entry, head.size, info.ticket)
        with self._store.snapshot() as log:
            return asked.render() + b"".join(_packages(log, asked))


def _packages(log: LogSnapshot, asked: AddEntries) -> Iterator[bytes]:
    taken = 0
    for count, subtree in enumerate(asked.packages()):
        if count == MAX_PACKAGES or taken > _MAX_BYTES:
            return
        package = _package(log, subtree, first=max(subtree.start, asked.start), size=asked.end)
        taken += len(package)
        yield package


def _package(log: LogSnapshot, subtree: Subtree, *, first: int, size: int) -> bytes:
    found = log.entries_from(first, limit=subtree.end - first)
    entries = tuple(raw for raw in found if raw is not None)
    if len(entries) != subtree.end - first:
        raise RedactedError("a mirror lacks an entry that was redacted here: it has to follow")
    return EntryPackage(entries, subtree_path(subtree, size, load=log.nodes)).render()
