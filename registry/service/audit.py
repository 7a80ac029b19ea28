"""The audit of a whole log from outside: everything it says is made again from what it shows."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, Protocol

from registry.model.checkpoint import VerifiedCheckpoint
from registry.model.log_evidence import LogPolicy
from registry.model.merkle import CompactRange, leaf_hash
from registry.model.state import CheckedEntry, VerifyProofs, check_all, validate
from registry.model.view import EmptyView, Overlay
from registry.service.fsck import SoundLog
from ssi_core.errors import LogProofError, SsiError, UnavailableError

_PAGE: Final = 1_000


class Source(Protocol):
    """Where a log is read."""

    def checkpoint(self) -> str:
        """Return the newest checkpoint."""
        ...

    def entries(self, start: int, *, limit: int) -> Sequence[bytes]:
        """Return entries in order, from index `start` on."""
        ...


def audit(
    source: Source, *, policy: LogPolicy, verify: VerifyProofs, at: datetime, start: int = 0
) -> SoundLog:
    """Return what the log is if its checkpoint follows from its entries.

    Signatures of entries before `start` were verified another time; order, state and tree are made
    again from all of them. Raises `LogProofError` that names the first thing that does not follow.
    """
    checkpoint = policy.verify(source.checkpoint(), at=at)
    edge, state = CompactRange(), Overlay(EmptyView())
    for raws in _pages(source, checkpoint.size):
        trusted = max(0, min(len(raws), start - edge.size))
        _replay(state, raws, log=checkpoint.origin, verify=verify, trusted=trusted)
        for raw in raws:
            edge.push(leaf_hash(raw))
    _require_root(edge, checkpoint)
    return SoundLog(checkpoint.origin, checkpoint.size, checkpoint.root, len(state.records()))


def _pages(source: Source, size: int) -> Iterator[Sequence[bytes]]:
    start = 0
    while start < size:
        page = source.entries(start, limit=min(_PAGE, size - start))[: size - start]
        if not page:
            raise UnavailableError("the log does not show all that it signed")
        start += len(page)
        yield page


def _replay(
    state: Overlay, raws: Sequence[bytes], *, log: str, verify: VerifyProofs, trusted: int
) -> None:
    known = check_all(raws[:trusted], log=log, verify=lambda proofs: [None] * len(proofs))
    new = check_all(raws[trusted:], log=log, verify=verify)
    for item in (*known, *new):
        try:
            state.apply(validate(_required(item), state))
        except SsiError:
            place = f"/entries/{state.size}"
            raise LogProofError("the log had to refuse an entry that it has", at=place) from None


def _required(item: CheckedEntry | SsiError) -> CheckedEntry:
    if isinstance(item, SsiError):
        raise item
    return item


def _require_root(edge: CompactRange, checkpoint: VerifiedCheckpoint) -> None:
    if edge.root() != checkpoint.root:
        raise LogProofError("the checkpoint does not follow from the entries that are shown")
