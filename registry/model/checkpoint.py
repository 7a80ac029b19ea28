"""Checkpoints: a log's size and root, signed by the log and cosigned, with the time, by witnesses.

https://c2sp.org/tlog-checkpoint
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self, final

from registry.model import cosignature
from registry.model.cosignature import Cosignature
from registry.model.merkle import HASH_BYTES
from registry.model.quorum import Quorum
from registry.model.signed_note import (
    NoteSignature,
    NoteSigner,
    SignatureType,
    SignedNote,
    VerifierKey,
    base64_decode,
    base64_encode,
    require_name,
)
from ssi_core.errors import AlgorithmError, LogProofError, MalformedError, ProofError
from ssi_core.keys import Ed25519PublicKey

MAX_SIZE: Final = 2**63
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says about itself: its name, how many entries it has, and the root over them."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_name(self.origin)
        if not 0 <= self.size < MAX_SIZE or len(self.root) != HASH_BYTES:
            raise MalformedError("a checkpoint has a size and a root of 32 bytes")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text of a checkpoint's note."""
        lines = text.split("\n")
        match lines:
            case [origin, size, root, *extensions, ""] if all(extensions):
                return cls(origin, parse_size(size), base64_decode(root), tuple(extensions))
            case _:
                raise MalformedError("a checkpoint has the lines origin, size and root")

    def __str__(self) -> str:
        lines = (self.origin, str(self.size), base64_encode(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


@dataclass(frozen=True, slots=True)
@final
class VerifiedCheckpoint:
    """A checkpoint that the log signed and enough witnesses cosigned. Only verifying makes one.

    `cosigned_at` is the latest moment since which enough of them have seen it, `cosignatures` are
    those of all witnesses that count, the order being that of the policy.
    """

    origin: str
    size: int
    root: bytes
    cosigned_at: datetime
    cosignatures: tuple[Cosignature, ...] = ()


def sign(checkpoint: Checkpoint, *, signer: NoteSigner) -> str:
    """Return the checkpoint as a note signed with the log's key, which bears the origin's name."""
    key = verifier_key(checkpoint.origin, signer, SignatureType.ED25519)
    text = str(checkpoint)
    line = NoteSignature(key.name, key.key_id, signer.sign(text.encode()))
    return str(SignedNote(text, (line,)))


def cosign(note: str, *, name: str, signer: NoteSigner, at: datetime) -> str:
    """Return `note` with the witness's statement that it saw this, and nothing larger, at `at`.

    The caller has checked that the checkpoint continues every earlier one.
    """
    signed = SignedNote.parse(note)
    tree = Checkpoint.parse(signed.text)
    line = cosignature.cosign(signed.text, tree, name=name, signer=signer, at=at)
    return str(signed.signed_by(line))


def read(note: str, *, log_key: VerifierKey) -> Checkpoint:
    """Return the checkpoint if the log signed it; raise `LogProofError` if not."""
    signed = SignedNote.parse(note)
    lines = signed.by((log_key,))
    if len(lines) != 1:
        raise LogProofError("the checkpoint lacks one signature of each key that is asked for")
    if log_key.signature_type is not SignatureType.ED25519:
        raise AlgorithmError("a log signs with a plain Ed25519 key")
    try:
        log_key.public_key.verify(lines[0].signature, signed.text.encode())
    except ProofError:
        raise LogProofError("a checkpoint signature does not hold") from None
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
    return verify_quorum(note, log_key=log_key, quorum=Quorum.all_of(witness_keys))


def verify_quorum(note: str, *, log_key: VerifierKey, quorum: Quorum) -> VerifiedCheckpoint:
    """Return the checkpoint if the log signed it and enough of the quorum's witnesses did.

    A cosignature by one of them that does not hold makes the whole note worthless.
    """
    checkpoint = read(note, log_key=log_key)
    signed = SignedNote.parse(note)
    found = [cosignature.newest(signed, checkpoint, key=key) for key in quorum.keys]
    held = tuple(one for one in found if one is not None)
    reached = quorum.reached_at({one.key: one.at for one in held})
    if reached is None:
        raise LogProofError("too few witnesses have cosigned the checkpoint")
    return VerifiedCheckpoint(checkpoint.origin, checkpoint.size, checkpoint.root, reached, held)


def verifier_key(name: str, signer: NoteSigner, kind: SignatureType) -> VerifierKey:
    """Return the vkey under which others check what `signer` signs in the way of `kind`."""
    public_key = signer.public_key
    if kind is SignatureType.ML_DSA_44:
        return cosignature.cosigner_key(name, signer)
    if not isinstance(public_key, Ed25519PublicKey):
        raise AlgorithmError("notes are signed with Ed25519 keys")
    return VerifierKey(name, kind, public_key)


def parse_size(text: str) -> int:
    """Read a tree's size or an index: decimal, without leading zeros, below 2^63."""
    if _SIZE.fullmatch(text) is None or int(text) >= MAX_SIZE:
        raise MalformedError("a size is a decimal number without leading zeros")
    return int(text)
