"""What speaks against many grants at once, where none of them can permit what is asked for."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

from consent_contracts.access_request import AccessRequest, Requested, RequestedRecord
from consent_contracts.context import Context
from consent_contracts.entry import Entry
from consent_contracts.purpose import Purpose
from consent_contracts.refusal import BIT, Refusal
from consent_contracts.subject_facts import SubjectFacts

_PURPOSE: Final = BIT[Refusal.WRONG_PURPOSE]
_OTHER_SUBJECT: Final = BIT[Refusal.OTHER_SUBJECT]
_NOT_YET_VALID: Final = BIT[Refusal.NOT_YET_VALID]
_EXPIRED: Final = BIT[Refusal.EXPIRED]
_STALE: Final = BIT[Refusal.STALE_EVIDENCE]
_DECEASED: Final = BIT[Refusal.SUBJECT_DECEASED]
_BEYOND_AUTHORITY: Final = BIT[Refusal.BEYOND_AUTHORITY]
_USE_LIMIT: Final = BIT[Refusal.USE_LIMIT]
_OF_CLAIMS: Final = BIT[Refusal.BEYOND_SCOPE] | BIT[Refusal.ACCESS_LEVEL_EXCEEDED]
_OF_RECORDS: Final = _OF_CLAIMS | BIT[Refusal.RECORD_UNKNOWN]


# Without slots: what is worked out on demand has to be kept somewhere.
@dataclass(frozen=True, eq=False)
class Summary:
    """Grants that are all for somebody else, or all for something else.

    Strangers may ask as often as they like, so the cost of an answer must not grow with the number
    of grants: times are compared with the earliest and the latest, each scope is looked at once.
    """

    entries: tuple[Entry, ...]

    def refusals(
        self, request: AccessRequest, context: Context, *, at: datetime, max_staleness: timedelta
    ) -> int:
        """Return every refusal that holds for any of the grants."""
        found = self._plain.refusals(at=at, max_staleness=max_staleness)
        if context.subject is not None:
            found |= self._plain.refusals_of_subject(context.subject, at=at)
        for entry in self._special:
            found |= entry.conditions(request, context, at=at, max_staleness=max_staleness)
            for item in request.items:
                found |= entry.confidence(item, context)
        if request.purpose not in self._purposes:
            found |= _PURPOSE
        if not request.holder_keys <= self._holder_keys:
            found |= _OTHER_SUBJECT
        for item in request.items:
            found |= self._coverage(item)
        return found

    def _coverage(self, item: Requested) -> int:
        found, every = 0, _OF_RECORDS if isinstance(item, RequestedRecord) else _OF_CLAIMS
        for entry in self._scopes:
            found |= entry.coverage(item)
            if found == every:
                break
        return found

    @cached_property
    def _plain(self) -> "_Bounds":
        return _Bounds.of(entry for entry in self.entries if entry.is_plain)

    @cached_property
    def _special(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if not entry.is_plain)

    @cached_property
    def _purposes(self) -> frozenset[Purpose]:
        return frozenset.intersection(*(entry.purposes for entry in self.entries))

    @cached_property
    def _holder_keys(self) -> frozenset[str]:
        return frozenset.intersection(*(each.record.grant.holder_keys for each in self.entries))

    @cached_property
    def _scopes(self) -> tuple[Entry, ...]:
        grants = ((each.record.grant, each) for each in self.entries)
        return tuple({(grant.scope, grant.records): each for grant, each in grants}.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bounds:
    """What is said against some grants whatever is asked, and the moments that matter."""

    standing: int = 0
    starts: tuple[datetime, ...] = ()
    earliest_end: datetime | None = None
    known_at: datetime | None = None
    fresh_until: datetime | None = None
    resting_until: datetime | None = None

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "_Bounds":
        every = tuple(entries)
        standing = 0
        for entry in every:
            standing |= entry.standing
        known = [
            (each.record.known_at, each.record.grant.max_staleness)
            for each in every
            if each.record.known_at is not None
        ]
        rests = [
            (each.last_used_at, each.record.grant.limits.interval)
            for each in every
            if each.last_used_at is not None
        ]
        return cls(
            standing=standing,
            starts=tuple(sorted(each.start for each in every)),
            earliest_end=min((each.end for each in every), default=None),
            known_at=min((moment for moment, _ in known), default=None),
            fresh_until=min((_later(*each) for each in known), default=None),
            resting_until=max((_later(at, span) for at, span in rests if span), default=None),
        )

    def refusals(self, *, at: datetime, max_staleness: timedelta) -> int:
        found = self.standing
        if self.starts and at < self.starts[-1]:
            found |= _NOT_YET_VALID
        if self.earliest_end is not None and at >= self.earliest_end:
            found |= _EXPIRED
        if self.known_at is not None and at - self.known_at > max_staleness:
            found |= _STALE
        if self.fresh_until is not None and at > self.fresh_until:
            found |= _STALE
        if self.resting_until is not None and at < self.resting_until:
            found |= _USE_LIMIT
        return found

    def refusals_of_subject(self, facts: SubjectFacts, *, at: datetime) -> int:
        """Return what the state of their person says against the grants, all of them their own."""
        found = _DECEASED if self.starts and facts.has_died(at) else 0
        for period in facts.incapacity or ():
            place = 0 if period.start is None else bisect_left(self.starts, period.start)
            if place < len(self.starts) and self.starts[place] in period:
                found |= _BEYOND_AUTHORITY
        return found


def _later(moment: datetime, span: timedelta) -> datetime:
    """Return the moment that much later, or the end of time."""
    end = datetime.max.replace(tzinfo=moment.tzinfo)
    return moment + span if end - moment > span else end
