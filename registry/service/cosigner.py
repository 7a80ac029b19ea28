"""A witness of many logs: it cosigns what continues the largest tree of each that it cosigned.

https://c2sp.org/tlog-witness
"""

from collections.abc import Callable, Sequence
from typing import Final, Protocol, TypeAlias, final

from registry.model import checkpoint as checkpoints
from registry.model import cosignature
from registry.model.checkpoint import Checkpoint
from registry.model.cosignature import cosigner_key
from registry.model.merkle import EMPTY_ROOT, verify_consistency
from registry.model.signed_note import (
    NoteSignature,
    NoteSigner,
    SignatureType,
    SignedNote,
    VerifierKey,
)
from registry.model.tlog_witness import AddCheckpoint, SeenSize, origin_hash
from registry.ports import Clock, CosignedTree, CosignedTrees
from ssi_core.errors import (
    AlgorithmError,
    ConflictError,
    ForkError,
    LogProofError,
    MalformedError,
    NotFoundError,
    OverloadedError,
)

Answer: TypeAlias = tuple[NoteSignature, ...] | SeenSize
Remembered: TypeAlias = tuple[CosignedTree, tuple[NoteSignature, ...]]

_ATTEMPTS: Final = 3


class Witnessing(Protocol):
    """Whoever logs hand their checkpoints to: a witness, or a mirror."""

    @property
    def name(self) -> str:
        """The name that its signatures have."""
        ...

    @property
    def keys(self) -> Sequence[VerifierKey]:
        """The keys that it signs with."""
        ...

    @property
    def log_keys(self) -> Sequence[VerifierKey]:
        """The keys of the logs that it knows."""
        ...

    def add_checkpoint(self, request: AddCheckpoint) -> Answer:
        """Return signatures for a checkpoint that continues the last one, or the size of that."""
        ...

    def checkpoint(self, log: str) -> str:
        """Return the note that was cosigned last of the log with this origin hash."""
        ...


@final
class Cosigner:
    """Cosigns with each of its keys. Threads may share it, and processes its memory."""

    def __init__(
        self,
        *,
        name: str,
        signers: Sequence[NoteSigner],
        log_keys: Sequence[VerifierKey],
        memory: CosignedTrees,
        clock: Clock,
    ) -> None:
        if not signers or not log_keys:
            raise MalformedError("a witness has a key, and a log that it knows")
        if any(key.signature_type is not SignatureType.ED25519 for key in log_keys):
            raise AlgorithmError("a log signs with a plain Ed25519 key")
        self.name = name
        self.keys = tuple(cosigner_key(name, signer) for signer in signers)
        self.log_keys = tuple(log_keys)
        self._signers = tuple(signers)
        self._memory = memory
        self._clock = clock

    def add_checkpoint(self, request: AddCheckpoint) -> Answer:
        """Return cosignatures of the checkpoint, or the size that was cosigned last.

        Raises `NotFoundError` for a log that it does not know, `LogProofError` if that log did not
        sign, and `ForkError` if the tree does not continue the last one.
        """
        return continued(
            request, log_keys=self.log_keys, memory=self._memory, remembered=self._cosigned
        )

    def cosign_stored(self, note: str) -> Answer:
        """Return cosignatures of a checkpoint whose memory says if it continues the last one.

        Of one that is smaller than the last it returns the size of that.
        """
        signed = SignedNote.parse(note)
        checkpoint = read_signed(signed, log_keys=self.log_keys)
        for _ in range(_ATTEMPTS):
            was = self._memory.load(checkpoint.origin)
            if was is not None and checkpoint.size < was.size:
                return SeenSize(was.size)
            cosigned, lines = self._cosigned(signed, checkpoint, was)
            try:
                self._memory.advance(checkpoint.origin, after=was, to=cosigned)
            except ConflictError:
                continue
            return lines
        raise OverloadedError("other requests for this log were always first")

    def checkpoint(self, log: str) -> str:
        """Return the note that was cosigned last of the log with this origin hash."""
        for key in self.log_keys:
            if origin_hash(key.name) == log and (was := self._memory.load(key.name)) is not None:
                return was.note
        raise NotFoundError("this witness has cosigned nothing of such a log")

    def _cosigned(
        self, signed: SignedNote, checkpoint: Checkpoint, was: CosignedTree | None
    ) -> Remembered:
        now = self._clock.now()
        # A clock that was put back must not make the newer tree look older.
        at = now if was is None else max(now, was.at)
        lines = tuple(
            cosignature.cosign(signed.text, checkpoint, name=self.name, signer=signer, at=at)
            for signer in self._signers
        )
        note = SignedNote(signed.text, signed.by(self.log_keys)).signed_by(*lines)
        tree = CosignedTree(size=checkpoint.size, root=checkpoint.root, note=str(note), at=at)
        return tree, lines


def continued(
    request: AddCheckpoint,
    *,
    log_keys: Sequence[VerifierKey],
    memory: CosignedTrees,
    remembered: Callable[[SignedNote, Checkpoint, CosignedTree | None], Remembered],
) -> Answer:
    """Return what `remembered` answers to a checkpoint that continues the last one in `memory`."""
    signed = SignedNote.parse(request.note)
    checkpoint = read_signed(signed, log_keys=log_keys)
    if request.old_size > checkpoint.size:
        raise MalformedError("the old size is not larger than the checkpoint's")
    for _ in range(_ATTEMPTS):
        was = memory.load(checkpoint.origin)
        seen = 0 if was is None else was.size
        if request.old_size != seen:
            return SeenSize(seen)
        _require_continued(was, checkpoint, request.path)
        tree, lines = remembered(signed, checkpoint, was)
        try:
            # Before anybody sees the signature: one that was never seen cannot split a view.
            memory.advance(checkpoint.origin, after=was, to=tree)
        except ConflictError:
            continue
        return lines
    raise OverloadedError("other requests for this log were always first")


def read_signed(signed: SignedNote, *, log_keys: Sequence[VerifierKey]) -> Checkpoint:
    """Return the checkpoint if a log that is known has signed it."""
    origin = Checkpoint.parse(signed.text).origin
    known = [key for key in log_keys if key.name == origin]
    if not known:
        raise NotFoundError("this witness does not know the log")
    present = [key for key in known if signed.by((key,))]
    if not present:
        raise LogProofError("the log has not signed the checkpoint")
    # Each signature that names a trusted key must hold, or the note is malformed.
    read = [checkpoints.read(str(signed), log_key=key) for key in present]
    return read[0]


def _require_continued(
    was: CosignedTree | None, checkpoint: Checkpoint, path: tuple[bytes, ...]
) -> None:
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        raise ForkError("an empty tree has the root of nothing")
    if was is None or was.size == 0:
        if path:
            raise ForkError("nothing needs no proof to be continued")
        return
    try:
        verify_consistency(
            old_size=was.size,
            new_size=checkpoint.size,
            old_root=was.root,
            new_root=checkpoint.root,
            path=path,
        )
    except LogProofError:
        raise ForkError("the tree is not proved to continue the one cosigned last") from None
