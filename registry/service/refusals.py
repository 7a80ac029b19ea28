"""Entries that lost to another: found while a batch is made, signed for once it is stored."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias, final

from registry.model.conflict_receipt import ConflictReceipt, Winner, sign_conflict
from registry.model.contention import contradicted_by
from registry.model.did_logs import DidLogRecord, DidOp, version_of
from registry.model.envelope import Entry
from registry.model.state import CheckedEntry
from registry.ports import Clock
from ssi_core.did.syntax import Did
from ssi_core.did.webvh import replay
from ssi_core.errors import ConflictError, MalformedError, RejectedError, SsiError
from ssi_core.json_types import JsonObject
from ssi_core.keys import Signer


class Prefix(Protocol):
    """The log as it is where an entry lost: stored, and what is in the making."""

    def raw(self, index: int) -> bytes | None:
        """Return the bytes of an entry; nothing if it was redacted."""
        ...

    def leaf(self, index: int) -> bytes:
        """Return the hash of an entry."""
        ...

    def did_log(self, did: Did) -> DidLogRecord | None:
        """Return the history of `did`, or nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Lost:
    """An entry with the hash `leaf` that another one, the `winner`, was before.

    `signers` have made both, as statements of which the log can have one.
    """

    error: ConflictError
    leaf: bytes
    winner: Winner
    signers: tuple[Did, ...]


Refuse: TypeAlias = Callable[[Lost, int], ConflictError]
"""Makes the answer to who handed in what lost, judged in a log of that size, which is durable."""


def lost(checked: CheckedEntry, error: ConflictError, prefix: Prefix) -> Lost | ConflictError:
    """Return what is known of the loss; the error itself if nobody is known to have won."""
    if error.winner is None:
        return error
    leaf = prefix.leaf(error.winner)
    if leaf == checked.entry.leaf:
        return error
    winner = Winner(error.winner, leaf)
    return Lost(error, checked.entry.leaf, winner, _signers(checked, winner, prefix))


@final
class Refusals:
    """Signs, in the name of the log, what it refused because of another entry."""

    def __init__(self, *, origin: str, signer: Signer, clock: Clock) -> None:
        self._origin = origin
        self._signer = signer
        self._clock = clock

    def __call__(self, lost: Lost, size: int) -> ConflictError:
        """Return the error with its receipt."""
        error = lost.error
        receipt = ConflictReceipt(
            log=self._origin,
            leaf=lost.leaf,
            rule=error.reason,
            pointer=error.at,
            winner=lost.winner,
            size=size,
            signers=lost.signers,
            at=self._clock.now(),
        )
        error.receipt = sign_conflict(receipt, signer=self._signer)
        return error


def _signers(checked: CheckedEntry, winner: Winner, prefix: Prefix) -> tuple[Did, ...]:
    raw = prefix.raw(winner.index)
    if raw is None:
        return ()
    try:
        signers = contradicted_by(checked.entry, Entry.parse(raw))
    except (MalformedError, RejectedError):
        # Of a line that nobody looked into, since its DID has ended.
        return ()
    content = checked.content
    # Its signature was not looked at: it names a version that the DID has already.
    if signers and isinstance(content, DidOp) and not _could_have_won(content, prefix):
        return ()
    return signers


def _could_have_won(content: DidOp, prefix: Prefix) -> bool:
    """Say whether the DID's controller made the line, to come where another one came."""
    found, number = prefix.did_log(content.did), version_of(content.line)
    if found is None or number is None or not 1 < number <= len(found.entries):
        return False
    try:
        lines = [_line(prefix.raw(index)) for index in found.entries[: number - 1]]
        return replay(lines).then(content.line).did == content.did
    except SsiError:
        return False


def _line(raw: bytes | None) -> JsonObject:
    # A DID's lines are never redacted.
    return DidOp.parse(Entry.parse(raw or b"")).line
