"""One grant as decisions look at it: what speaks against it, and what its scope leaves out."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, Self

from consent_contracts.access import AccessLevel
from consent_contracts.access_request import (
    AccessRequest,
    Requested,
    RequestedRecord,
)
from consent_contracts.authority import refusals_of_authority, refusals_of_confidence
from consent_contracts.context import Context
from consent_contracts.data_use import broken_terms
from consent_contracts.duo import DataUse
from consent_contracts.grant import Grant
from consent_contracts.lifecycle import GrantState
from consent_contracts.purpose import Purpose
from consent_contracts.recipient import Accreditation
from consent_contracts.record import GrantRecord
from consent_contracts.record_scope import levels_of_record
from consent_contracts.refusal import BIT, Refusal
from consent_contracts.scope import level_of
from ssi_core.claim_path import ClaimPath
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError

_ROLE: Final = BIT[Refusal.WRONG_ROLE]
_RECIPIENT_UNKNOWN: Final = BIT[Refusal.RECIPIENT_UNKNOWN]
_OTHER_SUBJECT: Final = BIT[Refusal.OTHER_SUBJECT]
_BEYOND_SCOPE: Final = BIT[Refusal.BEYOND_SCOPE]
_LEVEL_EXCEEDED: Final = BIT[Refusal.ACCESS_LEVEL_EXCEEDED]
_RECORD_UNKNOWN: Final = BIT[Refusal.RECORD_UNKNOWN]
_NOT_YET_VALID: Final = BIT[Refusal.NOT_YET_VALID]
_EXPIRED: Final = BIT[Refusal.EXPIRED]
_STALE: Final = BIT[Refusal.STALE_EVIDENCE]
_USE_LIMIT: Final = BIT[Refusal.USE_LIMIT]
_JURISDICTION: Final = BIT[Refusal.WRONG_JURISDICTION]
_GROUP: Final = BIT[Refusal.GROUP_TOO_SMALL]
_NOT_DESCRIBED: Final = BIT[Refusal.RESEARCH_NOT_DESCRIBED]
_OF_STATE: Final[Mapping[GrantState | None, int]] = MappingProxyType(
    {
        None: BIT[Refusal.STATE_UNKNOWN],
        GrantState.PENDING: _NOT_YET_VALID,
        GrantState.ACTIVE: 0,
        GrantState.SUSPENDED: BIT[Refusal.SUSPENDED],
        GrantState.WITHDRAWN: BIT[Refusal.WITHDRAWN],
        GrantState.EXPIRED: _EXPIRED,
        GrantState.SUPERSEDED: BIT[Refusal.SUPERSEDED],
    }
)
_UP_TO: Final = MappingProxyType(
    {given: tuple(level for level in AccessLevel if level <= given) for given in AccessLevel}
)
_OF_DATA_USE: Final[Mapping[DataUse, int]] = MappingProxyType(
    {
        term: BIT[Refusal(f"data_use_{term.shorthand.lower()}")]
        for term in DataUse
        if f"data_use_{term.shorthand.lower()}" in set(Refusal)
    }
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Entry:
    """One record, with what can be worked out before a request is there."""

    record: GrantRecord
    order: int
    """Its place among all, in the order in which grants are relied on."""
    purposes: frozenset[Purpose]
    """Those that the grant covers."""
    standing: int
    """The refusals that hold for every request."""
    last_used_at: datetime | None
    start: datetime
    end: datetime
    levels: Mapping[tuple[str, ClaimPath], AccessLevel]
    """The level of every path that the grant names."""
    given: Mapping[tuple[str, AccessLevel], frozenset[ClaimPath]]
    """The named paths of a type that the grant gives at a level."""
    roots: frozenset[tuple[str, str | int | None]]
    """What the named paths of a type begin with."""
    is_plain: bool
    """Whether nothing in the grant depends on the circumstances of a request."""

    @classmethod
    def of(
        cls, record: GrantRecord, *, standing: int, last_used_at: datetime | None, order: int
    ) -> Self:
        """Work out what every decision about `record` needs."""
        grant = record.grant
        if grant.period.start is None or grant.period.end is None:
            raise MalformedError("a grant has a beginning and an end", at="/exp")
        levels = _levels(grant)
        return cls(
            record=record,
            order=order,
            purposes=grant.covered_purposes,
            standing=standing,
            last_used_at=last_used_at,
            start=grant.period.start,
            end=grant.period.end,
            levels=levels,
            given=_given(levels),
            roots=frozenset((vct, path[0]) for vct, path in levels),
            is_plain=isinstance(grant.recipient.party, Did)
            and grant.recipient.role is None
            and grant.grantor is None
            and not grant.data_use
            and grant.limits.erase_by is None
            and grant.limits.jurisdictions is None
            and grant.limits.minimum_group_size is None,
        )

    @property
    def party(self) -> Did | Accreditation | None:
        """To whom the grant speaks; `None` is anyone."""
        return self.record.grant.recipient.party

    def conditions(
        self, request: AccessRequest, context: Context, *, at: datetime, max_staleness: timedelta
    ) -> int:
        """Return the refusals that do not depend on what is asked for: whose, when, how fresh."""
        found, record = self.standing, self.record
        if not request.holder_keys <= record.grant.holder_keys:
            found |= _OTHER_SUBJECT
        if at < self.start:
            found |= _NOT_YET_VALID
        elif at >= self.end:
            found |= _EXPIRED
        if record.known_at is not None:
            age = at - record.known_at
            if age > record.grant.max_staleness or age > max_staleness:
                found |= _STALE
        if self.last_used_at is not None:
            interval = record.grant.limits.interval
            if interval is not None and at - self.last_used_at < interval:
                found |= _USE_LIMIT
        if self.is_plain and context.subject is None:
            return found
        found |= self._circumstances(request, context, at=at)
        return found | _authority(record.grant, context, at=at, max_staleness=max_staleness)

    def _circumstances(self, request: AccessRequest, context: Context, *, at: datetime) -> int:
        grant, limits, found = self.record.grant, self.record.grant.limits, 0
        if (role := grant.recipient.role) is not None:
            if context.roles is None:
                found |= _RECIPIENT_UNKNOWN
            elif role not in context.roles:
                found |= _ROLE
        if context.accreditations is None and isinstance(self.party, Accreditation):
            found |= _RECIPIENT_UNKNOWN
        if limits.erase_by is not None and at >= limits.erase_by:
            found |= _EXPIRED
        places = limits.jurisdictions
        if places is not None and context.jurisdiction not in (None, *places):
            found |= _JURISDICTION
        least = limits.minimum_group_size
        if least is not None and context.group_size is not None and context.group_size < least:
            found |= _GROUP
        if grant.data_use and request.purpose in Purpose.HRESCH.covered:
            found |= _data_use(grant, request, at=at)
        return found

    def confidence(self, item: Requested, context: Context) -> int:
        """Return whether `item` is one that those who gave the grant for a minor may not give."""
        if self.record.grant.grantor is None or not isinstance(item, RequestedRecord):
            return 0
        return _bits(refusals_of_confidence(self.record.grant, item.record, context))

    def coverage(self, item: Requested) -> int:
        """Return what of `item` the scope does not give; 0 if it gives all of it."""
        if isinstance(item, RequestedRecord):
            return self._record_coverage(item)
        named = self.given.get((item.vct, item.access))
        found = 0
        for path in item.claims if named is None else item.claims - named:
            level = self._level(item.vct, path)
            if level is None:
                found |= _BEYOND_SCOPE
            elif level < item.access:
                found |= _LEVEL_EXCEEDED
        return found

    def _record_coverage(self, item: RequestedRecord) -> int:
        level, possible = levels_of_record(self.record.grant.records, item.record)
        if level is not None and level >= item.access:
            return 0
        if possible is not None and possible >= item.access:
            return _RECORD_UNKNOWN
        return _BEYOND_SCOPE if level is None else _LEVEL_EXCEEDED

    def _level(self, vct: str, path: ClaimPath) -> AccessLevel | None:
        """Return what `level_of` does, and mostly without walking through the scope."""
        level = self.levels.get((vct, path))
        if level is None and isinstance(path[0], str) and (vct, path[0]) not in self.roots:
            return None
        return level or level_of(self.record.grant.scope, vct, path)


def standing_of(record: GrantRecord) -> int:
    """Return what a record says against its grant, whatever is asked."""
    found, end, uses = _OF_STATE[record.state], record.grant.period.end, record.grant.limits.uses
    # A clock that lags behind its own evidence gains no time by it.
    if record.known_at is not None and end is not None and record.known_at >= end:
        found |= _EXPIRED
    if uses is not None and record.uses >= uses:
        found |= _USE_LIMIT
    return found


def _authority(grant: Grant, context: Context, *, at: datetime, max_staleness: timedelta) -> int:
    return _bits(refusals_of_authority(grant, context, at=at, max_staleness=max_staleness))


def _bits(refusals: Iterable[Refusal]) -> int:
    found = 0
    for refusal in refusals:
        found |= BIT[refusal]
    return found


def _data_use(grant: Grant, request: AccessRequest, *, at: datetime) -> int:
    if request.research is None:
        return _NOT_DESCRIBED
    found = 0
    for term in broken_terms(grant.data_use, request.research, start=grant.period.start, at=at):
        found |= _OF_DATA_USE[term]
    return found


def _levels(grant: Grant) -> Mapping[tuple[str, ClaimPath], AccessLevel]:
    return {
        (item.vct, path): level_of(grant.scope, item.vct, path) or AccessLevel.NONE
        for item in grant.scope
        for path in item.claims
    }


def _given(
    levels: Mapping[tuple[str, ClaimPath], AccessLevel],
) -> Mapping[tuple[str, AccessLevel], frozenset[ClaimPath]]:
    named: defaultdict[tuple[str, AccessLevel], set[ClaimPath]] = defaultdict(set)
    for (vct, path), given in levels.items():
        for level in _UP_TO[given]:
            named[vct, level].add(path)
    return {key: frozenset(paths) for key, paths in named.items()}
