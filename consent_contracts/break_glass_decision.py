"""The decision where somebody has broken the glass: a permit whose basis is the session."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from consent_contracts.access_request import AccessRequest
from consent_contracts.break_glass import AskedEmergency, Closed, Emergency, OpenedEmergency
from consent_contracts.break_glass_opening import (
    EmergencyRefusal,
    refusals_of_asking,
    refusals_of_opt_out,
)
from consent_contracts.context import NOTHING_KNOWN, Context
from consent_contracts.decision import Decision, Deny, Permit, decide
from consent_contracts.index import ConsentIndex
from consent_contracts.record import ANY_AGE, GrantRecord
from consent_contracts.terms import Limits, Obligation

OBLIGATIONS: Final = frozenset({Obligation.NOTIFY_OF_USE})
"""The person is told of every use, by the time that the session says."""


def decide_in_emergency(
    request: AccessRequest,
    records: Sequence[GrantRecord] | ConsentIndex,
    session: Emergency,
    *,
    at: datetime,
    max_staleness: timedelta = ANY_AGE,
    context: Context = NOTHING_KNOWN,
) -> Decision:
    """Decide as `decide` does, and if that is no, permit what `session` opens.

    Such a permit relies on no grant; it names the session, and what it overrides. Where the session
    does not carry the request either, the denial says why.
    """
    index = records if isinstance(records, ConsentIndex) else ConsentIndex.of(records)
    ordinary = decide(request, index, at=at, max_staleness=max_staleness, context=context)
    if isinstance(ordinary, Permit):
        return ordinary
    opened = session.session if isinstance(session, Closed) else session
    if isinstance(opened, AskedEmergency):
        return Deny(ordinary.refusals, emergency=(EmergencyRefusal.NOT_YET_OPEN.value,))
    found = refusals_of_asking(request, context, rule=opened.rule, at=at)
    found |= refusals_of_opt_out(request, index, context, rule=opened.rule, at=at)
    found |= _of_session(opened, request, is_closed=isinstance(session, Closed), at=at)
    if found:
        named = tuple(each.value for each in EmergencyRefusal if each in found)
        return Deny(ordinary.refusals, emergency=named)
    return Permit((), OBLIGATIONS, Limits(), emergency=opened.id, overrides=ordinary.refusals)


def _of_session(
    session: OpenedEmergency, request: AccessRequest, *, is_closed: bool, at: datetime
) -> set[EmergencyRefusal]:
    found, own = set(), session.request
    is_same = (
        request.actor == own.actor
        and request.recipient == own.recipient
        and request.purpose is own.purpose
        and request.holder_keys <= own.holder_keys
    )
    if not is_same:
        found.add(EmergencyRefusal.OTHER_ACCESS)
    if is_closed or at >= session.ends_at:
        found.add(EmergencyRefusal.SESSION_OVER)
    if at < session.opened_at:
        found.add(EmergencyRefusal.NOT_YET_OPEN)
    return found
