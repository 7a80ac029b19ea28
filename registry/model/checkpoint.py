"""Checkpoints: a log's size and root, signed by the log and cosigned, with the time, by witnesses.

https://c2sp.org/tlog-checkpoint and https://c2sp.org/tlog-cosignature (cosignature/v1)
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self, final

from registry.model.merkle import HASH_BYTES
from registry.model.signed_note import (
    NoteSignature,
    SignatureType,
    SignedNote,
    VerifierKey,
    base64_decode,
    base64_encode,
    require_name,
)
from ssi_core.errors import AlgorithmError, LogProofError, MalformedError, ProofError
from ssi_core.keys import Ed25519PublicKey, Signer
from ssi_core.period import from_timestamp, to_timestamp

_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_MAX_SIZE: Final = 2**63
_TIME_BYTES: Final = 8
_COSIGNATURE_BYTES: Final = _TIME_BYTES + 64


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says about itself: its name, how many entries it has, and the root over them."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_name(self.origin)
        if not 0 <= self.size < _MAX_SIZE or len(self.root) != HASH_BYTES:
            raise MalformedError("a checkpoint has a size and a root of 32 bytes")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text of a checkpoint's note."""
        lines = text.split("\n")
        match lines:
            case [origin, size, root, *extensions, ""] if _SIZE.fullmatch(size) and all(extensions):
                return cls(origin, int(size), base64_decode(root), tuple(extensions))
            case _:
                raise MalformedError("a checkpoint has the lines origin, size and root")

    def __str__(self) -> str:
        lines = (self.origin, str(self.size), base64_encode(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


@dataclass(frozen=True, slots=True)
@final
class VerifiedCheckpoint:
    """A checkpoint that the log signed and every named witness cosigned. Only `verify` makes one.

    `cosigned_at` is the time of the oldest of those cosignatures.
    """

    origin: str
    size: int
    root: bytes
    cosigned_at: datetime


def sign(checkpoint: Checkpoint, *, signer: Signer) -> str:
    """Return the checkpoint as a note signed with the log's key, which bears the origin's name."""
    key = verifier_key(checkpoint.origin, signer, SignatureType.ED25519)
    text = str(checkpoint)
    line = NoteSignature(key.name, key.key_id, signer.sign(text.encode()))
    return str(SignedNote(text, (line,)))


def cosign(note: str, *, name: str, signer: Signer, at: datetime) -> str:
    """Return `note` with the witness's statement that it saw this, and nothing larger, at `at`.

    The caller has checked that the checkpoint continues every earlier one.
    """
    signed = SignedNote.parse(note)
    key = verifier_key(name, signer, SignatureType.COSIGNATURE_V1)
    seconds = to_timestamp(at)
    signature = signer.sign(_cosigned(signed.text, seconds))
    line = NoteSignature(
        key.name, key.key_id, seconds.to_bytes(_TIME_BYTES, "big", signed=False) + signature
    )
    return str(signed.signed_by(line))


def read(note: str, *, log_key: VerifierKey) -> Checkpoint:
    """Return the checkpoint if the log signed it; raise `LogProofError` if not."""
    signed = SignedNote.parse(note)
    line = _only(signed, log_key)
    if log_key.signature_type is not SignatureType.ED25519:
        raise AlgorithmError("a log signs with a plain Ed25519 key")
    _require(log_key.public_key, line.signature, signed.text.encode())
    checkpoint = Checkpoint.parse(signed.text)
    if checkpoint.origin != log_key.name:
        raise LogProofError("the checkpoint is of another log")
    return checkpoint


def verify(
    note: str, *, log_key: VerifierKey, witness_keys: Sequence[VerifierKey]
) -> VerifiedCheckpoint:
    """Return the checkpoint if the log signed it and each of `witness_keys`, at least one, did."""
    if not witness_keys:
        raise LogProofError("no witness is named, so nobody says when")
    checkpoint = read(note, log_key=log_key)
    signed = SignedNote.parse(note)
    times = [_cosigned_at(signed, key) for key in witness_keys]
    return VerifiedCheckpoint(checkpoint.origin, checkpoint.size, checkpoint.root, min(times))


def verifier_key(name: str, signer: Signer, kind: SignatureType) -> VerifierKey:
    """Return the vkey under which others check what `signer` signs."""
    public_key = signer.public_key
    if not isinstance(public_key, Ed25519PublicKey):
        raise AlgorithmError("notes are signed with Ed25519 keys")
    return VerifierKey(name, kind, public_key)


def _cosigned_at(signed: SignedNote, key: VerifierKey) -> datetime:
    if key.signature_type is not SignatureType.COSIGNATURE_V1:
        raise AlgorithmError("a witness signs with a cosignature/v1 key")
    signature = _only(signed, key).signature
    if len(signature) != _COSIGNATURE_BYTES:
        raise MalformedError("a cosignature is a time and 64 bytes")
    seconds = int.from_bytes(signature[:_TIME_BYTES], "big")
    _require(key.public_key, signature[_TIME_BYTES:], _cosigned(signed.text, seconds))
    return from_timestamp(seconds)


def _only(signed: SignedNote, key: VerifierKey) -> NoteSignature:
    lines = signed.by((key,))
    if len(lines) != 1:
        raise LogProofError("the checkpoint lacks one signature of each key that is asked for")
    return lines[0]


def _cosigned(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _require(key: Ed25519PublicKey, signature: bytes, data: bytes) -> None:
    try:
        key.verify(signature, data)
    except ProofError:
        raise LogProofError("a checkpoint signature does not hold") from None
