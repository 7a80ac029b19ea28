"""What is left of a log that was dropped whole: its last checkpoint, and where it went on, proved.

Both are one C2SP tlog-proof, whose extra data is the `log.handover`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from registry.model.checkpoint import Checkpoint
from registry.model.envelope import Entry, EntryType
from registry.model.log_entries import Handover
from registry.model.merkle import leaf_hash, verify_inclusion
from registry.model.signed_note import SignedNote
from registry.model.tlog_proof import TlogProof
from ssi_core.errors import MalformedError

DROPPED: Final = "the log was dropped whole, after everything in it was over"
"""Why nothing in such a log can be had any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedLog:
    """The end of a log. That the handover stands in the tree was checked; who signed that was not.

    `index` is where the handover stands, `checkpoint` the log's last note, with its cosignatures.
    """

    origin: str
    size: int
    root: bytes
    index: int
    handover: Handover
    checkpoint: str
    proof: bytes

    @classmethod
    def of(cls, handover: bytes, *, index: int, path: Sequence[bytes], checkpoint: str) -> Self:
        """Return what is left of a log whose entry `index` is `handover`."""
        return cls.parse(TlogProof(index, tuple(path), checkpoint, handover).render())

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """Read a `.tlog-proof`; raise `LogProofError` if the handover is not in its tree."""
        proof = TlogProof.parse(content)
        tree = Checkpoint.parse(SignedNote.parse(proof.checkpoint).text)
        if proof.extra is None:
            raise MalformedError("the proof comes without the handover")
        entry = Entry.parse(proof.extra)
        if entry.type is not EntryType.LOG_HANDOVER or entry.log != tree.origin:
            raise MalformedError("the proof is of another entry than the log's handover")
        verify_inclusion(
            leaf_hash(entry.raw), index=proof.index, size=tree.size, path=proof.path, root=tree.root
        )
        return cls(
            origin=tree.origin,
            size=tree.size,
            root=tree.root,
            index=proof.index,
            handover=Handover.parse(entry),
            checkpoint=proof.checkpoint,
            proof=content,
        )
