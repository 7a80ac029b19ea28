"""A log's state as far as some of its entries tell, each proved to stand where it stood."""

from collections.abc import Iterable, Sequence
from typing import Self, final

from registry.model import grant_records
from registry.model.checkpoint import VerifiedCheckpoint
from registry.model.emergencies import BreakGlass
from registry.model.envelope import Entry
from registry.model.grant_changes import ConsentSupersede
from registry.model.grants import ConsentGrant
from registry.model.proof import EntryProof
from registry.model.records import StateChange
from registry.model.snapshots import StateSnapshot
from registry.model.state import CheckedEntry, check, validate
from registry.model.status_lists import StatusPublish
from registry.model.transitions import require_issuer
from registry.model.view import EmptyView, Overlay
from ssi_core.did.syntax import Did
from ssi_core.errors import ConflictError, LogProofError, MalformedError, RejectedError


@final
class Replay:
    """What a verifier learns from entries: the state, and what they said, all and by subject."""

    def __init__(self, checkpoint: VerifiedCheckpoint) -> None:
        self._checkpoint = checkpoint
        self.state = Overlay(EmptyView())
        self.grants: dict[str, ConsentGrant] = {}
        self.emergencies: dict[str, Entry] = {}
        self.publications: dict[tuple[Did, str], StatusPublish] = {}
        self.published_at: dict[tuple[Did, str], int] = {}
        self.snapshot: StateSnapshot | None = None
        self.said: dict[int, Entry] = {}

    @classmethod
    def of(cls, entries: Sequence[EntryProof], checkpoint: VerifiedCheckpoint) -> Self:
        """Prove and validate `entries` in the log's order.

        Raises `MalformedError`, or `LogProofError` for an entry that is not in the tree, or that
        the log had to refuse.
        """
        replay = cls(checkpoint)
        for proof in _in_order(entries):
            proof.require_included(checkpoint)
            try:
                replay._append(proof)
            except (RejectedError, ConflictError):
                raise LogProofError(
                    "the evidence has an entry that the log had to refuse"
                ) from None
        return replay

    def _append(self, proof: EntryProof) -> None:
        checked = check(Entry.parse(proof.raw), log=self._checkpoint.origin)
        self.said[proof.index] = checked.entry
        self.state.move_to(proof.index)
        match checked.content:
            case StatusPublish() as content:
                self._publish(checked, content, proof.index)
            case StateSnapshot() as content:
                self._take(content, proof.index)
            case ConsentSupersede() as content if self.state.grant(content.id) is None:
                self._give_new(content, proof.index)
            case content:
                self.state.apply(validate(checked, self.state))
                if isinstance(content, ConsentSupersede):
                    content = content.new
                if isinstance(content, ConsentGrant):
                    self.grants[content.id] = content
                if isinstance(content, BreakGlass):
                    self.emergencies[content.id] = checked.entry

    def _publish(self, checked: CheckedEntry, content: StatusPublish, index: int) -> None:
        # What it follows is not in the evidence, so of its place only the signature is checked.
        require_issuer(checked.entry, content.issuer, self.state)
        self.publications[content.issuer, content.uri] = content
        self.published_at[content.issuer, content.uri] = index

    def _take(self, content: StateSnapshot, index: int) -> None:
        # Whether its root is right can be told by those who have all the entries.
        if content.size != index:
            raise LogProofError("the snapshot is of another place in the log")
        self.snapshot = content

    def _give_new(self, content: ConsentSupersede, index: int) -> None:
        # The grant whose place it takes is not in the evidence, and of no matter for the new one.
        found = self.state.grant(content.new.id)
        record = grant_records.grant(content.new, found, index=index, old=content.id)
        self.state.apply(StateChange(index, (record,)))
        self.grants[content.new.id] = content.new


def _in_order(entries: Iterable[EntryProof]) -> list[EntryProof]:
    ordered = sorted(entries, key=lambda entry: entry.index)
    if len({entry.index for entry in ordered}) != len(ordered):
        raise MalformedError("evidence has an entry twice", at="/entries")
    return ordered
