"""Break-glass: asked -> opened -> ended -> reviewed, each state a type.

It opens for a reason from a closed list, to somebody who showed two factors, under a rule that is
known, and only once the log has it, or cannot be reached and the entry is kept for it. It ends by
time, or before that: by the organisation, the custodian or the log. Who it was about is told, and
another person looks at it afterwards.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from consent_contracts.access_request import AccessRequest
from consent_contracts.break_glass_log import Entered, QueuedEmergency
from consent_contracts.break_glass_rule import EmergencyReason, EmergencyRule
from ssi_core.did.syntax import Did
from ssi_core.errors import ConflictError, ConsentError, MalformedError
from ssi_core.json_types import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedEmergency:
    """Somebody says that they have to see what they may not, and why; `role` is what they are."""

    request: AccessRequest
    reason: EmergencyReason
    asked_at: datetime
    role: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedEmergency:
    """Access by the actor of `request`, for its recipient and purpose, to its person's data."""

    id: str
    request: AccessRequest
    reason: EmergencyReason
    rule: EmergencyRule
    opened_at: datetime
    ends_at: datetime
    logged: Entered

    @property
    def flagged(self) -> bool:
        """Whether it opened on an entry that the log did not have yet."""
        return isinstance(self.logged, QueuedEmergency)

    @property
    def notice(self) -> "PatientNotice":
        """What the person, or whoever acts for them, has to be told, and until when."""
        return PatientNotice(
            session=self.id,
            holder_keys=self.request.holder_keys,
            recipient=self.request.recipient,
            actor=self.request.actor,
            reason=self.reason,
            opened_at=self.opened_at,
            due_at=self.opened_at + self.rule.notice_within,
        )

    @property
    def review_due_at(self) -> datetime:
        """Until when another person has to have looked at it."""
        return self.opened_at + self.rule.review_within


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientNotice:
    """That somebody looked, said to the person whose data it was; no rule lets it be left out."""

    session: str
    holder_keys: frozenset[str]
    recipient: Did
    actor: Did | None
    reason: EmergencyReason
    opened_at: datetime
    due_at: datetime


class Ending(StrEnum):
    """Why a session is over, and so by whom."""

    EXPIRED = "expired"
    """Its time was up."""
    CLOSED = "closed"
    """The organisation that opened it said so."""
    REVOKED = "revoked"
    """The custodian took the right to open it from the organisation, or from the person."""
    REFUSED = "refused"
    """The log will not have its entry."""

    @classmethod
    def parse(cls, value: JsonValue, *, at: str = "/ending") -> "Ending":
        """Read an ending as it stands on the wire; an unknown one is refused."""
        for ending in cls:
            if ending.value == value:
                return ending
        raise MalformedError("not a way in which an emergency ends", at=at)


@dataclass(frozen=True, slots=True)
class EndedEmergency:
    """Over, by time or before that. Waits for review."""

    session: OpenedEmergency
    ended_at: datetime
    ending: Ending

    def is_overdue(self, *, at: datetime) -> bool:
        """Whether another person should have looked at it by now."""
        return at > self.session.review_due_at


class Finding(StrEnum):
    """What somebody else found who looked at it."""

    JUSTIFIED = "justified"
    NOT_JUSTIFIED = "not_justified"

    @classmethod
    def parse(cls, value: JsonValue, *, at: str = "/finding") -> "Finding":
        """Read a finding as it stands on the wire; there is no third."""
        for finding in cls:
            if finding.value == value:
                return finding
        raise MalformedError("not a finding of a review", at=at)


@dataclass(frozen=True, slots=True)
class ReviewedEmergency:
    """Somebody else looked at it, and found it right or not. Terminal."""

    session: OpenedEmergency
    ended_at: datetime
    ending: Ending
    reviewer: Did
    finding: Finding
    reviewed_at: datetime


Closed: TypeAlias = EndedEmergency | ReviewedEmergency
Emergency: TypeAlias = AskedEmergency | OpenedEmergency | Closed


def close(session: Emergency, *, at: datetime, ending: Ending = Ending.CLOSED) -> EndedEmergency:
    """End a session before its time; `ConflictError` for one that is not open."""
    settled = settle(session, at=at)
    if not isinstance(settled, OpenedEmergency):
        raise ConflictError("this session is not open")
    if at < settled.opened_at:
        raise ConflictError("the life of a session runs forwards")
    return EndedEmergency(settled, at, ending)


def settle(session: Emergency, *, at: datetime) -> Emergency:
    """Return the session as time has left it."""
    if isinstance(session, OpenedEmergency) and at >= session.ends_at:
        return EndedEmergency(session, session.ends_at, Ending.EXPIRED)
    return session


def review(
    session: Emergency, *, reviewer: Did, finding: Finding, at: datetime
) -> ReviewedEmergency:
    """Say whether it was right, once it has ended; not for the one who opened it to say."""
    settled = settle(session, at=at)
    if not isinstance(settled, EndedEmergency):
        raise ConflictError("only a session that has ended is reviewed, and once")
    if at < settled.ended_at:
        raise ConflictError("the life of a session runs forwards")
    if reviewer in (settled.session.request.actor, settled.session.request.recipient):
        raise ConsentError("nobody reviews themselves", at="/reviewer", refusals=("own_session",))
    return ReviewedEmergency(
        settled.session, settled.ended_at, settled.ending, reviewer, finding, at
    )


def review_queue(sessions: Iterable[Emergency], *, at: datetime) -> tuple[EndedEmergency, ...]:
    """Return the sessions that wait for a person, those due first at the front."""
    settled = (settle(session, at=at) for session in sessions)
    waiting = [session for session in settled if isinstance(session, EndedEmergency)]
    return tuple(sorted(waiting, key=lambda each: (each.session.review_due_at, each.session.id)))
