"""A patient's grants laid out so that many requests can be decided quickly.

The index holds no decision: it narrows down which grants can matter, and keeps with each of them
what does not change from request to request.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self, TypeAlias, TypeVar

from consent_contracts.access_request import AccessRequest
from consent_contracts.context import Context
from consent_contracts.entry import Entry, standing_of
from consent_contracts.grant import Effect, Grant
from consent_contracts.purpose import Purpose
from consent_contracts.recipient import Accreditation
from consent_contracts.record import GrantRecord
from ssi_core import jcs
from ssi_core.did.syntax import Did
from ssi_core.period import to_timestamp

Party: TypeAlias = Did | Accreditation

_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentIndex:
    """Permissions by party and by purpose, each list in the order in which they are relied on.

    That order is: the one that lasts longest first, then by id. Two records about one grant are one
    grant told twice, and whatever either of them says against it counts for both. Objections stand
    apart, by purpose.
    """

    entries: tuple[Entry, ...]
    by_party: Mapping[Party, tuple[Entry, ...]]
    by_purpose: Mapping[tuple[Party, Purpose], tuple[Entry, ...]]
    objections: Mapping[Purpose, tuple[Entry, ...]]

    @classmethod
    def of(cls, records: Iterable[GrantRecord]) -> Self:
        """Lay out `records`; the order in which they come does not matter."""
        every = tuple(records)
        standing = _standing(every)
        entries = [
            Entry.of(record, standing[record.grant.id or str(place)], order=order)
            for order, (place, record) in enumerate(sorted(enumerate(every), key=_reliance))
        ]
        permits = [each for each in entries if each.record.grant.effect is Effect.PERMIT]
        by_party: defaultdict[Party, list[Entry]] = defaultdict(list)
        by_purpose: defaultdict[tuple[Party, Purpose], list[Entry]] = defaultdict(list)
        objections: defaultdict[Purpose, list[Entry]] = defaultdict(list)
        for entry in permits:
            party = entry.record.grant.recipient.party
            if party is not None:
                by_party[party].append(entry)
                for purpose in entry.purposes:
                    by_purpose[party, purpose].append(entry)
        for entry in entries:
            if entry.record.grant.effect is Effect.DENY:
                for purpose in entry.purposes:
                    objections[purpose].append(entry)
        return cls(
            entries=tuple(permits),
            by_party=_frozen(by_party),
            by_purpose=_frozen(by_purpose),
            objections=_frozen(objections),
        )

    def of_purpose(self, parties: tuple[Party, ...], purpose: Purpose) -> tuple[Entry, ...]:
        """Return the permissions to any of `parties` for `purpose`, in order."""
        if len(parties) == 1:
            return self.by_purpose.get((parties[0], purpose), ())
        return _merged(self.by_purpose.get((party, purpose), ()) for party in parties)

    def of_parties(self, parties: tuple[Party, ...]) -> tuple[Entry, ...]:
        """Return the permissions to any of `parties`, in order."""
        if len(parties) == 1:
            return self.by_party.get(parties[0], ())
        return _merged(self.by_party.get(party, ()) for party in parties)


def parties_of(request: AccessRequest, context: Context) -> tuple[Party, ...]:
    """Return everything as which the one who asks may be meant."""
    if request.actor is None and not context.accreditations:
        return (request.recipient,)
    actor = () if request.actor is None else (request.actor,)
    return tuple(dict.fromkeys((request.recipient, *actor, *context.accreditations)))


def _merged(lists: Iterable[tuple[Entry, ...]]) -> tuple[Entry, ...]:
    every = (entry for entries in lists for entry in entries)
    return tuple(sorted(every, key=lambda entry: entry.order))


def _frozen(lists: Mapping[_Key, list[Entry]]) -> Mapping[_Key, tuple[Entry, ...]]:
    return MappingProxyType({key: tuple(entries) for key, entries in lists.items()})


def _standing(records: tuple[GrantRecord, ...]) -> Mapping[str, int]:
    standing: defaultdict[str, int] = defaultdict(int)
    for place, record in enumerate(records):
        standing[record.grant.id or str(place)] |= standing_of(record)
    return standing


def _reliance(numbered: tuple[int, GrantRecord]) -> tuple[int, str, bytes]:
    grant: Grant = numbered[1].grant
    end = 0 if grant.period.end is None else to_timestamp(grant.period.end)
    # Only grants that are in no log yet can be equal up to here.
    content = jcs.canonicalize(grant.to_json()) if grant.id is None else b""
    return -end, grant.id or "", content
