"""How a decision came about, for a machine: every grant, every item, and what held and what failed.

Conditions are named by the refusal that they are the opposite of; those that depend on something
unknown are not said to have held. The answer is that of `decide`, and the grants that it did not
need to look at stand here too.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from consent_contracts import objection
from consent_contracts.access_request import AccessRequest
from consent_contracts.context import NOTHING_KNOWN, Context
from consent_contracts.decision import decide
from consent_contracts.duo import DataUse
from consent_contracts.entry import Entry
from consent_contracts.grant import Grant
from consent_contracts.index import ConsentIndex
from consent_contracts.purpose import Purpose
from consent_contracts.record import ANY_AGE
from consent_contracts.refusal import BIT, NOT_KNOWING, Refusal, named
from ssi_core.json_types import JsonObject
from ssi_core.period import to_timestamp

_ALWAYS: Final = (
    Refusal.WRONG_RECIPIENT,
    Refusal.WRONG_PURPOSE,
    Refusal.OTHER_SUBJECT,
    Refusal.NOT_YET_VALID,
    Refusal.EXPIRED,
    Refusal.WITHDRAWN,
    Refusal.SUSPENDED,
    Refusal.SUPERSEDED,
    Refusal.STATE_UNKNOWN,
    Refusal.STALE_EVIDENCE,
)
_OF_ITEMS: Final = (Refusal.BEYOND_SCOPE, Refusal.ACCESS_LEVEL_EXCEEDED)
# What cannot be said to hold as long as something else is open.
_HIDES: Final[Mapping[Refusal, tuple[Refusal, ...]]] = MappingProxyType(
    {
        Refusal.RECIPIENT_UNKNOWN: (Refusal.WRONG_RECIPIENT, Refusal.WRONG_ROLE),
        Refusal.RECORD_UNKNOWN: _OF_ITEMS,
        Refusal.STATE_UNKNOWN: (Refusal.WITHDRAWN, Refusal.SUSPENDED, Refusal.SUPERSEDED),
        Refusal.RESEARCH_NOT_DESCRIBED: tuple(each for each in Refusal if "data_use" in each),
    }
)


def trace(
    request: AccessRequest,
    index: ConsentIndex,
    *,
    at: datetime,
    max_staleness: timedelta = ANY_AGE,
    context: Context = NOTHING_KNOWN,
) -> JsonObject:
    """Return the decision, each objection, and each grant with what held, failed or is not known.

    Grants stand in the order in which they are relied on, items by their place in the request.
    """
    decision = decide(request, index, at=at, max_staleness=max_staleness, context=context)
    parties = index.parties(request, context)
    grants: list[JsonObject] = []
    for entry in index.entries:
        found = entry.conditions(request, context, at=at, max_staleness=max_staleness)
        if entry.party not in parties:
            found |= BIT[Refusal.WRONG_RECIPIENT]
        if request.purpose not in entry.purposes:
            found |= BIT[Refusal.WRONG_PURPOSE]
        grants.append(_of_grant(entry, request, context, found))
    objections = [
        {"grant": each.record.grant.id, **_of_objection(each, request, context, index, at=at)}
        for each in index.objecting
    ]
    return {
        "at": to_timestamp(at),
        "answer": decision.to_json(),
        "objections": objections,
        "grants": grants,
    }


def _of_grant(entry: Entry, request: AccessRequest, context: Context, found: int) -> JsonObject:
    return {
        "grant": entry.record.grant.id,
        **_told(found, _conditions(entry.record.grant, request, context)),
        "items": [
            _told(entry.coverage(item) | entry.confidence(item, context), _OF_ITEMS)
            for item in request.items
        ],
    }


def _told(found: int, conditions: tuple[Refusal, ...]) -> JsonObject:
    open_still = {hidden for each in named(found) for hidden in _HIDES.get(each, ())}
    held = [each for each in Refusal if each in conditions and not found & BIT[each]]
    return {
        "held": [each.value for each in held if each not in open_still],
        "failed": [each.value for each in named(found & ~NOT_KNOWING)],
        "unknown": [each.value for each in named(found & NOT_KNOWING)],
    }


def _of_objection(
    entry: Entry, request: AccessRequest, context: Context, index: ConsentIndex, *, at: datetime
) -> JsonObject:
    reached = entry in index.objections_of(index.parties(request, context), request.purpose)
    found = objection.refusals_of(entry, request, context, at=at) if reached else 0
    stands = found & BIT[Refusal.OBJECTION]
    return {
        "stands": "yes" if stands else "unknown" if found else "no",
        "unknown": [each.value for each in named(found & NOT_KNOWING)],
    }


def _conditions(grant: Grant, request: AccessRequest, context: Context) -> tuple[Refusal, ...]:
    """Return what the grant makes a condition, apart from its scope."""
    limits = grant.limits
    optional = {
        Refusal.WRONG_ROLE: grant.recipient.role is not None,
        Refusal.USE_LIMIT: limits.uses is not None or limits.interval is not None,
        Refusal.WRONG_JURISDICTION: limits.jurisdictions and context.jurisdiction,
        Refusal.GROUP_TOO_SMALL: limits.minimum_group_size and context.group_size is not None,
    }
    found = [*_ALWAYS, *(refusal for refusal, applies in optional.items() if applies)]
    if grant.data_use and request.purpose in Purpose.HRESCH.covered:
        free = (DataUse.NRES, DataUse.GRU)
        terms = (each.term for each in grant.data_use if each.term not in free)
        found += (Refusal(f"data_use_{term.shorthand.lower()}") for term in terms)
    return tuple(found)
