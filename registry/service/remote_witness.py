"""Whom a log has its checkpoints cosigned by: a witness or a mirror, somewhere else."""

from typing import Protocol

from registry.model.signed_note import NoteSignature, VerifierKey
from registry.model.tlog_mirror import MirrorInfo
from registry.model.tlog_witness import AddCheckpoint, SeenSize


class RemoteWitness(Protocol):
    """Is handed checkpoints, and a mirror entries, and cosigns."""

    @property
    def keys(self) -> tuple[VerifierKey, ...]:
        """The keys that it signs with."""
        ...

    def add_checkpoint(self, request: AddCheckpoint) -> tuple[NoteSignature, ...] | SeenSize:
        """Return its cosignatures, or which size it has seen instead of the old one.

        A mirror returns none: it cosigns what `add_entries` has completed. Raises `ForkError` if
        the tree does not continue what it has seen, `RejectedError` if it does not know the log,
        and `UnavailableError`. Whether a signature holds is not checked.
        """
        ...

    def add_entries(
        self, body: bytes, *, gapped: bool = False
    ) -> tuple[NoteSignature, ...] | MirrorInfo:
        """Upload entries to a mirror; return its cosignatures, or where the upload may go on.

        With gaps among them the body is `gapped`, which not every mirror takes.
        Raises `RejectedError` if it does not take them, and `UnavailableError`.
        """
        ...

    def last_cosigned(self, origin: str) -> str:
        """Return the note of the log that it cosigned last, as it says."""
        ...
