"""Members that the terms of several contracts have."""

from consent_contracts.access_request import RequestedItem
from consent_contracts.wire import as_list, as_moment, require_known
from ssi_core.json_types import JsonValue
from ssi_core.period import Period
from ssi_core.strict_json import as_object


def parse_period(value: JsonValue, *, at: str) -> Period:
    """Read `{"nbf", "exp"}`, NumericDates of which the second is outside."""
    source = as_object(value, at=at)
    require_known(source, ("nbf", "exp"), at=at)
    return Period(
        as_moment(source.get("nbf"), at=f"{at}/nbf"), as_moment(source.get("exp"), at=f"{at}/exp")
    )


def parse_items(value: JsonValue, *, at: str) -> tuple[RequestedItem, ...]:
    """Read an array, not empty, of what is asked for."""
    return tuple(RequestedItem.parse(each, at=pointer) for each, pointer in as_list(value, at=at))
