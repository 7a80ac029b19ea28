"""Listening to the log: what it says has ended is denied at once, and then looked at closely."""

from dataclasses import dataclass, replace
from datetime import timedelta
from threading import Lock
from typing import Final, final

from registry.model import subscription
from registry.model.checkpoint import VerifiedCheckpoint
from registry.model.event_acknowledgement import acknowledge_event
from registry.model.log_event import LogEvent, verify_event
from registry.model.merkle import verify_consistency
from registry.model.signed_message import did_of
from registry.model.signed_note import VerifierKey
from ssi_core.errors import AudienceError, LogProofError, UnavailableError
from ssi_core.keys import Ed25519Signer
from verifier.marks import GrantMark, LogPosition
from verifier.office import Office
from verifier.ports import Clock, GrantCache, LogHistory, MarkStore

# Longer than any answer is open for, so that one which is just being judged meets its mark.
_KEEP_UNKNOWN: Final = timedelta(days=1)
_SWEEP: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Ears:
    """What listening to the log takes: where marks are kept, whom to ask, the key to answer with.

    `caches` forget what they keep about a grant when the log says that it has changed.
    """

    marks: MarkStore
    history: LogHistory
    listener: Ed25519Signer
    caches: tuple[GrantCache, ...] = ()


@final
class LogEvents:
    """Takes events from the log, pushed or asked for. Threads may share it."""

    def __init__(self, office: Office, ears: Ears, *, clock: Clock) -> None:
        self._office = office
        self._marks = ears.marks
        self._history = ears.history
        self._listener = ears.listener
        self._caches = ears.caches
        self._clock = clock
        self._log_key = VerifierKey.parse(office.log.log_vkey)
        # Where we stand is read, compared and moved as one step.
        self._lock = Lock()
        self._swept = clock.now()

    @property
    def url(self) -> str:
        """Where the log reaches us."""
        return f"{self._office.public_url}/log-events"

    def receive(self, text: str) -> str:
        """Act on an event; return the signed acknowledgement, for the same event again too.

        What the log signed is denied from now on, even if the rest cannot be confirmed. Then the
        event gets no acknowledgement, so that it comes again: `LogProofError` for a checkpoint that
        does not continue the one we have seen, `StaleError` for one that is too old,
        `UnavailableError` when the registry cannot be asked for what lies between.
        """
        event = verify_event(text, log_key=self._log_key)
        try:
            with self._lock:
                self._follow(event)
        except BaseException:
            # Whatever else is wrong with it, the log signed that these have ended.
            self._learn(event, None)
            raise
        return acknowledge_event(text, end=event.end, at=self._clock.now(), signer=self._listener)

    def catch_up(self) -> int:
        """Ask for every event that we have not heard; return from where on to be told."""
        with self._lock:
            return self._catch_up(self._position(), until=None).heard

    def subscribe(self, heard: int) -> str:
        """Return our signed wish to be told of everything from `heard` on."""
        return subscription.subscribe(
            log=self._office.log.origin,
            url=self.url,
            start=heard,
            at=self._clock.now(),
            signer=self._listener,
        )

    @property
    def subscription_id(self) -> str:
        """The id that our subscription has at the registry."""
        return subscription.subscription_id(did_of(self._listener.public_key), self.url)

    def answer(self, challenge: str) -> str:
        """Return our answer to a challenge by the log that we believe, about our own subscription.

        Raises `AudienceError` if somebody else asked for it.
        """
        asked = subscription.verify_challenge(
            challenge, log=self._office.log.origin, log_did=did_of(self._log_key.public_key)
        )
        if (asked.url, asked.subscription) != (self.url, self.subscription_id):
            raise AudienceError("we did not ask for this", at="/subscription")
        return subscription.answer_challenge(challenge, signer=self._listener)

    def _learn(self, event: LogEvent, position: LogPosition | None) -> None:
        now = self._clock.now()
        # Of every grant, ours or not: an answer that brings one may be on its way.
        marks = [
            GrantMark(grant_id=change.id, standing=change.standing, index=change.index, told_at=now)
            for change in event.changed
        ]
        self._marks.learn(marks, position)
        for cache in self._caches:
            cache.forget([change.id for change in event.changed])
        if now - self._swept > _SWEEP:
            self._marks.forget_marks(before=now - _KEEP_UNKNOWN)
            self._swept = now

    def _follow(self, event: LogEvent) -> None:
        position = self._position()
        if event.end <= position.heard:
            # Heard before; what it says of grants is kept already.
            return
        if event.start > position.heard:
            self._learn(event, None)
            position = self._catch_up(position, until=event.start)
        self._learn(event, self._continued(position, event))

    def _catch_up(self, position: LogPosition, *, until: int | None) -> LogPosition:
        while until is None or position.heard < until:
            text = self._history.event_after(position.heard)
            if text is None:
                break
            missed = verify_event(text, log_key=self._log_key)
            if missed.start != position.heard:
                raise LogProofError("the log left something out", at="/from")
            position = self._continued(position, missed)
            self._learn(missed, position)
        if until is not None and position.heard < until:
            raise UnavailableError("the log does not tell what lies between")
        return position

    def _continued(self, position: LogPosition, event: LogEvent) -> LogPosition:
        """Return where we stand after an event whose tree continues the one that we have seen."""
        tree = self._verified(event.checkpoint)
        if tree.size < event.end:
            raise LogProofError("the event is about more than its checkpoint", at="/to")
        if tree.size < position.size:
            # Made before the newest tree that we have seen, and still true.
            return replace(position, heard=event.end)
        if position.size:
            verify_consistency(
                old_size=position.size,
                new_size=tree.size,
                old_root=position.root,
                new_root=tree.root,
                path=self._path(position.size, tree.size, event),
            )
        return LogPosition(log=position.log, heard=event.end, size=tree.size, root=tree.root)

    def _path(self, old: int, new: int, event: LogEvent) -> tuple[bytes, ...]:
        if old == new:
            return ()
        # Who follows closely finds the proof in the event; others ask for theirs.
        return event.consistency if old == event.start else self._history.consistency(old, new)

    def _position(self) -> LogPosition:
        """Return how far we have listened.

        The first time, begin with what the log has now, unless a grant is held already: it may
        have ended before we could listen at all.
        """
        log = self._office.log.origin
        found = self._marks.position(log)
        if found is None:
            tree = self._verified(self._history.checkpoint())
            heard = 0 if self._marks.may_hold_grants() else tree.size
            found = LogPosition(log=log, heard=heard, size=tree.size, root=tree.root)
            self._marks.learn((), found)
        return found

    def _verified(self, note: str) -> VerifiedCheckpoint:
        return self._office.log.within().verify(note, at=self._clock.now())
