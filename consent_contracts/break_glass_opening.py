"""Whether the glass may be broken: every reason against it, and the opening of a session."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from consent_contracts import objection
from consent_contracts.access_request import AccessRequest
from consent_contracts.break_glass import AskedEmergency, OpenedEmergency
from consent_contracts.break_glass_log import (
    EmergencySecret,
    Entered,
    QueuedEmergency,
    log_body,
    require_entered,
)
from consent_contracts.break_glass_rule import MAX_FACTOR_AGE, EmergencyRule, SecondFactor
from consent_contracts.context import Context
from consent_contracts.index import ConsentIndex
from consent_contracts.purpose import Purpose
from consent_contracts.record import GrantRecord
from consent_contracts.refusal import BIT, Refusal
from ssi_core.errors import (
    ConflictError,
    ConsentError,
    ConsentUndeterminedError,
    LogProofError,
    MalformedError,
)

PURPOSES: Final = Purpose.ETREAT.covered
"""Emergency treatment, and what lies below it."""


class EmergencyRefusal(StrEnum):
    """Why the glass stays whole; in the order in which reasons are named."""

    WRONG_PURPOSE = "not_an_emergency_purpose"
    NO_PERSON = "no_person"
    EMPTY_REQUEST = "nothing_asked_for"
    RULE_UNKNOWN = "rule_unknown"
    WRONG_REASON = "reason_not_accepted"
    WRONG_ROLE = "role_not_accepted"
    OTHER_JURISDICTION = "other_jurisdiction"
    SECOND_FACTOR = "no_second_factor"
    SUBJECT_DECEASED = "person_deceased"
    ABSOLUTE_OPT_OUT = "absolute_opt_out"
    OPT_OUT_UNKNOWN = "opt_out_unknown"
    NOT_LOGGED = "not_in_log"
    LOG_AWAY = "log_away_too_long"
    ENTRY_USED = "log_entry_used"
    OTHER_ACCESS = "other_access"
    """The session is another person's, about another patient, or for another purpose."""
    SESSION_OVER = "session_over"
    NOT_YET_OPEN = "session_not_open_yet"

    @property
    def is_not_knowing(self) -> bool:
        """Whether this says that something could not be found out."""
        return self in _NOT_KNOWING


_NOT_KNOWING: Final = frozenset(
    {
        EmergencyRefusal.RULE_UNKNOWN,
        EmergencyRefusal.OPT_OUT_UNKNOWN,
        EmergencyRefusal.LOG_AWAY,
    }
)


def open_glass(
    asked: AskedEmergency,
    *,
    rule: EmergencyRule | None,
    second_factor: SecondFactor | None,
    logged: Entered | None,
    secret: EmergencySecret,
    records: Sequence[GrantRecord] | ConsentIndex,
    context: Context,
    earlier: Collection[str] = (),
    at: datetime,
) -> OpenedEmergency:
    """Open a session for as long as the rule allows; the log entry's id is its own.

    Raises `ConsentError` with the code of every reason, or `ConsentUndeterminedError` where only
    something that could not be found out stands in the way. `records` are the person's grants,
    `earlier` the ids of the sessions that were ever opened: one entry opens once.
    """
    found = refusals_of_opening(
        asked, rule=rule, second_factor=second_factor, records=records, context=context, at=at
    )
    if logged is None or not _is_about(logged, asked, secret, at=at):
        found.add(EmergencyRefusal.NOT_LOGGED)
    elif logged.id in earlier:
        found.add(EmergencyRefusal.ENTRY_USED)
    if isinstance(logged, QueuedEmergency) and rule is not None and _is_stale(logged, rule, at=at):
        found.add(EmergencyRefusal.LOG_AWAY)
    require_none(found)
    if rule is None or logged is None:
        raise MalformedError("opens under a rule and with an entry")
    return OpenedEmergency(
        id=logged.id,
        request=asked.request,
        reason=asked.reason,
        rule=rule,
        opened_at=at,
        ends_at=at + rule.longest,
        logged=logged,
    )


