"""A replica: one follower, what it has verified, and how it stands with its source."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol, final

from registry.model.log_evidence import LogEvidence
from registry.model.signed_note import SignedNote
from registry.ports import Batch, Clock, LogStore
from registry.service.explorer import Explorer
from registry.service.hosting import Hosting
from registry.service.reader import LogReader
from registry.service.replica.divergence import DivergedError, ReplicaMemory
from registry.service.replica.follower import Follower
from registry.service.replica.heard import Heard
from registry.service.replica.source import Belief, Seen
from registry.service.replica.whole import WholeCheckpoints
from registry.service.replica.write_ports import Taken
from registry.service.replica.writes import Writes
from registry.service.sequencer import Queued, Receipt
from registry.service.trust import TrustQueries
from ssi_core.errors import NotFoundError, SsiError, UnavailableError
from ssi_core.strict_json import as_text

# They wait for the source and not for each other.
_TAKERS: Final = 8


class ReplicaState(StrEnum):
    """How a replica stands with its source."""

    STARTING = "starting"
    FOLLOWING = "following"
    CUT_OFF = "cut_off"
    DIVERGED = "diverged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a replica says of itself: up to where it shows the log, and how old that is.

    `code` names why it does not follow, as an error's code.
    """

    state: ReplicaState
    size: int
    age: timedelta | None
    code: str | None


class Journal(Protocol):
    """Writes down what happened."""

    def __call__(self, name: str, **ids: str | int | None) -> None:
        """Write down that `name` happened; `ids` are identifiers, states and codes only."""
        ...


@final
class Replica:
    """Shows what it has verified of another's log. Threads may share it; one of them follows."""

    def __init__(
        self,
        store: WholeCheckpoints,
        follower: Follower,
        *,
        belief: Belief,
        hosting: Hosting,
        memory: ReplicaMemory,
        writes: Writes,
        clock: Clock,
        journal: Journal,
    ) -> None:
        self.origin = belief.log_key.name
        self.log_key = belief.log_key
        self.policy = belief.policy
        self.dids = hosting
        self.publication = Heard(witnessed=belief.policy.quorum is not None)
        self.reader = LogReader(store, witness=self, publication=self.publication, clock=clock)
        self.writes = writes
        self.trust = TrustQueries(store, clock=clock)
        self.explorer = Explorer(store, clock=clock)
        self._store = store
        self._follower = follower
        self._trust = belief.trust
        self._memory = memory
        self._clock = clock
        self._journal = journal
        self._taking = ThreadPoolExecutor(_TAKERS, thread_name_prefix="taking")
        self._code: str | None = None
        self._state = ReplicaState.STARTING
        self._seen = self._remembered()
        if self._seen is not None:
            self.publication.hear(self._seen)
        kept = memory.divergence()
        if kept is not None:
            self._stand(ReplicaState.DIVERGED, as_text(kept.get("kind"), at="/kind"))

    def follow(self, *, stored: Callable[[Batch], None] | None = None) -> bool:
        """Come to where the source is now; return whether it could be followed.

        Once it has contradicted itself it is not asked again.
        """
        if self._state is ReplicaState.DIVERGED:
            return False
        try:
            progress = self._follower.follow(stored=stored, on_the_way=self._store.held)
        except DivergedError as error:
            self._memory.keep_divergence(error.divergence)
            self._stand(ReplicaState.DIVERGED, error.divergence.kind)
            return False
        except SsiError as error:
            self._stand(ReplicaState.CUT_OFF, error.code)
            return False
        if self._state is not ReplicaState.FOLLOWING:
            self.writes.restart_bound()
        self._see(progress.seen)
        self._stand(ReplicaState.FOLLOWING, None)
        self.writes.look(progress.seen.note)
        return True

    def submit(self, raw: bytes) -> Receipt | Queued:
        """Forward one entry, or keep it until the log can be reached; say which."""
        outcome = self.submit_all([raw])[0]
        if isinstance(outcome, SsiError):
            raise outcome
        return outcome

    def submit_all(self, raws: Sequence[bytes]) -> list[Taken]:
        """Forward entries in this order, or keep them; say of each what became of it."""
        within_reach = self._state is ReplicaState.FOLLOWING
        return self.writes.submit_all(raws, within_reach=within_reach)

    def begin(self, raws: Sequence[bytes]) -> "Future[list[Taken]]":
        """Do the same in a thread; return what will say what became of each."""
        return self._taking.submit(self.submit_all, raws)

    def close(self) -> None:
        """Take no more; what was begun is finished."""
        self._taking.shutdown()

    def probe(self) -> None:
        """Follow; raise `UnavailableError` if the source could not be followed."""
        if not self.follow():
            raise UnavailableError("the source cannot be followed")

    def send_waiting(self) -> None:
        """Send what waits and follow what came of it; raise `UnavailableError` if some still does.

        To be called when the source was just followed.
        """
        if not self.writes.waiting():
            return
        problem = self.writes.settle()
        self.probe()
        if problem is not None:
            raise UnavailableError("the source does not take what waits")

    def grant_at_once(self, grant_id: str) -> LogEvidence | None:
        """Return nothing: what waits here has to be looked for first."""
        del grant_id
        return None

    def ends_of(self, grant_id: str) -> Sequence[bytes]:
        """Return entries that end or suspend a grant, wait here, and are not shown yet."""
        return self.writes.ends_of(grant_id)

    @property
    def store(self) -> LogStore:
        """The log as it was at the last whole checkpoint."""
        return self._store

    def standing(self) -> Standing:
        """Return how the replica stands."""
        seen = self._seen
        return Standing(
            state=self._state,
            size=0 if seen is None else seen.size,
            age=self.age(),
            code=self._code,
        )

    def age(self) -> timedelta | None:
        """Return how old the newest verified checkpoint is; nothing before the first."""
        seen = self._seen
        # A clock that runs behind the witnesses' must not make anything younger than new.
        return None if seen is None else max(self._clock.now() - seen.at, timedelta(0))

    def cosign(
        self, note: str, *, at: datetime, proof: Callable[[int, int], tuple[bytes, ...]]
    ) -> str:
        """Return the checkpoint of `note` as the source last showed it: nobody signs it here."""
        del at, proof
        seen = self._seen
        if seen is not None and _text(seen.note) == _text(note):
            return seen.note
        return note

    def _see(self, seen: Seen) -> None:
        before, self._seen = self._seen, seen
        self.publication.hear(seen)
        if before is None or before.note != seen.note:
            self._memory.keep_newest(seen.note, seen.at)

    def _stand(self, state: ReplicaState, code: str | None) -> None:
        if (state, code) != (self._state, self._code):
            self._journal("replica", state=state, code=code)
        self._state, self._code = state, code

    def _remembered(self) -> Seen | None:
        """Return the newest checkpoint from before a restart, if it is the stored one."""
        try:
            with self._store.snapshot() as log:
                head = log.head()
        except SsiError:
            return None
        if head is None:
            raise NotFoundError("there is no log")
        note, at = self._memory.newest() or (head.note, self._clock.now())
        if _text(note) != _text(head.note):
            note = head.note
        return self._trust.read(note, at=at)


def _text(note: str) -> str:
    return SignedNote.parse(note).text
