"""Cosignatures: that a witness saw a tree, and nothing larger, at a time.

https://c2sp.org/tlog-cosignature (cosignature/v1 with Ed25519, and ML-DSA-44)
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from registry.model.signed_note import (
    NoteSignature,
    NoteSigner,
    SignatureType,
    SignedNote,
    VerifierKey,
)
from ssi_core.errors import AlgorithmError, LogProofError, MalformedError, ProofError
from ssi_core.keys import Ed25519PublicKey, MlDsa44PublicKey
from ssi_core.period import from_timestamp, to_timestamp

COSIGNATURE_TYPES: Final = frozenset({SignatureType.COSIGNATURE_V1, SignatureType.ML_DSA_44})
_TIME_BYTES: Final = 8
_ED25519_BYTES: Final = 64
_ML_DSA_44_BYTES: Final = 2_420
_SUBTREE: Final = b"subtree/v1\n\0"
_MAX_NAME: Final = 255


class Tree(Protocol):
    """What a cosignature is about; a checkpoint is one."""

    @property
    def origin(self) -> str:
        """The log's name."""
        ...

    @property
    def size(self) -> int:
        """How many leaves the tree has."""
        ...

    @property
    def root(self) -> bytes:
        """The tree's root."""
        ...


@dataclass(frozen=True, slots=True)
class Cosignature:
    """Who saw the tree, and when. It holds: only `newest` makes one."""

    key: VerifierKey
    at: datetime


def cosigner_key(name: str, signer: NoteSigner) -> VerifierKey:
    """Return the vkey under which others check what `signer` cosigns."""
    match signer.public_key:
        case Ed25519PublicKey() as key:
            return VerifierKey(name, SignatureType.COSIGNATURE_V1, key)
        case MlDsa44PublicKey() as key:
            return VerifierKey(name, SignatureType.ML_DSA_44, key)
        case _:
            raise AlgorithmError("witnesses sign with Ed25519 or ML-DSA-44 keys")


def cosign(text: str, tree: Tree, *, name: str, signer: NoteSigner, at: datetime) -> NoteSignature:
    """Return the line that says that this cosigner saw `tree`, whose note says `text`, at `at`.

    The caller has checked that the tree continues every earlier one.
    """
    key = cosigner_key(name, signer)
    seconds = to_timestamp(at)
    signature = signer.sign(_message(key, text, tree, seconds))
    return NoteSignature(key.name, key.key_id, seconds.to_bytes(_TIME_BYTES, "big") + signature)


def newest(note: SignedNote, tree: Tree, *, key: VerifierKey) -> Cosignature | None:
    """Return the newest cosignature of `note` by `key`, or nothing if there is none.

    Raises `LogProofError` if a line that names the key does not hold (signed-note, Signatures).
    """
    if key.signature_type not in COSIGNATURE_TYPES:
        raise AlgorithmError("a witness signs with a cosignature key")
    times = [_checked(line, note.text, tree, key) for line in note.by((key,))]
    return Cosignature(key, max(times)) if times else None


def _checked(line: NoteSignature, text: str, tree: Tree, key: VerifierKey) -> datetime:
    is_ed25519 = key.signature_type is SignatureType.COSIGNATURE_V1
    length = _ED25519_BYTES if is_ed25519 else _ML_DSA_44_BYTES
    if len(line.signature) != _TIME_BYTES + length:
        raise MalformedError("a cosignature is a time and a signature")
    seconds = int.from_bytes(line.signature[:_TIME_BYTES], "big")
    if not seconds:
        # ML-DSA-44 lets a cosigner leave the time out, and say nothing about what is newest.
        raise LogProofError("a witness's cosignature has a time")
    message = _message(key, text, tree, seconds)
    try:
        key.public_key.verify(line.signature[_TIME_BYTES:], message)
    except ProofError:
        raise LogProofError("a checkpoint signature does not hold") from None
    return from_timestamp(seconds)


def _message(key: VerifierKey, text: str, tree: Tree, seconds: int) -> bytes:
    if key.signature_type is SignatureType.COSIGNATURE_V1:
        return f"cosignature/v1\ntime {seconds}\n{text}".encode()
    return b"".join(
        (
            _SUBTREE,
            _short(key.name),
            seconds.to_bytes(_TIME_BYTES, "big"),
            _short(tree.origin),
            bytes(_TIME_BYTES),
            tree.size.to_bytes(_TIME_BYTES, "big"),
            tree.root,
        )
    )


def _short(name: str) -> bytes:
    encoded = name.encode()
    if not 0 < len(encoded) <= _MAX_NAME:
        raise MalformedError("a name in an ML-DSA-44 cosignature has at most 255 bytes")
    return bytes([len(encoded)]) + encoded
