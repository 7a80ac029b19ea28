"""Carries checkpoints to one witness or mirror; brings back cosignatures, or proof of a fork."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, final

from registry.model import checkpoint as checkpoints
from registry.model import cosignature
from registry.model.checkpoint import Checkpoint
from registry.model.cosignature import Cosignature
from registry.model.signed_note import NoteSignature, SignedNote, VerifierKey
from registry.model.stored_nodes import consistency_path
from registry.model.tlog_witness import AddCheckpoint, SeenSize
from registry.ports import Head, LogStore
from registry.service.remote_witness import RemoteWitness
from registry.service.tree import root_at
from registry.service.uploading import Uploading
from ssi_core.errors import ForkError, LogProofError, SsiError, UnavailableError

_ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True)
class Cosigned:
    """What a witness said of a head: its lines, all of which hold, and when it was asked."""

    head: Head
    lines: tuple[NoteSignature, ...]
    cosignatures: tuple[Cosignature, ...]
    at: datetime


@final
class Courier:
    """Goes to one witness. Not to be called by two threads at a time."""

    def __init__(self, store: LogStore, witness: RemoteWitness, *, log_key: VerifierKey) -> None:
        self._store = store
        self._witness = witness
        self._log_key = log_key
        self._seen = 0
        self._uploading = Uploading(store, witness)

    @property
    def keys(self) -> tuple[VerifierKey, ...]:
        """The witness's keys."""
        return self._witness.keys

    def carry(self, head: Head | None, *, now: Callable[[], datetime]) -> Cosigned:
        """Have `head`, or the newest one, cosigned; a newer one if this is not possible any more.

        Raises `ForkError` only with proof: a checkpoint of this log, signed by its own key, that
        the log as it is does not continue. A witness that merely says so is `UnavailableError`.
        """
        asked = head or self._newest()
        for _ in range(_ATTEMPTS):
            if asked.size < self._seen:
                # Another process may have appended, and have had its head cosigned.
                asked = self._newest()
            if asked.size < self._seen:
                raise self._without_proof()
            at = now()
            answer = self._ask(asked)
            if not isinstance(answer, SeenSize):
                return self._checked(asked, answer, at)
            self._seen = answer.size
        raise UnavailableError("a witness keeps answering with another size")

    def _ask(self, head: Head) -> tuple[NoteSignature, ...] | SeenSize:
        path: tuple[bytes, ...] = ()
        if 0 < self._seen < head.size:
            with self._store.snapshot() as log:
                path = consistency_path(self._seen, head.size, load=log.nodes)
        try:
            answer = self._witness.add_checkpoint(AddCheckpoint(self._seen, path, head.note))
        except ForkError:
            raise self._without_proof() from None
        if answer != ():
            return answer
        # A mirror: it has accepted the checkpoint, and cosigns it when it has the entries.
        self._seen = head.size
        return self._uploading.bring(head)

    def _checked(self, head: Head, lines: tuple[NoteSignature, ...], at: datetime) -> Cosigned:
        note = SignedNote(SignedNote.parse(head.note).text, lines)
        tree = Checkpoint(head.origin, head.size, head.root)
        found = [cosignature.newest(note, tree, key=key) for key in self.keys]
        held = tuple(one for one in found if one is not None)
        if not held:
            raise LogProofError("a witness's answer has no cosignature of its own")
        self._seen = head.size
        return Cosigned(head, note.by(self.keys), held, at)

    def _newest(self) -> Head:
        with self._store.snapshot() as log:
            head = log.head()
        if head is None:
            raise UnavailableError("there is no log")
        return head

    def _without_proof(self) -> SsiError:
        """Return `ForkError` if the witness proves that this log has signed another tree."""
        self._seen = 0
        note = self._witness.last_cosigned(self._log_key.name)
        seen = checkpoints.read(note, log_key=self._log_key)
        with self._store.snapshot() as log:
            head = log.head()
            if head is None or seen.size > head.size:
                return ForkError("a witness has seen more of this log than there is")
            if root_at(log, seen.size) != seen.root:
                return ForkError("a witness has seen another tree of this log")
        return UnavailableError("a witness disagrees, and shows no reason")
