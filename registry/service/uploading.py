"""Brings entries to a mirror, in packages that are proved: https://c2sp.org/tlog-mirror."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, final

from registry.model.gapped_upload import ProvedGap
from registry.model.proof import EntryProof
from registry.model.signed_note import NoteSignature
from registry.model.stored_nodes import inclusion_path
from registry.model.tlog_mirror import (
    MAX_PACKAGES,
    AddEntries,
    EntryPackage,
    MirrorInfo,
    Subtree,
    subtree_path,
)
from registry.model.tlog_witness import SeenSize
from registry.model.transfer import Gap
from registry.ports import Head, LogSnapshot, LogStore
from registry.service.gaps import gaps
from registry.service.remote_witness import RemoteWitness
from ssi_core.errors import UnavailableError

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
        error stays taken. What it lacks and was redacted after `head` goes with a later checkpoint:
        that is an `UnavailableError`.
        """
        info, detours = MirrorInfo(head.size, min(self._next, head.size)), 0
        while True:
            packed = self._packed(head, info)
            answer = self._mirror.add_entries(packed.body, gapped=packed.gapped)
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

    def _packed(self, head: Head, info: MirrorInfo) -> "_Packed":
        asked = AddEntries(head.origin, info.next_entry, head.size, info.ticket)
        with self._store.snapshot() as log:
            packages = list(_packages(log, asked))
        body = asked.render() + b"".join(each.body for each in packages)
        return _Packed(body, gapped=any(each.gapped for each in packages))


@dataclass(frozen=True, slots=True)
class _Packed:
    """A package, or a request of several, and whether there are gaps in it."""

    body: bytes
    gapped: bool


def _packages(log: LogSnapshot, asked: AddEntries) -> Iterator[_Packed]:
    taken = 0
    for count, subtree in enumerate(asked.packages()):
        if count == MAX_PACKAGES or taken > _MAX_BYTES:
            return
        package = _package(log, subtree, first=max(subtree.start, asked.start), size=asked.end)
        taken += len(package.body)
        yield package


def _package(log: LogSnapshot, subtree: Subtree, *, first: int, size: int) -> _Packed:
    found = log.entries_from(first, limit=subtree.end - first)
    if len(found) != subtree.end - first:
        raise UnavailableError("the store lacks entries that the log has")
    left = gaps(log, [index for index, raw in enumerate(found, start=first) if raw is None])
    places = tuple(
        _proved(log, left[index], size=size) if raw is None else raw
        for index, raw in enumerate(found, start=first)
    )
    path = subtree_path(subtree, size, load=log.nodes)
    return _Packed(EntryPackage(places, path).render(), gapped=bool(left))


def _proved(log: LogSnapshot, gap: Gap, *, size: int) -> bytes:
    if gap.by >= size:
        raise UnavailableError("an entry was redacted after the checkpoint that is to be stored")
    path = inclusion_path(gap.by, size, load=log.nodes)
    return ProvedGap(gap.leaf, EntryProof(gap.redaction, gap.by, path)).render()