def refusals_of_opening(
    asked: AskedEmergency,
    *,
    rule: EmergencyRule | None,
    second_factor: SecondFactor | None,
    records: Sequence[GrantRecord] | ConsentIndex,
    context: Context,
    at: datetime,
) -> set[EmergencyRefusal]:
    """Return what stands against opening before the log is told anything."""
    if at < asked.asked_at:
        raise ConflictError("the life of a session runs forwards")
    found = refusals_of_asking(asked.request, context, rule=rule, at=at)
    if rule is not None:
        found |= refusals_of_opt_out(asked.request, records, context, rule=rule, at=at)
        if asked.reason not in rule.reasons:
            found.add(EmergencyRefusal.WRONG_REASON)
        if rule.roles is not None and asked.role not in rule.roles:
            found.add(EmergencyRefusal.WRONG_ROLE)
    if second_factor is None or not _holds(second_factor, asked.request, at=at):
        found.add(EmergencyRefusal.SECOND_FACTOR)
    return found


def refusals_of_asking(
    request: AccessRequest, context: Context, *, rule: EmergencyRule | None, at: datetime
) -> set[EmergencyRefusal]:
    """Return what stands against any emergency access like this, whoever opened what."""
    found = set()
    if request.purpose not in PURPOSES:
        found.add(EmergencyRefusal.WRONG_PURPOSE)
    if request.actor is None:
        found.add(EmergencyRefusal.NO_PERSON)
    if not (request.items and request.holder_keys):
        found.add(EmergencyRefusal.EMPTY_REQUEST)
    if rule is None:
        found.add(EmergencyRefusal.RULE_UNKNOWN)
    elif context.jurisdiction not in (None, rule.jurisdiction):
        found.add(EmergencyRefusal.OTHER_JURISDICTION)
    if context.subject is not None and context.subject.has_died(at):
        found.add(EmergencyRefusal.SUBJECT_DECEASED)
    return found


def refusals_of_opt_out(
    request: AccessRequest,
    records: Sequence[GrantRecord] | ConsentIndex,
    context: Context,
    *,
    rule: EmergencyRule,
    at: datetime,
) -> set[EmergencyRefusal]:
    """Return whether an objection stands against this that nobody may override, or might."""
    if not rule.absolute_opt_out:
        return set()
    index = records if isinstance(records, ConsentIndex) else ConsentIndex.of(records)
    objections = index.objections_of(index.parties(request, context), request.purpose)
    found = [objection.refusals_of(each, request, context, at=at) for each in objections]
    if any(each & BIT[Refusal.OBJECTION] for each in found):
        return {EmergencyRefusal.ABSOLUTE_OPT_OUT}
    return {EmergencyRefusal.OPT_OUT_UNKNOWN} if any(found) else set()


def require_none(found: set[EmergencyRefusal]) -> None:
    """Return if there are no refusals; raise with the code of each if there are."""
    if not found:
        return
    codes = tuple(each.value for each in EmergencyRefusal if each in found)
    if all(each.is_not_knowing for each in found):
        raise ConsentUndeterminedError("whether this may be opened is not known", refusals=codes)
    raise ConsentError("the glass stays whole", refusals=codes)


def _holds(factor: SecondFactor, request: AccessRequest, *, at: datetime) -> bool:
    age = at - factor.verified_at
    is_fresh = timedelta(0) <= age <= MAX_FACTOR_AGE
    return factor.actor == request.actor and len(factor.kinds) > 1 and is_fresh


def _is_about(
    logged: Entered, asked: AskedEmergency, secret: EmergencySecret, *, at: datetime
) -> bool:
    seen_at = logged.queued_at if isinstance(logged, QueuedEmergency) else logged.seen_at
    if not asked.asked_at <= seen_at <= at:
        return False
    expected = log_body(asked.request, asked.reason, secret, at=asked.asked_at)
    try:
        require_entered(logged, expected)
    except LogProofError:
        return False
    return True


def _is_stale(queued: QueuedEmergency, rule: EmergencyRule, *, at: datetime) -> bool:
    return not timedelta(0) <= at - queued.known_at <= rule.max_staleness
