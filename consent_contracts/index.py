"""A patient's grants laid out so that many requests can be decided quickly.

The index holds no decision: it narrows down which grants can matter, and keeps with each of them
what does not change from request to request.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, Self

from consent_contracts.access import AccessLevel
from consent_contracts.access_request import AccessRequest, RequestedItem
from consent_contracts.grant import Grant
from consent_contracts.lifecycle import GrantState
from consent_contracts.purpose import Purpose
from consent_contracts.record import GrantRecord
from consent_contracts.refusal import Refusal
from consent_contracts.scope import level_of
from ssi_core import jcs
from ssi_core.claim_path import ClaimPath
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError
from ssi_core.period import to_timestamp

# A set of refusals is an integer with one bit for each, in the order of `Refusal`.
BIT: Final[Mapping[Refusal, int]] = MappingProxyType(
    {refusal: 1 << place for place, refusal in enumerate(Refusal)}
)
_OTHER_SUBJECT: Final = BIT[Refusal.OTHER_SUBJECT]
_BEYOND_SCOPE: Final = BIT[Refusal.BEYOND_SCOPE]
_LEVEL_EXCEEDED: Final = BIT[Refusal.ACCESS_LEVEL_EXCEEDED]
_NOT_YET_VALID: Final = BIT[Refusal.NOT_YET_VALID]
_EXPIRED: Final = BIT[Refusal.EXPIRED]
_STALE: Final = BIT[Refusal.STALE_EVIDENCE]
_USE_LIMIT: Final = BIT[Refusal.USE_LIMIT]
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Entry:
    """One record, with what can be worked out before a request is there."""

    record: GrantRecord
    purposes: frozenset[Purpose]
    """The purposes of the grant, and every purpose below them."""
    standing: int
    """The refusals that hold for every request."""
    start: datetime
    end: datetime
    levels: Mapping[tuple[str, ClaimPath], AccessLevel]
    """The level of every path that the grant names."""
    given: Mapping[tuple[str, AccessLevel], frozenset[ClaimPath]]
    """The named paths of a type that the grant gives at a level."""
    roots: frozenset[tuple[str, str | int | None]]
    """What the named paths of a type begin with."""

    @classmethod
    def of(cls, record: GrantRecord, standing: int) -> Self:
        """Work out what every decision about `record` needs."""
        grant = record.grant
        if grant.period.start is None or grant.period.end is None:
            raise MalformedError("a grant has a beginning and an end", at="/exp")
        levels = _levels(grant)
        return cls(
            record=record,
            purposes=frozenset[Purpose]().union(*(each.covered for each in grant.purposes)),
            standing=standing,
            start=grant.period.start,
            end=grant.period.end,
            levels=levels,
            given=_given(levels),
            roots=frozenset((vct, path[0]) for vct, path in levels),
        )

    def conditions(self, request: AccessRequest, *, at: datetime, max_staleness: timedelta) -> int:
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
        if record.last_used_at is not None:
            interval = record.grant.limits.interval
            if interval is not None and at - record.last_used_at < interval:
                found |= _USE_LIMIT
        return found

    def coverage(self, item: RequestedItem) -> int:
        """Return what of `item` the scope does not give; 0 if it gives all of it."""
        named = self.given.get((item.vct, item.access))
        found = 0
        for path in item.claims if named is None else item.claims - named:
            level = self._level(item.vct, path)
            if level is None:
                found |= _BEYOND_SCOPE
            elif level < item.access:
                found |= _LEVEL_EXCEEDED
        return found

    def _level(self, vct: str, path: ClaimPath) -> AccessLevel | None:
        """Return what `level_of` does, and mostly without walking through the scope."""
        level = self.levels.get((vct, path))
        if level is None and isinstance(path[0], str) and (vct, path[0]) not in self.roots:
            return None
        return level or level_of(self.record.grant.scope, vct, path)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentIndex:
    """Grants by recipient and by purpose, each list in the order in which grants are relied on.

    That order is: the one that lasts longest first, then by id. Two records about one grant are one
    grant told twice, and whatever either of them says against it counts for both.
    """

    entries: tuple[Entry, ...]
    by_recipient: Mapping[Did, tuple[Entry, ...]]
    by_purpose: Mapping[tuple[Did, Purpose], tuple[Entry, ...]]

    @classmethod
    def of(cls, records: Iterable[GrantRecord]) -> Self:
        """Lay out `records`; the order in which they come does not matter."""
        every = tuple(records)
        standing = _standing(every)
        entries = tuple(
            Entry.of(record, standing[record.grant.id or str(place)])
            for place, record in sorted(enumerate(every), key=_reliance)
        )
        by_recipient: defaultdict[Did, list[Entry]] = defaultdict(list)
        by_purpose: defaultdict[tuple[Did, Purpose], list[Entry]] = defaultdict(list)
        for entry in entries:
            recipient = entry.record.grant.recipient
            by_recipient[recipient].append(entry)
            for purpose in entry.purposes:
                by_purpose[recipient, purpose].append(entry)
        return cls(
            entries=entries,
            by_recipient=MappingProxyType({did: tuple(own) for did, own in by_recipient.items()}),
            by_purpose=MappingProxyType({key: tuple(own) for key, own in by_purpose.items()}),
        )


def _standing(records: tuple[GrantRecord, ...]) -> Mapping[str, int]:
    standing: defaultdict[str, int] = defaultdict(int)
    for place, record in enumerate(records):
        standing[record.grant.id or str(place)] |= _standing_of(record)
    return standing


def _standing_of(record: GrantRecord) -> int:
    found, end, uses = _OF_STATE[record.state], record.grant.period.end, record.grant.limits.uses
    # A clock that lags behind its own evidence gains no time by it.
    if record.known_at is not None and end is not None and record.known_at >= end:
        found |= _EXPIRED
    if uses is not None and record.uses >= uses:
        found |= _USE_LIMIT
    return found


def _reliance(numbered: tuple[int, GrantRecord]) -> tuple[int, str, bytes]:
    grant = numbered[1].grant
    end = 0 if grant.period.end is None else to_timestamp(grant.period.end)
    # Only grants that are in no log yet can be equal up to here.
    content = jcs.canonicalize(grant.to_json()) if grant.id is None else b""
    return -end, grant.id or "", content


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
        for level in AccessLevel:
            if level <= given:
                named[vct, level].add(path)
    return {key: frozenset(paths) for key, paths in named.items()}
