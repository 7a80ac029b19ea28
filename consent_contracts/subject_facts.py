"""What is known about a person whose consent it is: majority, capacity, death."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from consent_contracts.wire import MAX_LIST, as_moment, require_known, require_whole_seconds
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import Period, to_timestamp
from ssi_core.strict_json import as_array, as_object

_NONE: Final = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectFacts:
    """Established facts about one person; `None` is what could not be found out.

    `majority_at` is when they come or came of age, `incapacity` the periods in which they cannot
    decide for themselves (empty: there are none; an open end: it goes on). `is_living` says that no
    death is known to whoever would know.
    """

    majority_at: datetime | None = None
    incapacity: tuple[Period, ...] | None = None
    died_at: datetime | None = None
    is_living: bool = False

    def __post_init__(self) -> None:
        if self.is_living and self.died_at is not None:
            raise MalformedError("has died and is living", at="/subject/death")
        for moment in (self.majority_at, self.died_at):
            if moment is not None:
                require_whole_seconds(moment, at="/subject")
        if len(self.incapacity or ()) > MAX_LIST:
            raise MalformedError("must have at most 256 elements", at="/subject/incapacity")
        for period in self.incapacity or ():
            if period.start is None:
                raise MalformedError("incapacity has a beginning", at="/subject/incapacity")

    @property
    def is_complete(self) -> bool:
        """Whether all is known that a representative's authority can depend on."""
        return (
            self.majority_at is not None
            and self.incapacity is not None
            and (self.is_living or self.died_at is not None)
        )

    def has_died(self, at: datetime) -> bool:
        """Say whether the person is known to have died by then."""
        return self.died_at is not None and at >= self.died_at

    def incapacity_at(self, at: datetime) -> Period | None:
        """Return the period of incapacity that is known to hold at that moment."""
        return next((period for period in self.incapacity or () if at in period), None)

    @classmethod
    def parse(cls, value: JsonValue, *, at: str = "/subject") -> Self:
        """Read `{"majority"?, "incapacity"?: [{"nbf", "exp"?}], "death"?}`.

        Moments are NumericDates; `"death": "none"` is that no death is known.
        """
        source = as_object(value, at=at)
        require_known(source, ("majority", "incapacity", "death"), at=at)
        majority, death = source.get("majority"), source.get("death")
        return cls(
            majority_at=None if majority is None else as_moment(majority, at=f"{at}/majority"),
            incapacity=_periods(source["incapacity"], at=f"{at}/incapacity")
            if "incapacity" in source
            else None,
            died_at=None if death in (None, _NONE) else as_moment(death, at=f"{at}/death"),
            is_living=death == _NONE,
        )

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads, without what is not known."""
        members: dict[str, JsonValue] = {}
        if self.majority_at is not None:
            members["majority"] = to_timestamp(self.majority_at)
        if self.incapacity is not None:
            members["incapacity"] = [_render(period) for period in self.incapacity]
        if self.is_living:
            members["death"] = _NONE
        elif self.died_at is not None:
            members["death"] = to_timestamp(self.died_at)
        return members


NOTHING_KNOWN: Final = SubjectFacts()


def _periods(value: JsonValue, *, at: str) -> tuple[Period, ...]:
    found = []
    for number, item in enumerate(as_array(value, at=at)):
        where = f"{at}/{number}"
        source = as_object(item, at=where)
        require_known(source, ("nbf", "exp"), at=where)
        end = source.get("exp")
        found.append(
            Period(
                as_moment(source.get("nbf"), at=f"{where}/nbf"),
                None if end is None else as_moment(end, at=f"{where}/exp"),
            )
        )
    return tuple(found)


def _render(period: Period) -> JsonObject:
    named = {"nbf": period.start, "exp": period.end}
    return {name: to_timestamp(each) for name, each in named.items() if each is not None}
