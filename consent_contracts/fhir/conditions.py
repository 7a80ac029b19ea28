"""The conditions of one provision: to whom, why, when, and which records or claims."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType

from consent_contracts.access import AccessLevel
from consent_contracts.health_record import CONFIDENTIALITY
from consent_contracts.purpose import Purpose
from consent_contracts.recipient import Recipient
from consent_contracts.record_scope import RecordScope
from consent_contracts.scope import Scope
from ssi_core.errors import DataLossError
from ssi_core.period import Period

# Sets of one record scope, by the names that they have there.
Sets = Mapping[str, frozenset[str]]

NO_SETS: Sets = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Actions:
    """What may be done beyond seeing and using: hand it on, and keep it."""

    disclose: bool
    collect: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What a provision states; `None` is what it leaves to the provision around it.

    `data` are alternatives of which a record meets one. `claims` stand in the place of records.
    """

    recipients: tuple[Recipient, ...] | None = None
    purposes: frozenset[Purpose] | None = None
    validity: Period | None = None
    actions: Actions | None = None
    resource_types: frozenset[str] | None = None
    categories: frozenset[str] | None = None
    codes: frozenset[str] | None = None
    labels: frozenset[str] | None = None
    data_period: Period | None = None
    data: tuple[Sets, ...] | None = None
    access: AccessLevel | None = None
    claims: Scope | None = None

    @property
    def speaks_of_records(self) -> bool:
        """Whether there is a condition on records."""
        return any(getattr(self, name) is not None for name in _OF_RECORDS)

    def within(self, outer: "Conditions", *, alone: bool) -> "Conditions":
        """Return these with what they leave to `outer`; if `alone`, not its records and claims."""
        left = _OF_CIRCUMSTANCES if alone or self.claims is not None else _ALL
        if outer.claims is not None and self.speaks_of_records:
            left = _OF_CIRCUMSTANCES
        found = {
            name: getattr(self, name)
            if getattr(self, name) is not None or name not in left
            else getattr(outer, name)
            for name in _ALL
        }
        return Conditions(**found)

    def unlike(self, other: "Conditions") -> "Conditions":
        """Return the conditions on purposes and records that `other` does not have as they are."""
        names = ("purposes", *_OF_RECORDS)
        found = {name: getattr(self, name) for name in names}
        return Conditions(
            **{name: each for name, each in found.items() if each != getattr(other, name)}
        )

    def without_ladder(self) -> "Conditions":
        """Return these without labels that say how confidential a record is, if there are any.

        In a permission they stand for what is less confidential, and in a denial for what is more,
        so neither takes them over from the other.
        """
        return replace(self, labels=None) if self.has_ladder else self

    @property
    def has_ladder(self) -> bool:
        """Whether a label says how confidential a record is."""
        return any(each.startswith(f"{CONFIDENTIALITY}|") for each in self.labels or ())

    def records(self, default: AccessLevel, *, at: str) -> tuple[RecordScope, ...]:
        """Return the records spoken of, at the level stated here or else `default`."""
        if self.claims is not None:
            return ()
        level = default if self.access is None else self.access
        return tuple(self._scope(each, level, at=at) for each in self.data or (NO_SETS,))

    def _scope(self, data: Sets, level: AccessLevel, *, at: str) -> RecordScope:
        stated = {name: getattr(self, name) for name in _SETS if getattr(self, name) is not None}
        types, wanted = stated.get("resource_types"), data.get("resource_types")
        if types is not None and wanted is not None and not wanted <= types:
            raise DataLossError("a record that is of none of the types named", at=f"{at}/data")
        return RecordScope(access=level, data_period=self.data_period, **{**stated, **data})


_SETS = ("resource_types", "categories", "codes", "labels")
_OF_RECORDS = (*_SETS, "data_period", "data")
_OF_CIRCUMSTANCES = ("recipients", "purposes", "validity", "actions")
_ALL = tuple(each.name for each in fields(Conditions))
