"""Members of a message, taken out by type where they may also be absent."""

from collections.abc import Collection
from typing import Protocol, TypeVar

from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_array

T_co = TypeVar("T_co", covariant=True)


class Reader(Protocol[T_co]):
    """Reads one JSON value that stands at a JSON pointer; `as_text` is one."""

    def __call__(self, value: JsonValue, *, at: str) -> T_co:
        """Return the value as what it must be, or raise `MalformedError`."""
        ...


def others(source: JsonObject, known: Collection[str]) -> JsonObject:
    """Return the members of `source` that this toolkit does not understand, to be kept."""
    return {name: value for name, value in source.items() if name not in known}


def optional(source: JsonObject, name: str, read: Reader[T_co], *, at: str = "") -> T_co | None:
    """Return the member called `name`, read by `read`; nothing when it is absent."""
    return read(source[name], at=f"{at}/{name}") if name in source else None


def items(source: JsonObject, name: str, read: Reader[T_co], *, at: str = "") -> tuple[T_co, ...]:
    """Return the elements of the array called `name`, each read by `read`; none when absent."""
    place = f"{at}/{name}"
    values = as_array(source.get(name, ()), at=place)
    return tuple(read(value, at=f"{place}/{index}") for index, value in enumerate(values))


def present(**members: JsonValue) -> dict[str, JsonValue]:
    """Return those members that have a value: no null, no empty array, no empty object."""
    return {name: value for name, value in members.items() if value not in (None, (), [], {})}
