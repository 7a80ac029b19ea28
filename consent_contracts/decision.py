"""The decision: a pure function of request, grants and time, with every reason named.

Deny is the default, and an objection overrides every permission. A grant counts only if every
condition holds; several grants may together cover several items, but each item is covered by one
grant whole. Where only something that could not be found out stands in the way, the answer is
indeterminate, which refuses too. `docs/reference/consent-vectors.md` states the rules and the
public test vectors.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from consent_contracts import objection
from consent_contracts.access_request import (
    AccessRequest,
    RequestedItem,
    RequestedRecord,
)
from consent_contracts.context import NOTHING_KNOWN, Context
from consent_contracts.entry import Entry
from consent_contracts.grant import Grant
from consent_contracts.index import ConsentIndex, Party
from consent_contracts.lifecycle import GrantState
from consent_contracts.record import ANY_AGE, GrantRecord
from consent_contracts.refusal import BIT, NOT_KNOWING, Refusal, named
from consent_contracts.terms import Limits, Obligation, narrowest
from ssi_core.errors import ConsentError, ConsentUndeterminedError, MalformedError
from ssi_core.json_types import JsonObject

__all__ = [
    "AccessRequest",
    "ConsentIndex",
    "Context",
    "Decision",
    "Deny",
    "GrantRecord",
    "GrantState",
    "Indeterminate",
    "Permit",
    "Refusal",
    "RequestedItem",
    "RequestedRecord",
    "decide",
    "require",
]

_RECIPIENT: Final = BIT[Refusal.WRONG_RECIPIENT]
_OBJECTION: Final = BIT[Refusal.OBJECTION]
# How near a grant comes to what is asked: the first of these that fails says how far it got.
_STAGES: Final = (
    _RECIPIENT,
    BIT[Refusal.WRONG_PURPOSE],
    BIT[Refusal.WRONG_ROLE] | BIT[Refusal.RECIPIENT_UNKNOWN],
    BIT[Refusal.OTHER_SUBJECT],
    BIT[Refusal.BEYOND_SCOPE] | BIT[Refusal.ACCESS_LEVEL_EXCEEDED] | BIT[Refusal.RECORD_UNKNOWN],
)

# A grant, and for each item the set of refusals that hold.
_Candidate: TypeAlias = tuple[Entry, Sequence[int]]


@dataclass(frozen=True, slots=True)
class Permit:
    """Yes, by these grants, on these terms: all obligations together, and the narrowest limits.

    In an emergency (`break_glass_decision`) there are no grants: `emergency` is the session's id,
    and `overrides` what would have been refused without it.
    """

    grants: tuple[Grant, ...]
    obligations: frozenset[Obligation]
    limits: Limits
    emergency: str | None = None
    overrides: tuple[Refusal, ...] = ()

    def to_json(self) -> JsonObject:
        """Return the decision as the vectors and receipts write it."""
        session: JsonObject = (
            {}
            if self.emergency is None
            else {
                "emergency": self.emergency,
                "overrides": [refusal.value for refusal in self.overrides],
            }
        )
        return {
            "decision": "permit",
            "grants": [grant.id for grant in self.grants],
            "obligations": sorted(each.value for each in self.obligations),
            "limits": self.limits.to_json(),
            **session,
        }


@dataclass(frozen=True, slots=True)
class Deny:
    """No; `refusals` is never empty, and in the order of `Refusal`.

    `emergency` has the codes of why a broken glass does not help (`EmergencyRefusal`).
    """

    refusals: tuple[Refusal, ...]
    emergency: tuple[str, ...] = ()

    @property
    def explanation(self) -> tuple[str, ...]:
        """One sentence for a person for each refusal, in the same order."""
        return tuple(refusal.explanation for refusal in self.refusals)

    def to_json(self) -> JsonObject:
        """Return the decision as the vectors and receipts write it."""
        codes = {"emergency_refusals": list(self.emergency)} if self.emergency else {}
        refusals = [refusal.value for refusal in self.refusals]
        return {"decision": "deny", "refusals": refusals, **codes}


@dataclass(frozen=True, slots=True)
class Indeterminate:
    """Neither yes nor no, and to be treated as no; `refusals` says what could not be found out."""

    refusals: tuple[Refusal, ...]

    @property
    def explanation(self) -> tuple[str, ...]:
        """One sentence for a person for each refusal, in the same order."""
        return tuple(refusal.explanation for refusal in self.refusals)

    def to_json(self) -> JsonObject:
        """Return the decision as the vectors and receipts write it."""
        refusals = [refusal.value for refusal in self.refusals]
        return {"decision": "indeterminate", "refusals": refusals}


Decision: TypeAlias = Permit | Deny | Indeterminate


def decide(
    request: AccessRequest,
    records: Sequence[GrantRecord] | ConsentIndex,
    *,
    at: datetime,
    max_staleness: timedelta = ANY_AGE,
    context: Context = NOTHING_KNOWN,
) -> Decision:
    """Permit if grants cover all that `request` asks for; otherwise name every reason.

    `max_staleness` is the recipient's own policy, beside the limit that each grant sets. Whoever
    decides often about the same grants gives a `ConsentIndex` instead of the records.
    """
    if at.utcoffset() is None:
        raise MalformedError("a decision is made at a moment with a time zone")
    index = records if isinstance(records, ConsentIndex) else ConsentIndex.of(records)
    parties = index.parties(request, context)
    objected = _objected(request, index, parties, context, at=at)
    if refusals := _missing(request, index):
        return Deny(named(objected & _OBJECTION | refusals))
    nearest = index.of_purpose(parties, request.purpose)
    if not nearest:
        found = _far(request, index, parties, context=context, at=at, max_staleness=max_staleness)
        return Deny(named(objected | found))
    candidates: list[_Candidate] = []
    for entry in nearest:
        found = entry.conditions(request, context, at=at, max_staleness=max_staleness)
        lacking = [
            found | entry.coverage(item) | entry.confidence(item, context) for item in request.items
        ]
        if not (objected or any(lacking)):
            return _permit((entry,))
        candidates.append((entry, lacking))
    answers = [_cover(place, candidates) for place in range(len(request.items))]
    missing = [each for each in answers if isinstance(each, int)]
    if missing or objected:
        return _refused([*missing, *([objected] if objected else [])])
    return _permit(tuple(dict.fromkeys(each for each in answers if isinstance(each, Entry))))


def require(decision: Decision) -> Permit:
    """Return the permit, or raise with the code of every refusal.

    `ConsentError` for a denial, `ConsentUndeterminedError` where something could not be found out.
    """
    if isinstance(decision, Permit):
        return decision
    codes = tuple(refusal.value for refusal in decision.refusals)
    if isinstance(decision, Indeterminate):
        raise ConsentUndeterminedError("whether a grant permits this is not known", refusals=codes)
    raise ConsentError("no grant permits this", refusals=codes)


def _missing(request: AccessRequest, index: ConsentIndex) -> int:
    asked = 0 if request.items and request.holder_keys else BIT[Refusal.EMPTY_REQUEST]
    return asked if index.entries else asked | BIT[Refusal.NO_GRANT]


def _objected(
    request: AccessRequest,
    index: ConsentIndex,
    parties: tuple[Party, ...],
    context: Context,
    *,
    at: datetime,
) -> int:
    """Return whether the person has objected to any of what is asked for, or what is not known."""
    found = 0
    for entry in index.objections_of(parties, request.purpose):
        found |= objection.refusals_of(entry, request, context, at=at)
    return found & _OBJECTION or found


def _far(
    request: AccessRequest,
    index: ConsentIndex,
    parties: tuple[Party, ...],
    *,
    context: Context,
    at: datetime,
    max_staleness: timedelta,
) -> int:
    """Return what is wrong where no grant is for these parties and this purpose."""
    near = [index.by_party[party] for party in parties if party in index.by_party]
    found = 0 if near else _RECIPIENT
    for grants in near or (index.everything,):
        found |= grants.refusals(request, context, at=at, max_staleness=max_staleness)
    return found


def _cover(place: int, candidates: Sequence[_Candidate]) -> Entry | int:
    """Return the first grant that covers the item there, or what is wrong with the nearest ones.

    If something that is not known is all that stands against some of them, then that is the answer.
    """
    furthest, reasons, unknown = -1, 0, 0
    for entry, lacking in candidates:
        found = lacking[place]
        if not found:
            return entry
        if not found & ~NOT_KNOWING:
            unknown |= found
        stage = _stage(found)
        if stage > furthest:
            furthest, reasons = stage, found
        elif stage == furthest:
            reasons |= found
    return unknown or reasons


def _stage(found: int) -> int:
    for stage, failing in enumerate(_STAGES):
        if found & failing:
            return stage
    return len(_STAGES)


def _refused(answers: Sequence[int]) -> Deny | Indeterminate:
    """Return no if that is certain of any answer, with the reasons of all of them."""
    found = 0
    for answer in answers:
        found |= answer
    if any(answer & ~NOT_KNOWING for answer in answers):
        return Deny(named(found))
    return Indeterminate(named(found))


def _permit(entries: Sequence[Entry]) -> Permit:
    grants = tuple(entry.record.grant for entry in entries)
    if len(grants) == 1:
        return Permit(grants, grants[0].obligations, grants[0].limits)
    return Permit(
        grants,
        frozenset[Obligation]().union(*(grant.obligations for grant in grants)),
        narrowest(grant.limits for grant in grants),
    )
