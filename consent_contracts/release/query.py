"""What a recipient asks a holder of records for: types of records, and years.

It cannot be told more exactly. Answers to exact windows could be subtracted from each other: a
window that is moved by a day, and an answer that changes, tell on which day something was.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from consent_contracts.access import AccessLevel
from consent_contracts.health_record import require_resource_type
from consent_contracts.release.description import year_of
from consent_contracts.release.rules import Rules
from consent_contracts.wire import MAX_LIST
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject

_YEARS = (1800, 2199)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordQuery:
    """Records of some types from some whole years, at one level.

    `through_year` is inside. Without years, records of any time, and those of none (a Patient).
    """

    resource_types: frozenset[str]
    access: AccessLevel
    from_year: int | None = None
    through_year: int | None = None

    def __post_init__(self) -> None:
        if not 0 < len(self.resource_types) <= MAX_LIST:
            raise MalformedError("a query names between 1 and 256 types", at="/resource_types")
        for each in self.resource_types:
            require_resource_type(each, at="/resource_types")
        if self.access is AccessLevel.NONE:
            raise MalformedError("a query asks for more than nothing", at="/access")
        if (self.from_year is None) != (self.through_year is None):
            raise MalformedError("years are given by both ends", at="/through_year")
        if self.from_year is not None and self.through_year is not None:
            first, last = _YEARS
            if not first <= self.from_year <= self.through_year <= last:
                raise MalformedError("not years in which records are", at="/from_year")

    def require_blocks(self, rules: Rules) -> None:
        """Refuse a question for descriptors that is not about whole blocks of years."""
        if self.access is not AccessLevel.INFORMATION or self.from_year is None:
            return
        last = self.through_year or self.from_year
        if rules.block(self.from_year)[0] != self.from_year or rules.block(last)[1] != last:
            raise MalformedError("descriptors are about whole blocks of years", at="/from_year")

    def select(self, held: Sequence[JsonObject]) -> tuple[JsonObject, ...]:
        """Return those of `held` that are asked for."""
        return tuple(resource for resource in held if self.asks_for(resource))

    def asks_for(self, resource: JsonObject) -> bool:
        """Say whether `resource` is of a type and of a year that are asked for."""
        if resource.get("resourceType") not in self.resource_types:
            return False
        if self.from_year is None or self.through_year is None:
            return True
        year = year_of(resource)
        return year is not None and self.from_year <= year <= self.through_year
