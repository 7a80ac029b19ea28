"""Has the log's checkpoints cosigned by others, and knows how far each entry has come.

Each witness is asked by a thread of its own, so that one that is away costs nothing but its
cosignature. Nobody waits for a witness that did not answer last time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Condition, Thread
from typing import Final, final

from registry.model.receipt_state import ReceiptState
from registry.model.signed_note import SignedNote, VerifierKey
from registry.model.tlog_policy import TlogPolicy
from registry.ports import Clock, Head, LogStore, PolicyMemory
from registry.service.courier import Cosigned, Courier
from registry.service.policy_in_force import PolicyInForce
from registry.service.remote_witness import RemoteWitness
from ssi_core.errors import ForkError, SsiError, UnavailableError

# A cosignature says that the log was seen now; once a second is often enough.
COSIGN_AFTER: Final = timedelta(seconds=1)
PATIENCE: Final = 1.0
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Oversight:
    """Those who watch the log from outside: witnesses, how many are enough, and perhaps a chain.

    Without a policy all of them must cosign. `met` has the policy that was in force before.
    `anchored` says how many entries a chain holds.
    """

    witnesses: Sequence[RemoteWitness] = ()
    policy: TlogPolicy | None = None
    met: PolicyMemory | None = None
    anchored: Callable[[], int] = lambda: 0
    patience: float = PATIENCE


@dataclass(slots=True)
class _Desk:
    """What is known of one witness: what it signed last, and whether it answers."""

    courier: Courier
    signed: Cosigned | None = None
    is_away: bool = False
    announced: int = 0


@dataclass(frozen=True, slots=True)
class _Wanted:
    head: Head
    since: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an entry has come, and who has cosigned the tree that it is proved in."""

    state: ReceiptState
    cosigned_by: tuple[str, ...] = ()


