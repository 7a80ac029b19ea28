"""How far a grant or a delegation reaches: whose data, for what, which of it, and when."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from consent_contracts.grant import Grant
from consent_contracts.purpose import Purpose
from consent_contracts.record_scope import RecordScope, is_record_scope_within
from consent_contracts.scope import Scope, is_within
from consent_contracts.wire import SECOND
from ssi_core.json_types import JsonValue
from ssi_core.period import Period


@dataclass(frozen=True, slots=True)
class Claimed:
    """Claims and records, each at a level: what a scope speaks of."""

    claims: Scope = ()
    records: tuple[RecordScope, ...] = ()

    def to_json(self) -> list[JsonValue]:
        """Return the items, those of claims first."""
        return [
            *(item.to_json() for item in self.claims),
            *(each.to_json() for each in self.records),
        ]

    def is_within(self, other: "Claimed") -> bool:
        """Say whether `other` plainly gives all that this gives, at the same levels or more."""
        return is_within(self.claims, other.claims) and is_record_scope_within(
            self.records, other.records
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """Keys, purposes with all that lies below them, a scope (`None` is everything), a period."""

    holder_keys: frozenset[str]
    purposes: frozenset[Purpose]
    scope: Claimed | None
    period: Period

    @classmethod
    def of_grant(cls, grant: Grant) -> Self:
        """Return how far `grant` reaches."""
        return cls(
            holder_keys=grant.holder_keys,
            purposes=grant.covered_purposes,
            scope=Claimed(grant.scope, grant.records),
            period=grant.period,
        )

    def is_within(self, other: "Extent") -> bool:
        """Say whether nothing of this lies plainly outside `other`."""
        return (
            self.holder_keys <= other.holder_keys
            and self.purposes <= other.purposes
            and (
                other.scope is None
                or (self.scope is not None and self.scope.is_within(other.scope))
            )
            and other.period.covers(self.period)
        )

    def at(self, moment: datetime) -> "Extent":
        """Return the same for this one second: what an act now, about what may last, comes to."""
        return replace(self, period=Period(moment, moment + SECOND))
