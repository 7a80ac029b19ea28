"""The audit of a whole log: everything that is stored is made again from the entries, and compared.

What a mirror does from the outside, an operator can do here, after a crash or a restored disk.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from registry.model import checkpoint as checkpoints
from registry.model.envelope import Entry
from registry.model.merkle import CompactRange, leaf_hash
from registry.model.signed_note import VerifierKey
from registry.model.state import check, validate
from registry.model.view import EmptyView, Overlay
from registry.ports import Head, LogSnapshot, LogStore
from registry.service.rows import row_of
from ssi_core.errors import LogProofError, NotFoundError, SsiError

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
        for raws in _chunks(log, head.size):
            _require_nodes(log, edge, raws)
            _replay(state, raws, origin=head.origin)
        _require_head(head, edge, log_key)
        _require_rows(log, state)
        return SoundLog(head.origin, head.size, head.root, len(state.records()))


def _chunks(log: LogSnapshot, size: int) -> Iterator[Sequence[bytes]]:
    start = 0
    while found := log.entries_from(start, limit=_CHUNK):
        raws = [raw for raw in found if raw is not None]
        if len(raws) != len(found):
            raise LogProofError("the log lacks entries that its state may depend on")
        start += len(raws)
        yield raws
    if start != size:
        raise LogProofError("the log does not have as many entries as its head says")


def _require_nodes(log: LogSnapshot, edge: CompactRange, raws: Sequence[bytes]) -> None:
    indexes = range(edge.size, edge.size + len(raws))
    leaves = [leaf_hash(raw) for raw in raws]
    made = {index: b"".join(edge.push(leaf)) for index, leaf in zip(indexes, leaves, strict=True)}
    places = dict(zip(leaves, indexes, strict=True))
    if log.nodes(indexes) != made or log.indexes(leaves) != places:
        raise LogProofError("the stored tree does not follow from the entries")


def _replay(state: Overlay, raws: Sequence[bytes], *, origin: str) -> None:
    for raw in raws:
        try:
            state.apply(validate(check(Entry.parse(raw), log=origin), state))
        except SsiError:
            place = f"/entries/{state.size}"
            raise LogProofError("the log had to refuse an entry that it has", at=place) from None


def _require_head(head: Head, edge: CompactRange, log_key: VerifierKey | None) -> None:
    if (head.size, head.root) != (edge.size, edge.root()):
        raise LogProofError("the stored head does not follow from the entries")
    if log_key is not None:
        signed = checkpoints.read(head.note, log_key=log_key)
        if (signed.size, signed.root) != (head.size, head.root):
            raise LogProofError("the stored head is not the one that the log signed")


def _require_rows(log: LogSnapshot, state: Overlay) -> None:
    made = {row_of(record) for record in state.records()}
    stored = set(log.all_rows())
    if made != stored:
        raise LogProofError("the stored state does not follow from the entries")
