"""The audit of a whole log: everything that is stored is made again from the entries, and compared.

What a mirror does from the outside, an operator can do here, after a crash or a restored disk.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from registry.model import checkpoint as checkpoints
from registry.model.accreditation_records import AccreditationRecord
from registry.model.envelope import Entry
from registry.model.grant_records import GrantRecord
from registry.model.merkle import CompactRange
from registry.model.records import Record
from registry.model.signed_note import VerifierKey
from registry.model.state import check
from registry.model.status_map import EMPTY_CHUNK, chunk_count
from registry.model.transfer import Gap, Shown
from registry.model.view import EmptyView, Overlay
from registry.ports import Head, LogSnapshot, LogStore
from registry.service.gaps import gaps
from registry.service.rebuild import GapError, Rebuild, leaf_of
from registry.service.rows import row_of
from ssi_core.errors import LogProofError, NotFoundError, SsiError, UnavailableError

_CHUNK: Final = 1_000


@dataclass(frozen=True, slots=True)
class SoundLog:
    """A log that was made again from its entries and found the same. Only `fsck` makes one."""

    origin: str
    size: int
    root: bytes
    records: int


def fsck(store: LogStore, *, log_key: VerifierKey | None = None) -> SoundLog:
    """Return what the log is if its tree, state and head follow from its entries.

    With `log_key` its signature is checked too. Raises `LogProofError` that names the first thing
    that does not follow, `NotFoundError` if there is no log.
    """
    with store.snapshot() as log:
        head = log.head()
        if head is None:
            raise NotFoundError("there is no log")
        edge, state = CompactRange(), Overlay(EmptyView())
        rebuild = Rebuild(state, origin=head.origin)
        for run in _chunks(log, head.size):
            _require_nodes(log, edge, run)
            _replay(rebuild, run, origin=head.origin)
        if rebuild.promised:
            raise LogProofError("an entry is missing that nothing had dropped")
        _require_head(head, edge, log_key)
        _require_rows(log, state)
        _require_map(log, state, head.size)
        if log.entries(state.redacted()):
            raise LogProofError("the bytes of a redacted entry are still there")
        return SoundLog(head.origin, head.size, head.root, len(state.records()))


def _chunks(log: LogSnapshot, size: int) -> Iterator[Sequence[Shown]]:
    start = 0
    while found := log.entries_from(start, limit=_CHUNK):
        places = list(enumerate(found, start))
        try:
            left = gaps(log, [index for index, raw in places if raw is None])
        except UnavailableError:
            raise LogProofError("an entry is missing that nothing had dropped") from None
        yield [left[index] if raw is None else raw for index, raw in places]
        start += len(found)
    if start != size:
        raise LogProofError("the log does not have as many entries as its head says")


def _require_nodes(log: LogSnapshot, edge: CompactRange, run: Sequence[Shown]) -> None:
    indexes = range(edge.size, edge.size + len(run))
    leaves = [leaf_of(shown) for shown in run]
    made = {index: b"".join(edge.push(leaf)) for index, leaf in zip(indexes, leaves, strict=True)}
    places = dict(zip(leaves, indexes, strict=True))
    if log.nodes(indexes) != made or log.indexes(leaves) != places:
        raise LogProofError("the stored tree does not follow from the entries")


def _replay(rebuild: Rebuild, run: Sequence[Shown], *, origin: str) -> None:
    for shown in run:
        try:
            if isinstance(shown, Gap):
                rebuild.skip(shown)
            else:
                rebuild.add(check(Entry.parse(shown), log=origin))
        except (SsiError, GapError):
            place = f"/entries/{rebuild.state.size}"
            raise LogProofError("the log had to refuse an entry that it has", at=place) from None


def _require_head(head: Head, edge: CompactRange, log_key: VerifierKey | None) -> None:
    if (head.size, head.root) != (edge.size, edge.root()):
        raise LogProofError("the stored head does not follow from the entries")
    if log_key is not None:
        signed = checkpoints.read(head.note, log_key=log_key)
        if (signed.size, signed.root) != (head.size, head.root):
            raise LogProofError("the stored head is not the one that the log signed")


def _require_rows(log: LogSnapshot, state: Overlay) -> None:
    stored = set(log.all_rows())
    for record in state.records():
        row = next((row for row in map(row_of, _kept_forms(record)) if row in stored), None)
        if row is None:
            raise LogProofError("the stored state does not follow from the entries")
        stored.remove(row)
    if stored:
        raise LogProofError("the stored state does not follow from the entries")


def _kept_forms(record: Record) -> Iterator[Record]:
    """Yield a record as it is kept, then as kept by who forgot pauses when they were over."""
    yield record
    if isinstance(record, GrantRecord) and record.redacted is not None:
        yield replace(record, paused=(), forgot=True)
    if isinstance(record, GrantRecord | AccreditationRecord):
        for left in range(1, len(record.paused) + 1):
            yield replace(record, paused=record.paused[left:])


def _require_map(log: LogSnapshot, state: Overlay, size: int) -> None:
    numbers = range(chunk_count(size))
    stored, made = log.chunks(numbers), state.status_map()
    if any(stored.get(number, EMPTY_CHUNK) != made.chunk(number) for number in numbers):
        raise LogProofError("the stored status map does not follow from the entries")