@final
class Publication:
    """Threads may share it; `close` it."""

    def __init__(
        self,
        store: LogStore,
        *,
        log_key: VerifierKey,
        oversight: Oversight,
        clock: Clock,
    ) -> None:
        self._desks = tuple(
            _Desk(Courier(store, one, log_key=log_key)) for one in oversight.witnesses
        )
        self._clock = clock
        self._anchored = oversight.anchored
        self._patience = oversight.patience
        self._changed = Condition()
        self._wanted: list[_Wanted] = []
        self._announced = 1
        self._witnessed: Cosigned | None = None
        self._fork: ForkError | None = None
        self._closing = False
        asked = [key for one in oversight.witnesses for key in one.keys]
        self._policies = PolicyInForce(log_key, oversight.policy, asked=asked, met=oversight.met)
        self._threads: list[Thread] = []

    def start(self) -> None:
        """Begin to ask the witnesses what they have seen."""
        self._threads = [
            Thread(target=self._run, args=(desk,), daemon=True) for desk in self._desks
        ]
        for thread in self._threads:
            thread.start()

    def announce(self) -> None:
        """Say that the log has grown; return at once."""
        with self._changed:
            self._announced += 1
            self._changed.notify_all()

    def stop(self, fork: ForkError) -> None:
        """Say that somebody has proof that this log must not go on; it never will."""
        with self._changed:
            self._fork = fork
            self._changed.notify_all()

    @property
    def policy(self) -> TlogPolicy | None:
        """The policy in force; nothing if nobody else watches the log."""
        return self._policies.policy

    def require_sound(self) -> None:
        """Return unless a witness proved that this log was forked or put back to a former state."""
        if self._fork is not None:
            raise self._fork

    def require_writable(self) -> None:
        """Return if so many witnesses have said what they have seen that no quorum is without one.

        Until then a larger tree may exist that this log must not contradict.
        """
        self.require_sound()
        answered = [
            key for desk in self._desks if desk.signed is not None for key in desk.courier.keys
        ]
        if self._desks and not self._policies.is_blocked_without(answered):
            raise UnavailableError("writing waits until enough witnesses have answered")

    def gather(self, head: Head, note: str, *, wait: bool = True) -> str | None:
        """Return `note` with what the witnesses say of `head`, waiting a little for those there.

        Returns nothing if they have gone on to a newer head meanwhile: ask again with that; and
        without `wait` if somebody is there to be waited for.
        """
        if not self._desks:
            self.require_sound()
            return note
        wanted = _Wanted(head, self._clock.now())
        with self._changed:
            self._wanted.append(wanted)
            self._changed.notify_all()
            try:
                patience = self._patience if wait else 0
                is_done = self._changed.wait_for(lambda: self._is_done(wanted), timeout=patience)
            finally:
                self._wanted.remove(wanted)
            self.require_sound()
            if not (is_done or wait):
                return None
            cosigned = self._of(head)
            if not self._is_enough(cosigned) and any(_is_beyond(d, head) for d in self._desks):
                return None
        lines = [line for one in cosigned for line in one.lines]
        return str(SignedNote.parse(note).signed_by(*lines))

    def standing(self, index: int) -> Standing:
        """Return how far the entry at `index`, which the log has, has come."""
        # What is known of a witness is replaced as a whole, so nobody need wait to read it.
        signed, witnessed = [desk.signed for desk in self._desks], self._witnessed
        names = [
            one.key.name
            for cosigned in signed
            if cosigned is not None and index < cosigned.head.size
            for one in cosigned.cosignatures
        ]
        by = tuple(dict.fromkeys(names))
        if index < self._anchored():
            return Standing(ReceiptState.ANCHORED, by)
        if witnessed is not None and index < witnessed.head.size:
            return Standing(ReceiptState.WITNESSED, by)
        return Standing(ReceiptState.PUBLISHED, by)

    def wait_until_witnessed(self, index: int, *, timeout: float) -> None:
        """Return once enough others have cosigned a tree with that entry, or time is up."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._closing or not self._desks or self._has_witnessed(index), timeout
            )

    def witnessed(self) -> str:
        """Return the newest checkpoint that enough others have cosigned."""
        self.require_sound()
        if self._witnessed is None:
            raise UnavailableError("not enough others have cosigned a checkpoint yet")
        head, lines = self._witnessed.head, self._witnessed.lines
        return str(SignedNote.parse(head.note).signed_by(*lines))

    def close(self) -> None:
        """Ask no more."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _run(self, desk: _Desk) -> None:
        pause = 0.0
        while (work := self._next(desk, pause)) is not None:
            head, announced = work
            try:
                cosigned = desk.courier.carry(head, now=self._clock.now)
                self._take(desk, cosigned, announced=announced if head is None else None)
                pause = 0.0
            except ForkError as fork:
                self.stop(fork)
                return
            except SsiError:
                pause = min(max(2 * pause, _FIRST_PAUSE), _LONGEST_PAUSE)
                self._miss(desk)

    def _next(self, desk: _Desk, pause: float) -> tuple[Head | None, int] | None:
        """Wait for work, or for `pause` to be over; nothing if there will be no more."""
        with self._changed:
            if pause:
                self._changed.wait_for(lambda: self._closing, timeout=pause)
            else:
                self._changed.wait_for(lambda: self._closing or self._has_work(desk))
            if self._closing or self._fork is not None:
                return None
            return self._wanted_of(desk), self._announced

    def _has_work(self, desk: _Desk) -> bool:
        return (
            self._fork is not None
            or desk.announced < self._announced
            or self._wanted_of(desk) is not None
        )

    def _wanted_of(self, desk: _Desk) -> Head | None:
        """Return the smallest head that somebody waits for and this witness can still sign."""
        due = [one for one in self._wanted if _is_due(desk, one)]
        return min(due, key=lambda one: one.head.size).head if due else None

    def _take(self, desk: _Desk, cosigned: Cosigned, *, announced: int | None) -> None:
        with self._changed:
            desk.signed, desk.is_away = cosigned, False
            desk.announced = announced or desk.announced
            agreeing = self._of(cosigned.head)
            self._policies.see(_times(agreeing))
            # One that lags may be the first to sign an older head: what was witnessed stays so.
            if not self._has_witnessed(cosigned.head.size) and self._is_enough(agreeing):
                self._witnessed = Cosigned(
                    cosigned.head,
                    tuple(line for one in agreeing for line in one.lines),
                    tuple(held for one in agreeing for held in one.cosignatures),
                    cosigned.at,
                )
            self._changed.notify_all()

    def _miss(self, desk: _Desk) -> None:
        with self._changed:
            desk.is_away = True
            self._changed.notify_all()

    def _of(self, head: Head) -> list[Cosigned]:
        signed = [desk.signed for desk in self._desks]
        return [one for one in signed if one is not None and _is_same(one.head, head)]

    def _is_enough(self, cosigned: Sequence[Cosigned]) -> bool:
        return self._policies.is_met_by(_times(cosigned))

    def _is_done(self, wanted: _Wanted) -> bool:
        if self._closing or self._fork is not None:
            return True
        fresh = [one for one in self._of(wanted.head) if wanted.since - one.at < COSIGN_AFTER]
        if self._desks and self._is_enough(fresh):
            return True
        return all(desk.is_away or not _is_due(desk, wanted) for desk in self._desks)

    def _has_witnessed(self, index: int) -> bool:
        return self._witnessed is not None and index < self._witnessed.head.size


def _times(cosigned: Sequence[Cosigned]) -> dict[VerifierKey, datetime]:
    return {held.key: held.at for one in cosigned for held in one.cosignatures}


def _is_due(desk: _Desk, wanted: _Wanted) -> bool:
    if desk.signed is None:
        return True
    if _is_same(desk.signed.head, wanted.head):
        return wanted.since - desk.signed.at >= COSIGN_AFTER
    return desk.signed.head.size < wanted.head.size


def _is_beyond(desk: _Desk, head: Head) -> bool:
    return desk.signed is not None and desk.signed.head.size > head.size


def _is_same(one: Head, other: Head) -> bool:
    return (one.size, one.root) == (other.size, other.root)
