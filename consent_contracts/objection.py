"""Whether an objection of the person stands against what is asked for."""

from datetime import datetime
from typing import Final, TypeVar

from consent_contracts import scope
from consent_contracts.access_request import AccessRequest, Requested, RequestedRecord
from consent_contracts.context import Context
from consent_contracts.entry import Entry
from consent_contracts.lifecycle import GrantState
from consent_contracts.recipient import Accreditation, Recipient
from consent_contracts.record_scope import Match, denies_record
from consent_contracts.refusal import BIT, Refusal

_T = TypeVar("_T")
_OBJECTION: Final = BIT[Refusal.OBJECTION]
_RECIPIENT_UNKNOWN: Final = BIT[Refusal.RECIPIENT_UNKNOWN]
_RECORD_UNKNOWN: Final = BIT[Refusal.RECORD_UNKNOWN]
_ENDED: Final = (GrantState.WITHDRAWN, GrantState.SUPERSEDED)


def refusals_of(entry: Entry, request: AccessRequest, context: Context, *, at: datetime) -> int:
    """Return whether the objection in `entry` speaks of anything that is asked for, or may.

    It ends with its period, by withdrawal, and when it is superseded. Nothing else takes it away:
    not a state that is unknown, nor that it is suspended, nor doubts about who gave it.
    """
    record, grant = entry.record, entry.record.grant
    if record.state in _ENDED or not entry.start <= at < entry.end:
        return 0
    if request.holder_keys.isdisjoint(grant.holder_keys):
        return 0
    speaks = _speaks_to(entry, request, context)
    denies = max((_denies(entry, item) for item in request.items), default=Match.NO)
    if Match.NO in (speaks, denies):
        return 0
    found = _RECIPIENT_UNKNOWN if speaks is Match.UNKNOWN else 0
    return (found | (_RECORD_UNKNOWN if denies is Match.UNKNOWN else 0)) or _OBJECTION


def _speaks_to(entry: Entry, request: AccessRequest, context: Context) -> Match:
    recipient = entry.record.grant.recipient
    meant = _is_meant(recipient, request, context)
    excepted = [_is_meant(each, request, context) for each in recipient.excepted]
    return min(meant, Match(Match.YES - max(excepted, default=Match.NO)))


def _is_meant(recipient: Recipient, request: AccessRequest, context: Context) -> Match:
    party, role = recipient.party, recipient.role
    in_role = Match.YES if role is None else _is_among(role, context.roles)
    if isinstance(party, Accreditation):
        return min(in_role, _is_among(party, context.accreditations))
    return in_role if party in (None, request.recipient, request.actor) else Match.NO


def _is_among(element: _T, known: frozenset[_T] | None) -> Match:
    if known is None:
        return Match.UNKNOWN
    return Match.YES if element in known else Match.NO


def _denies(entry: Entry, item: Requested) -> Match:
    grant = entry.record.grant
    if isinstance(item, RequestedRecord):
        return denies_record(grant.records, item.record, item.access)
    denied = scope.denies(grant.scope, item.vct, item.claims, item.access)
    return Match.YES if denied else Match.NO
