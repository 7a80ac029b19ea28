"""A witness of this log: it cosigns only what continues the largest tree that it has seen.

The registry runs one itself, so that its checkpoints say when they were seen. Being the operator's
own, this one proves freshness, and that the store was not put back to an earlier state; it does not
prove that others are shown the same log, for which other parties' witnesses are needed.
"""

from collections.abc import Callable
from datetime import datetime
from typing import final

from registry.model import checkpoint as checkpoints
from registry.model.merkle import verify_consistency
from registry.model.signed_note import SignatureType, VerifierKey
from registry.ports import SeenTree, WitnessMemory
from ssi_core.errors import ForkError, LogProofError
from ssi_core.keys import Signer


@final
class Witness:
    """Cosigns one log's checkpoints. Not to be called by two threads at a time."""

    def __init__(
        self, *, name: str, signer: Signer, log_key: VerifierKey, memory: WitnessMemory
    ) -> None:
        self._name = name
        self._signer = signer
        self._log_key = log_key
        self._memory = memory
        self._seen = memory.load()

    @property
    def verifier_key(self) -> VerifierKey:
        """The key that others check its cosignatures with."""
        return checkpoints.verifier_key(self._name, self._signer, SignatureType.COSIGNATURE_V1)

    def cosign(
        self, note: str, *, at: datetime, proof: Callable[[int, int], tuple[bytes, ...]]
    ) -> str:
        """Return `note` with a cosignature; `proof(old, new)` returns consistency proofs.

        Raises `ForkError` if the tree does not continue what was seen before.
        """
        checkpoint = checkpoints.read(note, log_key=self._log_key)
        tree = SeenTree(checkpoint.size, checkpoint.root)
        if tree != self._seen:
            self._require_continued(tree, proof)
            # Remembered first: a witness that forgets could later sign another tree of this size.
            self._memory.keep(tree)
            self._seen = tree
        return checkpoints.cosign(note, name=self._name, signer=self._signer, at=at)

    def _require_continued(
        self, tree: SeenTree, proof: Callable[[int, int], tuple[bytes, ...]]
    ) -> None:
        seen = self._seen
        if seen is None or seen.size == 0:
            return
        if tree.size < seen.size:
            raise ForkError("the log is shorter than its witness has seen")
        try:
            verify_consistency(
                old_size=seen.size,
                new_size=tree.size,
                old_root=seen.root,
                new_root=tree.root,
                path=proof(seen.size, tree.size),
            )
        except LogProofError:
            raise ForkError("the log does not continue what its witness has seen") from None
