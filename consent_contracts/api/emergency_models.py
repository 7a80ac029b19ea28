"""What a custodian says of emergencies, as JSON."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

from consent_contracts.api.models import AnswerOut
from consent_contracts.break_glass import Closed, EndedEmergency, OpenedEmergency, ReviewedEmergency
from consent_contracts.break_glass_ending import Review
from consent_contracts.break_glass_log import QueuedEmergency
from consent_contracts.kept_emergency import KeptEmergency
from ssi_core.period import to_timestamp


class EntryOut(BaseModel, frozen=True):
    """Where the log's entry about an emergency is.

    `index` and `tree_size` once that was proved; `known_at`, how old the log was that the session
    opened on, where the entry was queued.
    """

    id: str
    log: str
    state: Literal["logged", "queued", "refused"]
    index: int | None = None
    tree_size: int | None = None
    known_at: int | None = None


class ReviewOut(BaseModel, frozen=True):
    """What another person found, and why, as the organisation signed it (`text`, a JWS)."""

    reviewer: str
    finding: Literal["justified", "not_justified"]
    grounds: str
    reviewed_at: int
    text: str


class EmergencyOut(BaseModel, frozen=True):
    """A session, and who opened it why. `flagged`: it opened while the log was away.

    `ends_at` is when time ends it, `ended_at` when it did end, and `ending` why: its time was up
    (`expired`), the organisation said so (`closed`), the custodian took the right from it
    (`revoked`), or the log will not have the entry (`refused`). `overdue`: nobody has reviewed it
    by `review_due_at`.
    """

    session: str
    state: Literal["asked", "open", "ended", "reviewed"]
    recipient: str
    actor: str
    role: str | None = None
    reason: str
    purpose: str
    asked_at: int
    opened_at: int | None = None
    ends_at: int | None = None
    ended_at: int | None = None
    ending: Literal["expired", "closed", "revoked", "refused"] | None = None
    flagged: bool
    notice_due_at: int | None = None
    told_at: int | None = None
    review_due_at: int | None = None
    overdue: bool | None = None
    review: ReviewOut | None = None
    entry: EntryOut | None = None


class OpenedOut(BaseModel, frozen=True):
    """A session that was opened, and the decision about what was asked for."""

    emergency: EmergencyOut
    decision: AnswerOut


class EmergenciesOut(BaseModel, frozen=True):
    """Emergencies in the order in which they came; `next` is where to go on, if there is."""

    emergencies: list[EmergencyOut]
    next: int | None = None


class ReviewsOut(BaseModel, frozen=True):
    """Emergencies that wait for a review, those due first at the front.

    `waiting` says how many there are, of which `overdue` should have been reviewed by now.
    """

    waiting: int
    overdue: int
    emergencies: list[EmergencyOut]


class NoticesOut(BaseModel, frozen=True):
    """What a person is told: for each session the disclosures that open the log's commitments.

    With `more`, others were opened after these: they are told `after` the last one.
    """

    notices: list[dict[str, Any]]
    more: bool


def emergency_out(kept: KeptEmergency, *, at: datetime) -> EmergencyOut:
    """Return what is said of an emergency at a moment."""
    asked, session = kept.asked, kept.session
    common = {
        "session": kept.entry_id,
        "recipient": str(asked.request.recipient),
        "actor": str(asked.request.actor),
        "role": asked.role,
        "reason": asked.reason.value,
        "purpose": asked.request.purpose.value,
        "asked_at": to_timestamp(asked.asked_at),
    }
    if session is None:
        return EmergencyOut.model_validate({**common, "state": "asked", "flagged": False})
    return EmergencyOut.model_validate(
        {
            **common,
            "opened_at": to_timestamp(session.opened_at),
            "ends_at": to_timestamp(session.ends_at),
            "flagged": session.flagged,
            "notice_due_at": to_timestamp(session.notice.due_at),
            "told_at": None if kept.told_at is None else to_timestamp(kept.told_at),
            "review_due_at": to_timestamp(session.review_due_at),
            "entry": _entry(kept, session),
            **_state(kept, at=at),
        }
    )


def _state(kept: KeptEmergency, *, at: datetime) -> dict[str, Any]:
    state = kept.state(at=at)
    if not isinstance(state, Closed):
        return {"state": "open"}
    ended = {"ended_at": to_timestamp(state.ended_at), "ending": state.ending.value}
    if isinstance(state, EndedEmergency):
        return {**ended, "state": "ended", "overdue": state.is_overdue(at=at)}
    return {**ended, "state": "reviewed", "review": _review(kept, state)}


def _review(kept: KeptEmergency, state: ReviewedEmergency) -> ReviewOut:
    text = kept.review or ""
    return ReviewOut(
        reviewer=str(state.reviewer),
        finding=state.finding.value,
        grounds=Review.unverified(text).grounds,
        reviewed_at=to_timestamp(state.reviewed_at),
        text=text,
    )


def _entry(kept: KeptEmergency, session: OpenedEmergency) -> EntryOut:
    logged, entered = kept.logged, session.logged
    state = "queued" if logged is None else "logged"
    return EntryOut.model_validate(
        {
            "id": session.id,
            "log": entered.log,
            "state": state if kept.refused_at is None else "refused",
            "index": None if logged is None else logged.entry,
            "tree_size": None if logged is None else logged.tree_size,
            "known_at": to_timestamp(entered.known_at)
            if isinstance(entered, QueuedEmergency)
            else None,
        }
    )
