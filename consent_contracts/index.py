"""A patient's grants laid out so that many requests can be decided quickly.

The index holds no decision: it narrows down which grants can matter, and keeps with each of them
what does not change from request to request.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Self, TypeAlias, TypeVar

from consent_contracts.access_request import AccessRequest
from consent_contracts.context import Context
from consent_contracts.entry import Entry, standing_of
from consent_contracts.grant import Effect
from consent_contracts.purpose import Purpose
from consent_contracts.recipient import Accreditation
from consent_contracts.record import GrantRecord
from consent_contracts.refusal import BIT, Refusal
from consent_contracts.summary import Summary
from ssi_core import jcs
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError
from ssi_core.period import to_timestamp

Party: TypeAlias = Did | Accreditation

_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentIndex:
    """Permissions by party and by purpose, each list in the order in which they are relied on.

    That order is: the one that lasts longest first, then by id. Two records about one grant are one
    grant told twice, and whatever either of them says against it counts for both; a grant that
    another one supersedes is superseded, whatever is known about its state. Objections stand apart.
    """

    entries: tuple[Entry, ...]
    everything: Summary
    by_party: Mapping[Party | None, Summary]
    by_purpose: Mapping[tuple[Party | None, Purpose], tuple[Entry, ...]]
    classes: tuple[Accreditation, ...]
    """The classes of parties that any of the grants speaks to."""
    objecting: tuple[Entry, ...]
    objections: Mapping[tuple[Party | None, Purpose], tuple[Entry, ...]]

    @classmethod
    def of(cls, records: Iterable[GrantRecord]) -> Self:
        """Lay out `records`; the order in which they come does not matter."""
        every = sorted(records, key=_reliance)
        entries = [
            Entry.of(record, order=order, standing=standing, last_used_at=last_used_at)
            for order, (record, (standing, last_used_at)) in enumerate(
                zip(every, _evidence(every), strict=True)
            )
        ]
        permits = [each for each in entries if each.record.grant.effect is Effect.PERMIT]
        objections = [each for each in entries if each.record.grant.effect is Effect.DENY]
        return cls(
            entries=tuple(permits),
            everything=Summary(tuple(permits)),
            by_party=MappingProxyType(
                {
                    party: Summary(own)
                    for party, own in _grouped((each.party, each) for each in permits).items()
                }
            ),
            by_purpose=_grouped(
                ((entry.party, purpose), entry) for entry in permits for purpose in entry.purposes
            ),
            classes=tuple(
                {each.party: None for each in entries if isinstance(each.party, Accreditation)}
            ),
            objecting=tuple(objections),
            objections=_grouped(
                ((entry.party, purpose), entry)
                for entry in objections
                for purpose in entry.purposes
            ),
        )

    def of_purpose(self, parties: tuple[Party, ...], purpose: Purpose) -> tuple[Entry, ...]:
        """Return the permissions to any of `parties` for `purpose`, in order."""
        if len(parties) == 1:
            return self.by_purpose.get((parties[0], purpose), ())
        return _merged(self.by_purpose.get((party, purpose), ()) for party in parties)

    def parties(self, request: AccessRequest, context: Context) -> tuple[Party, ...]:
        """Return everything as which the one who asks is meant, or may be."""
        accredited = self.classes if context.accreditations is None else context.accreditations
        if request.actor is None and not accredited:
            return (request.recipient,)
        actor = () if request.actor is None else (request.actor,)
        return tuple(dict.fromkeys((request.recipient, *actor, *accredited)))

    def objections_of(self, parties: tuple[Party, ...], purpose: Purpose) -> Iterator[Entry]:
        """Yield the objections to any of `parties`, and to anyone, for `purpose`."""
        for party in (*parties, None) if self.objections else ():
            yield from self.objections.get((party, purpose), ())


def _merged(lists: Iterable[tuple[Entry, ...]]) -> tuple[Entry, ...]:
    every = (entry for entries in lists for entry in entries)
    return tuple(sorted(every, key=lambda entry: entry.order))


def _grouped(pairs: Iterable[tuple[_Key, Entry]]) -> Mapping[_Key, tuple[Entry, ...]]:
    lists: defaultdict[_Key, list[Entry]] = defaultdict(list)
    for key, entry in pairs:
        lists[key].append(entry)
    return MappingProxyType({key: tuple(entries) for key, entries in lists.items()})


def _evidence(records: Sequence[GrantRecord]) -> Iterator[tuple[int, datetime | None]]:
    """Yield what all of `records` together say against each one's grant, and its last use."""
    superseded = {(each.grant.log, each.grant.supersedes) for each in records}
    told: defaultdict[tuple[str, str], list[GrantRecord]] = defaultdict(list)
    for record in records:
        if record.grant.id is not None:
            told[record.grant.log, record.grant.id].append(record)
    for record in records:
        grant = record.grant
        same = [record] if grant.id is None else told[grant.log, grant.id]
        if any(each.grant is not grant and each.grant != grant for each in same):
            raise MalformedError("two grants have one id", at="/grant_id")
        standing = 0
        for each in same:
            standing |= standing_of(each)
        if grant.id is not None and (grant.log, grant.id) in superseded:
            standing |= BIT[Refusal.SUPERSEDED]
        used = [each.last_used_at for each in same if each.last_used_at is not None]
        yield standing, max(used, default=None)


def _reliance(record: GrantRecord) -> tuple[int, str, str, bytes]:
    grant = record.grant
    end = 0 if grant.period.end is None else to_timestamp(grant.period.end)
    # Only grants that are in no log yet can be equal up to here.
    content = jcs.canonicalize(grant.to_json()) if grant.id is None else b""
    return -end, grant.id or "", grant.log, content
