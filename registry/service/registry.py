"""The registry: one log with its keys, from its store to what others ask of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self, final

from registry.model import checkpoint as checkpoints
from registry.model.checkpoint import Checkpoint
from registry.model.did_logs import DidOp
from registry.model.merkle import EMPTY_ROOT
from registry.model.signed_note import SignatureType, VerifierKey
from registry.model.state import CheckedEntry, VerifyProofs, check_all, verify_each
from registry.ports import Clock, Head, LogStore, ProofVerifier, WitnessMemory
from registry.service.anchoring import Anchoring
from registry.service.hosting import Hosting
from registry.service.reader import LogReader
from registry.service.sequencer import Outcome, Pace, Receipt, Sequencer
from registry.service.tree import GrowingTree
from registry.service.witness import Witness
from ssi_core.errors import LogProofError, MalformedError, SsiError
from ssi_core.keys import Signer

MAX_SUBMISSION: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LogKeys:
    """The registry's own Ed25519 keys: for checkpoints, for cosigning them, for DIDs' versions."""

    log: Signer
    witness: Signer
    did_witness: Signer


@final
class Registry:
    """An open log. Threads may share it; `close` it, or use it as a context."""

    def __init__(
        self,
        store: LogStore,
        *,
        origin: str,
        public_url: str,
        keys: LogKeys,
        memory: WitnessMemory,
        clock: Clock,
        verifier: ProofVerifier | None = None,
        pace: Pace | None = None,
        anchoring: Anchoring | None = None,
    ) -> None:
        """Open the log in `store`, or begin it. Without `verifier` proofs are verified here.

        Nothing is taken any more once `anchoring` has found that an anchor saw another log. Raises
        `LogProofError` if what is stored is not what the log signed, or less than its witness
        remembers: a store that was put back must not be written to again.
        """
        self._keys = keys
        self.anchoring = anchoring
        self._verify: VerifyProofs = verify_each if verifier is None else verifier.verify
        self.origin = origin
        self.log_key = checkpoints.verifier_key(origin, keys.log, SignatureType.ED25519)
        witness = Witness(
            name=f"{origin}/witness", signer=keys.witness, log_key=self.log_key, memory=memory
        )
        self.witness_key: VerifierKey = witness.verifier_key
        self.dids = Hosting(store, public_url=public_url, witness=keys.did_witness, clock=clock)
        self.reader = LogReader(store, witness=witness, clock=clock)
        self._begin_or_check(store, memory)
        self.reader.checkpoint()
        self._sequencer = Sequencer(store, sign=self._sign, pace=pace)

    def submit(self, raw: bytes) -> Receipt:
        """Append one entry, unless the log has it; return its place once that is durable.

        Raises the rule that the entry breaks, or `OverloadedError`.
        """
        outcome = self.submit_all([raw])[0]
        if isinstance(outcome, SsiError):
            raise outcome
        return outcome

    def submit_all(self, raws: Sequence[bytes]) -> list[Outcome]:
        """Append entries in this order; return each one's place, or why it was refused.

        One that is refused does not hold up the others. At most 1,000 at a time.
        """
        if not 0 < len(raws) <= MAX_SUBMISSION:
            raise MalformedError("a submission has between 1 and 1,000 entries")
        if self.anchoring is not None:
            self.anchoring.require_sound()
        read = check_all(raws, log=self.origin, verify=self._verify)
        checked = [self._admitted(item) for item in read]
        good = [item for item in checked if isinstance(item, CheckedEntry)]
        placed = iter(self._sequencer.append(good) if good else [])
        return [item if isinstance(item, SsiError) else next(placed) for item in checked]

    def close(self) -> None:
        """Finish what is waiting, and take no more."""
        self._sequencer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _admitted(self, item: CheckedEntry | SsiError) -> CheckedEntry | SsiError:
        if isinstance(item, CheckedEntry) and isinstance(item.content, DidOp):
            try:
                self.dids.admit(item.content)
            except SsiError as error:
                return error
        return item

    def _sign(self, checkpoint: Checkpoint) -> str:
        return checkpoints.sign(checkpoint, signer=self._keys.log)

    def _begin_or_check(self, store: LogStore, memory: WitnessMemory) -> None:
        with store.snapshot() as log:
            head = log.head()
            if head is not None:
                self._require_signed(head)
                GrowingTree.above(log, head)
                return
        seen = memory.load()
        if seen is not None and seen.size:
            raise LogProofError("the log is gone that its witness has seen")
        note = self._sign(Checkpoint(self.origin, 0, EMPTY_ROOT))
        store.create(Head(origin=self.origin, size=0, root=EMPTY_ROOT, note=note))

    def _require_signed(self, head: Head) -> None:
        if head.origin != self.origin:
            raise LogProofError("the stored log has another origin")
        signed = checkpoints.read(head.note, log_key=self.log_key)
        if (signed.size, signed.root) != (head.size, head.root):
            raise LogProofError("the stored head is not the one that the log signed")
