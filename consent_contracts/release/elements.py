"""The elements of resources and claims that rules look at, taken out leniently.

What does not have the shape that FHIR gives it is as if it were not there.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from consent_contracts.release.moments import Moment
from ssi_core.json_types import JsonObject, JsonValue

MAX_DEPTH: Final = 64


@dataclass(frozen=True, slots=True)
class When:
    """What a record is about in time; an end that is `None` is not there yet."""

    first: Moment
    last: Moment | None


def objects(value: JsonValue) -> tuple[JsonObject, ...]:
    """Return the objects that `value` is: itself, or its elements."""
    if isinstance(value, Mapping):
        return (value,)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(item for item in value if isinstance(item, Mapping))
    return ()


def codings(value: JsonValue) -> tuple[JsonObject, ...]:
    """Return the codings of CodeableConcepts, Codings, or arrays of either."""
    return tuple(
        coding
        for item in objects(value)
        for coding in (objects(item["coding"]) if "coding" in item else (item,))
    )


def token(coding: JsonObject) -> tuple[str, str] | None:
    """Return system and code of a coding that has both."""
    system, code = coding.get("system"), coding.get("code")
    return (system, code) if isinstance(system, str) and isinstance(code, str) else None


def every_coding(value: JsonValue, *, depth: int = MAX_DEPTH) -> Iterator[tuple[str, str]]:
    """Yield system and code of whatever in `value` has both, at any depth."""
    if isinstance(value, Mapping):
        if found := token(value):
            yield found
        inner: Sequence[JsonValue] = tuple(value.values())
    elif isinstance(value, Sequence) and not isinstance(value, str):
        inner = value
    else:
        return
    for item in inner if depth else ():
        yield from every_coding(item, depth=depth - 1)


def when(source: JsonObject, names: Sequence[str]) -> When | None:
    """Return the time that the first of `names` tells, as a date or as a Period.

    A name `start/end` is of two dates that stand apart, of which the end may be missing.
    """
    for name in names:
        first, _, last = name.partition("/")
        if last:
            found = _span(source.get(first), source.get(last), last in source)
        elif isinstance(period := source.get(name), Mapping):
            found = _span(period.get("start"), period.get("end"), "end" in period)
        else:
            moment = Moment.read(source.get(name))
            found = None if moment is None else When(moment, moment)
        if found is not None:
            return found
    return None


def _span(start: JsonValue, end: JsonValue, has_end: bool) -> When | None:  # noqa: FBT001
    first, last = Moment.read(start), Moment.read(end)
    if first is None or (has_end and last is None):
        return None
    if last is not None and (last.year, last.month or 12) < (first.year, first.month or 1):
        return None
    return When(first, last)
