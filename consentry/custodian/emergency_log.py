"""Emergencies told to a registry's log: kept first, then sent, then proved."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Protocol, final

from consent_contracts.break_glass_log import (
    Entered,
    LoggedEmergency,
    LogPresence,
    QueuedEmergency,
    RefusedEmergency,
)
from registry.client.edge import EvidenceCache, Item, ItemState, Outbox, Watch
from registry.client.edge.freshness import moment
from registry.client.edge.ports import Clock, Submitting
from registry.model import entry as entries
from registry.model.envelope import Entry
from registry.model.evidence import LoggedBreakGlass, verify_emergency
from registry.model.log_evidence import LogEvidence, LogPolicy
from ssi_core.errors import MalformedError, OverloadedError, RejectedError, UnavailableError
from ssi_core.json_types import JsonObject
from ssi_core.keys import Ed25519Signer

_LOOKED: Final = "checkpoint"
# How often it is written down that the log is there; the limit on its absence is in hours.
_REMEMBERED: Final = timedelta(minutes=1)


class EmergencyRegistry(Submitting, Protocol):
    """A registry, as far as emergencies are told to it."""

    def checkpoint(self) -> str:
        """Return the log's newest checkpoint, as a note."""
        ...

    def emergency(self, emergency_id: str, /) -> LogEvidence:
        """Return what the log shows of an emergency."""
        ...


@final
class EdgeEmergencyLog:
    """Implements `EmergencyLog` over a registry that may be away.

    `believed` gives the log that is believed: pinned once, and asked for when it is needed, so that
    a custodian starts without a registry.
    """

    def __init__(
        self,
        registry: EmergencyRegistry,
        *,
        believed: Callable[[], LogPolicy],
        outbox: Outbox,
        kept: EvidenceCache,
        watch: Watch,
        clock: Clock,
    ) -> None:
        self._registry = registry
        self._believed = believed
        self._outbox = outbox
        self._kept = kept
        self._watch = watch
        self._clock = clock

    def sign(self, body: JsonObject) -> tuple[str, bytes]:
        """Return an entry of `body` with its id, under a key that nobody has afterwards."""
        signer = Ed25519Signer.generate()
        raw = entries.access_breakglass(log=self._believed().origin, signer=signer, body=body)
        return _id_of(raw), raw

    def record(self, entry: bytes) -> Entered:
        """Keep an entry, send it, and return its proof; while the log is away, that it is kept.

        A registry that answers and proves nothing is not away: that raises.
        """
        item = self._outbox.put(entry)
        if not self._watch.presence().is_offline:
            self.send()
        try:
            found = self.prove(entry)
        except (UnavailableError, OverloadedError):
            return self._queued(item, entry)
        if isinstance(found, RefusedEmergency):
            raise RejectedError("the log refuses the entry", at="/entry")
        return found

    def prove(self, entry: bytes) -> LoggedEmergency | RefusedEmergency:
        """Return where the log has an entry, proved, or that it will not have it."""
        item = self._outbox.put(entry)
        if (refused := item.refusal()) is not None:
            return RefusedEmergency(refused.code)
        if item.state is ItemState.QUEUED:
            raise UnavailableError("the entry waits for the log")
        return self._proved(item, _id_of(entry))

    def presence(self) -> LogPresence:
        """Return whether the log is there, since when, and how many entries wait for it."""
        seen = self._watch.presence()
        return LogPresence(
            reach=seen.reach.value, since=seen.since, not_sent=self._outbox.waiting()
        )

    def send(self) -> None:
        """Send every entry that waits, in order; what cannot be sent is kept."""
        report = self._outbox.drain(self._registry)
        if isinstance(report.problem, UnavailableError | OverloadedError):
            self._watch.failed()
        elif report.settled:
            self._watch.heard()

    def look(self) -> None:
        """Return if the registry shows the log as it is now, and remember when that was."""
        note = self._registry.checkpoint()
        now = self._now()
        verified = self._believed().verify(note, at=now)
        newest = self._kept.newest()
        if newest is None or verified.cosigned_at - newest > _REMEMBERED:
            evidence = LogEvidence(entries=(), checkpoint=note)
            self._kept.keep(_LOOKED, evidence, known_at=verified.cosigned_at)

    def _proved(self, item: Item, emergency_id: str) -> LoggedEmergency:
        evidence = self._registry.emergency(emergency_id)
        policy = self._believed()
        shown = verify_emergency(evidence, emergency_id=emergency_id, policy=policy, at=self._now())
        self._kept.keep(_LOOKED, evidence, known_at=shown.known_at)
        return LoggedEmergency(
            log=policy.origin,
            id=shown.id,
            entry=shown.index,
            tree_size=shown.tree_size,
            body=shown.body,
            seen_at=self._seen_at(item, shown),
        )

    def _seen_at(self, item: Item, shown: LoggedBreakGlass) -> datetime:
        # The entry is younger than the request for it, so every tree that has it is, whatever the
        # witnesses' clocks say; and it has been seen by now.
        return min(max(shown.known_at, _whole(item.queued_at)), _whole(self._clock.now()))

    def _queued(self, item: Item, entry: bytes) -> QueuedEmergency:
        known_at = self._kept.newest()
        if known_at is None:
            raise UnavailableError("nothing is known of the log, and it cannot be reached")
        read = Entry.parse(entry)
        return QueuedEmergency(
            log=read.log,
            id=_id_of(entry),
            body=read.members,
            queued_at=_whole(item.queued_at),
            known_at=min(known_at, _whole(self._clock.now())),
        )

    def _now(self) -> datetime:
        return moment(self._clock.now(), self._kept.newest())


def _id_of(raw: bytes) -> str:
    found = entries.entry_id(raw)
    if found is None:
        raise MalformedError("an emergency has an id", at="/id")
    return found


def _whole(at: datetime) -> datetime:
    return at.replace(microsecond=0)
