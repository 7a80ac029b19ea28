"""A log's state as far as some of its entries tell, each proved to stand where it stood."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Self, final

from registry.model import grant_records
from registry.model.checkpoint import VerifiedCheckpoint
from registry.model.emergencies import BreakGlass
from registry.model.envelope import Entry
from registry.model.grant_changes import ConsentRedact, ConsentSupersede
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
        replay, proofs = cls(checkpoint), _in_order(entries)
        for proof in proofs:
            proof.require_included(checkpoint)
        try:
            replay._apply({proof.index: replay._checked(proof) for proof in proofs})
        except (RejectedError, ConflictError):
            raise LogProofError("the evidence has an entry that the log had to refuse") from None
        return replay

    def _checked(self, proof: EntryProof) -> CheckedEntry:
        return check(Entry.parse(proof.raw), log=self._checkpoint.origin)

    def _apply(self, entries: Mapping[int, CheckedEntry]) -> None:
        for index, checked in entries.items():
            content = checked.content
            if isinstance(content, ConsentRedact) and content.index not in entries:
                self._skip(content, index)
        for index, checked in entries.items():
            self._append(checked, index)

    def _append(self, checked: CheckedEntry, index: int) -> None:
        self.said[index] = checked.entry
        self.state.move_to(index)
        match checked.content:
            case StatusPublish() as content:
                self._publish(checked, content, index)
            case StateSnapshot() as content:
                self._take(content, index)
            case ConsentSupersede() as content if self.state.grant(content.id) is None:
                self._give_new(content, index)
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

    def _skip(self, content: ConsentRedact, index: int) -> None:
        # Of a grant whose bytes were dropped, what had them dropped says where it stood.
        if content.index >= index:
            raise LogProofError("a redaction names a later place than its own")
        record = grant_records.dropped(content, self.state.grant(content.id))
        self.state.apply(StateChange(content.index, (record,)))

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
