"""The decision: a pure function of request, grants and time, with every reason named.

Deny is the default. A grant counts only if every condition holds; several grants may together cover
several items, but each item is covered by one grant whole. `docs/reference/consent-vectors.md`
states the rules and the public test vectors.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from consent_contracts.access_request import AccessRequest, RequestedItem
from consent_contracts.grant import Grant
from consent_contracts.index import BIT, ConsentIndex, Entry
from consent_contracts.lifecycle import GrantState
from consent_contracts.record import GrantRecord
from consent_contracts.refusal import Refusal
from consent_contracts.terms import Limits, Obligation, narrowest
from ssi_core.errors import ConsentError, MalformedError
from ssi_core.json_types import JsonObject

__all__ = [
    "AccessRequest",
    "ConsentIndex",
    "Decision",
    "Deny",
    "GrantRecord",
    "GrantState",
    "Permit",
    "Refusal",
    "RequestedItem",
    "decide",
    "require",
]

_NO_POLICY: Final = timedelta.max
_RECIPIENT: Final = BIT[Refusal.WRONG_RECIPIENT]
_PURPOSE: Final = BIT[Refusal.WRONG_PURPOSE]
# How near a grant comes to what is asked: the first of these that fails says how far it got.
_STAGES: Final = (
    _RECIPIENT,
    _PURPOSE,
    BIT[Refusal.OTHER_SUBJECT],
    BIT[Refusal.BEYOND_SCOPE] | BIT[Refusal.ACCESS_LEVEL_EXCEEDED],
)

# A grant, and the set of refusals that hold for it so far.
_Candidate: TypeAlias = tuple[Entry, int]


@dataclass(frozen=True, slots=True)
class Permit:
    """Yes, by these grants, on these terms: all obligations together, and the narrowest limits."""

    grants: tuple[Grant, ...]
    obligations: frozenset[Obligation]
    limits: Limits

    def to_json(self) -> JsonObject:
        """Return the decision as the vectors and receipts write it."""
        return {
            "decision": "permit",
            "grants": [grant.id for grant in self.grants],
            "obligations": sorted(each.value for each in self.obligations),
            "limits": self.limits.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Deny:
    """No; `refusals` is never empty, and in the order of `Refusal`."""

    refusals: tuple[Refusal, ...]

    @property
    def explanation(self) -> tuple[str, ...]:
        """One sentence for a person for each refusal, in the same order."""
        return tuple(refusal.explanation for refusal in self.refusals)

    def to_json(self) -> JsonObject:
        """Return the decision as the vectors and receipts write it."""
        return {"decision": "deny", "refusals": [refusal.value for refusal in self.refusals]}


Decision: TypeAlias = Permit | Deny


def decide(
    request: AccessRequest,
    records: Sequence[GrantRecord] | ConsentIndex,
    *,
    at: datetime,
    max_staleness: timedelta = _NO_POLICY,
) -> Decision:
    """Permit if grants cover all that `request` asks for; otherwise name every reason.

    `max_staleness` is the recipient's own policy, beside the limit that each grant sets. Whoever
    decides often about the same grants gives a `ConsentIndex` instead of the records.
    """
    if at.utcoffset() is None:
        raise MalformedError("a decision is made at a moment with a time zone")
    index = records if isinstance(records, ConsentIndex) else ConsentIndex.of(records)
    if refusals := _missing(request, index):
        return Deny(refusals)
    candidates: list[_Candidate] = []
    for entry, failing in _nearest(request, index):
        found = failing | entry.conditions(request, at=at, max_staleness=max_staleness)
        if not found and not any(map(entry.coverage, request.items)):
            return _permit((entry,))
        candidates.append((entry, found))
    answers = [_cover(item, candidates) for item in request.items]
    if refusals := _named(_union(answers)):
        return Deny(refusals)
    return _permit(tuple(dict.fromkeys(each for each in answers if isinstance(each, Entry))))


def require(decision: Decision) -> Permit:
    """Return the permit, or raise `ConsentError` with the code of every refusal."""
    if isinstance(decision, Permit):
        return decision
    codes = tuple(refusal.value for refusal in decision.refusals)
    raise ConsentError("no grant permits this", refusals=codes)


def _missing(request: AccessRequest, index: ConsentIndex) -> tuple[Refusal, ...]:
    asked = () if request.items and request.holder_keys else (Refusal.EMPTY_REQUEST,)
    return asked if index.entries else (*asked, Refusal.NO_GRANT)


def _nearest(request: AccessRequest, index: ConsentIndex) -> Iterator[_Candidate]:
    """Yield the grants that come nearest by recipient and purpose, with what is wrong in these."""
    recipient, purpose = request.recipient, request.purpose
    if own := index.by_purpose.get((recipient, purpose)):
        return ((entry, 0) for entry in own)
    if own := index.by_recipient.get(recipient):
        return ((entry, _PURPOSE) for entry in own)
    return (
        (entry, _RECIPIENT if purpose in entry.purposes else _RECIPIENT | _PURPOSE)
        for entry in index.entries
    )


def _cover(item: RequestedItem, candidates: Sequence[_Candidate]) -> Entry | int:
    """Return the first grant that covers `item`, or what is wrong with the nearest ones."""
    furthest, reasons = -1, 0
    for entry, conditions in candidates:
        found = conditions | entry.coverage(item)
        if not found:
            return entry
        stage = _stage(found)
        if stage > furthest:
            furthest, reasons = stage, found
        elif stage == furthest:
            reasons |= found
    return reasons


def _stage(found: int) -> int:
    for stage, failing in enumerate(_STAGES):
        if found & failing:
            return stage
    return len(_STAGES)


def _union(answers: Sequence[Entry | int]) -> int:
    found = 0
    for answer in answers:
        if isinstance(answer, int):
            found |= answer
    return found


def _named(found: int) -> tuple[Refusal, ...]:
    return tuple(refusal for refusal, bit in BIT.items() if found & bit)


def _permit(entries: Sequence[Entry]) -> Permit:
    grants = tuple(entry.record.grant for entry in entries)
    if len(grants) == 1:
        return Permit(grants, grants[0].obligations, grants[0].limits)
    return Permit(
        grants,
        frozenset[Obligation]().union(*(grant.obligations for grant in grants)),
        narrowest(grant.limits for grant in grants),
    )
