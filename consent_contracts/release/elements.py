"""The elements of resources and claims that rules look at, taken out leniently.

What does not have the shape that FHIR gives it is as if it were not there.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from consent_contracts.release.moments import Moment
from ssi_core.json_types import JsonObject, JsonValue

# Where resources have their time; with a bar, two elements that make a span.
_TIMES: Final = (
    "effectiveDateTime",
    "effectivePeriod",
    "effectiveInstant",
    "onsetDateTime/abatementDateTime",
    "onsetPeriod",
    "performedDateTime",
    "performedPeriod",
    "occurrenceDateTime",
    "occurrencePeriod",
    "period",
    "billablePeriod",
    "started",
    "authoredOn",
    "recordedDate",
    "issued",
    "date",
    "created",
)


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


def every_coding(value: JsonValue) -> Iterator[tuple[str, str]]:
    """Yield system and code of whatever in `value` has both, at any depth."""
    waiting: list[JsonValue] = [value]
    while waiting:
        node = waiting.pop()
        # Most nodes are plain text; asking those first halves the time.
        if isinstance(node, str | int | float | None):
            continue
        if isinstance(node, Mapping):
            if "code" in node and (found := token(node)):
                yield found
            waiting.extend(node.values())
        else:
            waiting.extend(node)


def when(source: JsonObject, names: Sequence[str] = ()) -> When | None:
    """Return the time that the first of `names` tells, as a date or as a Period.

    Without names those of resources. Everything that looks at the time of a record asks here: what
    is judged by one element, and told by another, would tell what was not judged.
    """
    for name in names or _TIMES:
        first, _, last = name.partition("/")
        if first not in source:
            continue
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
