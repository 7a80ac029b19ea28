"""The delegations that are known, and the way from representatives to where they come from."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Self, TypeAlias

from consent_contracts.delegation import DelegationRecord
from consent_contracts.extent import Extent
from consent_contracts.grantor import Grantor
from consent_contracts.refusal import Refusal
from consent_contracts.wire import MAX_LIST
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonValue
from ssi_core.strict_json import as_array

MAX_CHAIN: Final = 8
"""How many delegations may stand one above the other."""

_Told: TypeAlias = Mapping[tuple[str, str], tuple[Extent, tuple[DelegationRecord, ...]]]


@dataclass(frozen=True, slots=True)
class Link:
    """One delegation of a chain: who relied on it, how far it reaches, all that was told of it."""

    agreed: frozenset[str]
    reach: Extent
    records: tuple[DelegationRecord, ...]

    @property
    def record(self) -> DelegationRecord:
        """Any of the records; they are about the same delegation."""
        return self.records[0]


@dataclass(frozen=True, slots=True)
class Chain:
    """The delegations behind an act, the nearest first, and what is wrong with the way up."""

    links: tuple[Link, ...]
    refusals: frozenset[Refusal]


@dataclass(frozen=True, slots=True)
class Delegations:
    """Records of delegations; one that is told twice counts with all that either says against it.

    One that is not among them is one that could not be found out.
    """

    records: tuple[DelegationRecord, ...] = ()
    _told: _Told = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.records) > MAX_LIST:
            raise MalformedError("must have at most 256 elements", at="/context/delegations")
        told: defaultdict[tuple[str, str], list[DelegationRecord]] = defaultdict(list)
        for record in self.records:
            same = told[record.delegation.log, record.delegation.id or ""]
            if same and same[0].delegation != record.delegation:
                raise MalformedError("two delegations have one id", at="/context/delegations")
            same.append(record)
        frozen = MappingProxyType(
            {key: (each[0].delegation.extent, tuple(each)) for key, each in told.items()}
        )
        object.__setattr__(self, "_told", frozen)

    @classmethod
    def parse(cls, value: JsonValue, *, at: str) -> Self:
        """Read an array of records; it may be empty."""
        items = as_array(value, at=at)
        return cls(
            tuple(DelegationRecord.parse(item, at=f"{at}/{n}") for n, item in enumerate(items))
        )

    def to_json(self) -> list[JsonValue]:
        """Return the form that `parse` reads."""
        return [record.to_json() for record in self.records]

    def chain(self, grantor: Grantor, *, log: str) -> Chain:
        """Return what stands behind `grantor` in `log`, as far up as it is known and is a way."""
        links: list[Link] = []
        seen: set[str] = set()
        above: object = grantor
        while isinstance(above, Grantor):
            if above.delegation in seen:
                return Chain(tuple(links), frozenset({Refusal.CIRCULAR_AUTHORITY}))
            if len(links) == MAX_CHAIN:
                return Chain(tuple(links), frozenset({Refusal.BEYOND_AUTHORITY}))
            found = self._told.get((log, above.delegation))
            if found is None:
                return Chain(tuple(links), frozenset({Refusal.AUTHORITY_UNKNOWN}))
            seen.add(above.delegation)
            links.append(Link(above.keys, *found))
            above = found[1][0].delegation.basis
        return Chain(tuple(links), frozenset())


NO_DELEGATIONS: Final = Delegations()
