"""The registry: one log with its keys, from its store to what others ask of it."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Final, Self, final

from registry.model import checkpoint as checkpoints
from registry.model.checkpoint import Checkpoint
from registry.model.contents import Content
from registry.model.did_logs import DidOp
from registry.model.grant_status import GrantStatus
from registry.model.grants import require_hour
from registry.model.log_entries import PolicyChange
from registry.model.log_evidence import LogEvidence
from registry.model.merkle import EMPTY_ROOT
from registry.model.quorum import Quorum
from registry.model.signed_note import SignatureType, VerifierKey
from registry.model.snapshots import StateSnapshot
from registry.model.state import CheckedEntry, VerifyProofs, check_all, verify_each
from registry.model.tlog_policy import TlogPolicy
from registry.ports import (
    Clock,
    Endpoint,
    Head,
    LogStore,
    ProofVerifier,
    SubscriptionStore,
    WitnessMemory,
)
from registry.service.anchoring import Anchoring
from registry.service.closing import Snapshots
from registry.service.event_feed import EventFeed
from registry.service.explorer import Explorer
from registry.service.hosting import Hosting, OwnApproval
from registry.service.pool import Pool
from registry.service.publication import Oversight, Publication
from registry.service.reader import LogReader
from registry.service.refusals import Refusals
from registry.service.sequencer import Outcome, Pace, Receipt, Sequencer
from registry.service.statuses import Statuses
from registry.service.subscriptions import Subscriptions
from registry.service.tree import GrowingTree
from registry.service.trust import TrustQueries
from registry.service.witness import Witness
from registry.service.writer import Writer
from ssi_core.errors import LogProofError, MalformedError, RejectedError, SsiError
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
        oversight: Oversight | None = None,
        anchoring: Anchoring | None = None,
    ) -> None:
        """Open the log in `store`, or begin it. Without `verifier` proofs are verified here.

        Nothing is taken before so many witnesses of others have said what they have seen that no
        quorum is without one of them, nor before the anchor of `anchoring` has; and nothing ever if
        one of them saw another log.

        Raises `LogProofError` if what is stored is not what the log signed, or less than its
        witness remembers: a store that was put back must not be written to again.
        """
        self._keys = keys
        self._clock = clock
        self.anchoring = anchoring
        self._verify: VerifyProofs = verify_each if verifier is None else verifier.verify
        self.origin = origin
        self.log_key = checkpoints.verifier_key(origin, keys.log, SignatureType.ED25519)
        witness = Witness(
            name=f"{origin}/witness", signer=keys.witness, log_key=self.log_key, memory=memory
        )
        self.witness_key: VerifierKey = witness.verifier_key
        approval = OwnApproval(keys.did_witness)
        self.dids = Hosting(store, public_url=public_url, approval=approval, clock=clock)
        self._oversight = oversight or Oversight()
        if anchoring is not None:
            self._oversight = replace(self._oversight, anchored=anchoring.size)
        self._require_policy_of_others()
        self.trust = TrustQueries(store, clock=clock)
        self.explorer = Explorer(store, clock=clock)
        self._begin_or_check(store, memory)
        self.publication = Publication(
            store, log_key=self.log_key, oversight=self._oversight, clock=clock
        )
        self.reader = LogReader(store, witness=witness, publication=self.publication, clock=clock)
        self.reader.see()
        closing = Snapshots(origin=origin, signer=keys.log, clock=clock)
        pace = pace or Pace()
        self._pool = Pool(entries=pace.max_waiting, bytes_=pace.max_waiting_bytes)
        refuse = Refusals(origin=origin, signer=keys.log, clock=clock)
        writer = Writer(store, sign=self._sign, closing=closing, refuse=refuse)
        self._statuses = Statuses(store, writer.known, clock=clock)
        self._sequencer = Sequencer(writer, pace=pace)
        self.publication.start()

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
        return self.begin(raws).result()

    def begin(self, raws: Sequence[bytes]) -> "Future[list[Outcome]]":
        """Check entries, and return what will say what became of each, as `submit_all` does.

        Raises `OverloadedError` at once if too much is waiting already.
        """
        if not 0 < len(raws) <= MAX_SUBMISSION:
            raise MalformedError("a submission has between 1 and 1,000 entries")
        self.require_writable()
        size = (len(raws), sum(map(len, raws)))
        self._pool.enter(*size)
        try:
            read = check_all(raws, log=self.origin, verify=self._verify)
            answer = self._sequencer.append([self._admitted(item) for item in read])
        except BaseException:
            self._pool.leave(*size)
            raise
        answer.add_done_callback(lambda _: self._finished(*size))
        return answer

    def require_writable(self) -> None:
        """Return if witnesses and anchor have said what they have seen, and it is this log.

        Raises `UnavailableError` until then, and `LogProofError` for good if it is another.
        """
        self.publication.require_writable()
        if self.anchoring is not None:
            self.anchoring.require_writable()

    def grant_at_once(self, grant_id: str) -> LogEvidence | None:
        """Return evidence of a grant where that waits for nobody, and nothing where it would."""
        return self.reader.grant_at_once(grant_id)

    def ends_of(self, grant_id: str) -> tuple[bytes, ...]:
        """Return nothing: what is handed in here is in the log, or refused."""
        del grant_id
        return ()

    def status(self, grant_id: str) -> GrantStatus:
        """Return what the status map says of a grant, on this registry's own word.

        Raises `NotFoundError` for a grant that the log does not have, and `UnavailableError` if the
        log is written elsewhere now.
        """
        self.publication.require_sound()
        return self._statuses.of(grant_id)

    def status_at_once(self, grant_id: str) -> GrantStatus | None:
        """Return the same where that waits for nobody, and nothing where it would."""
        self.publication.require_sound()
        return self._statuses.at_once(grant_id)

    @property
    def policy(self) -> TlogPolicy:
        """What readers of this log are told to ask for: others' cosignatures if there are any."""
        alone = TlogPolicy.of(self.log_key, Quorum.all_of([self.witness_key]))
        return self.publication.policy or alone

    def feed(self) -> EventFeed:
        """Return the log as a feed of signed events, from now on."""
        return EventFeed(
            self.reader, log_key=self.log_key, signer=self._keys.log, clock=self._clock
        )

    def subscriptions(
        self,
        store: SubscriptionStore,
        feed: EventFeed,
        endpoint: Endpoint,
        *,
        limit: int,
        changed: Callable[[str], None],
    ) -> Subscriptions:
        """Return who listens, kept in `store`; their endpoints are challenged by the log's key."""
        return Subscriptions(
            store,
            feed,
            log=self.origin,
            signer=self._keys.log,
            endpoint=endpoint,
            clock=self._clock,
            limit=limit,
            changed=changed,
        )

    def close(self) -> None:
        """Finish what is waiting, and take no more."""
        self._sequencer.close()
        self.publication.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _finished(self, entries: int, bytes_: int) -> None:
        self._pool.leave(entries, bytes_)
        self.publication.announce()

    def _admitted(self, item: CheckedEntry | SsiError) -> CheckedEntry | SsiError:
        if isinstance(item, SsiError):
            return item
        try:
            require_hour(item.entry)
            self._admit(item.content)
        except SsiError as error:
            return error
        return item

    def _admit(self, content: Content) -> None:
        match content:
            case DidOp():
                self.dids.admit(content)
            case StateSnapshot():
                raise RejectedError("the log itself takes its snapshots", at="/t")
            case PolicyChange() if self._keys.log.public_key.multikey not in content.keys:
                # It could sign nothing more, not even that it has been handed over.
                raise RejectedError("the policy leaves out the key in use here", at="/keys")
            case _:
                pass

    def _require_policy_of_others(self) -> None:
        policy = self._oversight.policy
        if policy is None:
            return
        if policy.logs and self.log_key not in [log.key for log in policy.logs]:
            raise MalformedError("the policy is for another log")
        if policy.quorum is None or self.witness_key in policy.quorum.keys:
            # The operator's own witness is no second opinion.
            raise MalformedError("the policy asks for witnesses of others")

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
