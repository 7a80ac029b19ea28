"""Offline receipts: an entry, its place, and a checkpoint that enough witnesses cosigned."""

from datetime import datetime, timedelta

from registry.client.registry_client import LogDescription, RegistryClient
from registry.model.checkpoint import Checkpoint, VerifiedCheckpoint
from registry.model.log_evidence import LogPolicy
from registry.model.merkle import leaf_hash
from registry.model.receipt_state import ReceiptState
from registry.model.signed_note import SignedNote
from registry.model.tlog_proof import TlogProof
from ssi_core.errors import LogProofError, MalformedError


def described_policy(log: LogDescription, *, max_checkpoint_age: timedelta) -> LogPolicy:
    """Return what a registry asks its readers to believe. It is its own word: pin it."""
    return LogPolicy.pinned(
        origin=log.origin,
        log_vkey=log.vkey,
        witness_vkeys=log.witnesses,
        policy=log.policy,
        max_checkpoint_age=max_checkpoint_age,
    )


def prove(registry: RegistryClient, index: int, *, at: datetime) -> TlogProof:
    """Return the proof of entry `index`, with the entry itself as its extra data.

    The checkpoint is the newest one if enough witnesses have cosigned that, else the newest that
    enough of them have.
    """
    note = _checkpoint(registry, at=at)
    size = Checkpoint.parse(SignedNote.parse(note).text).size
    return TlogProof(
        index=index,
        path=registry.inclusion(index, size=size),
        checkpoint=note,
        extra=registry.entry(index),
    )


def verify_proof(
    proof: TlogProof, *, policy: LogPolicy, at: datetime, entry: bytes | None = None
) -> VerifiedCheckpoint:
    """Return the checkpoint if it proves `entry`, or else the one that came with the proof.

    What comes along is believed for no other reason than that its hash stands in the tree.
    """
    if entry is not None and proof.extra is not None and entry != proof.extra:
        raise LogProofError("the proof is of another entry")
    raw = proof.extra if entry is None else entry
    if raw is None:
        raise MalformedError("the proof comes without its entry: name it")
    checkpoint = policy.verify(proof.checkpoint, at=at)
    proof.require_included(leaf_hash(raw), checkpoint)
    return checkpoint


def _checkpoint(registry: RegistryClient, *, at: datetime) -> str:
    note = registry.checkpoint()
    policy = described_policy(registry.log(), max_checkpoint_age=timedelta.max)
    try:
        policy.verify(note, at=at)
    except LogProofError:
        return registry.checkpoint(state=ReceiptState.WITNESSED)
    return note
