"""A log's state as far as some of its entries tell, each proved to stand where it stood."""

from collections.abc import Iterable, Sequence
from typing import Self, final

from registry.model.checkpoint import VerifiedCheckpoint
from registry.model.envelope import Entry
from registry.model.grants import ConsentGrant
from registry.model.proof import EntryProof
from registry.model.state import CheckedEntry, check, validate
from registry.model.status_lists import StatusPublish
from registry.model.transitions import require_issuer
from registry.model.view import EmptyView, Overlay
from ssi_core.did.syntax import Did
from ssi_core.errors import ConflictError, LogProofError, MalformedError, RejectedError


@final
class Replay:
    """What a verifier learns from entries: the state, and what grants and publications said."""

    def __init__(self, checkpoint: VerifiedCheckpoint) -> None:
        self._checkpoint = checkpoint
        self.state = Overlay(EmptyView())
        self.grants: dict[str, ConsentGrant] = {}
        self.publications: dict[tuple[Did, str], StatusPublish] = {}

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
        self.state.move_to(proof.index)
        match checked.content:
            case StatusPublish() as content:
                self._publish(checked, content)
            case content:
                self.state.apply(validate(checked, self.state))
                if isinstance(content, ConsentGrant):
                    self.grants[content.id] = content

    def _publish(self, checked: CheckedEntry, content: StatusPublish) -> None:
        # What it follows is not in the evidence, so of its place only the signature is checked.
        require_issuer(checked.entry, content.issuer, self.state)
        self.publications[content.issuer, content.uri] = content


def _in_order(entries: Iterable[EntryProof]) -> list[EntryProof]:
    ordered = sorted(entries, key=lambda entry: entry.index)
    if len({entry.index for entry in ordered}) != len(ordered):
        raise MalformedError("evidence has an entry twice", at="/entries")
    return ordered
