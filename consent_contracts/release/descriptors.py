"""Level `information`: which kinds of records there are, in coarse steps, and no value.

Records are counted in cells: one type, one kind, one block of years. From each cell a few records
are left out, none or up to three, as the release key says, and all that is told is told of the
rest: count, range, distribution and trend cannot be played off against each other to find out how
many were left out. What holds too few after that is not described.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median_low
from typing import Final

from consent_contracts.release.coarsening import coarse_coding, quantity_of, value_of
from consent_contracts.release.elements import codings, objects, when
from consent_contracts.release.keyed import ReleaseKey
from consent_contracts.release.rules import Quantity, Rules
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import Period

OTHER: Final = "other"
RISING, FALLING, STEADY = "rising", "falling", "steady"
MOST, SOME = "most", "some"
_PLACES: Final = 2**64
_VALUES: Final = ("valueQuantity", "value")
_COMPONENTS: Final = ("component", "values")


@dataclass(frozen=True, slots=True)
class Measured:
    """In which bucket of a quantity a value lies, and when it was measured."""

    quantity: Quantity
    bucket: int
    span: Period


@dataclass(frozen=True, slots=True)
class Told:
    """What descriptors may use of one record, and by which id it is left out or not."""

    id: str
    type: str
    kind: str
    first_year: int
    measured: tuple[Measured, ...]


def tell(source: JsonObject, type_name: str, *, record_id: str, rules: Rules) -> Told | None:
    """Return what may be told of one record; nothing if no rule knows its type, or it has no time.

    `source` is a resource, or the claims of a credential of type `type_name`; `record_id` is what
    it is known by, whatever part of it is asked for.
    """
    type_rules = rules.types.get(type_name)
    found = None if type_rules is None else when(source, type_rules.when)
    if type_rules is None or found is None:
        return None
    components = [each for name in _COMPONENTS for each in objects(source.get(name))]
    measured = (
        each
        for part in (source, *components)
        if (each := _measured(part, found.first.span, rules)) is not None
    )
    return Told(
        record_id,
        type_name,
        _kind(source, type_rules.kind, rules),
        rules.block(found.first.year)[0],
        tuple(measured),
    )


def describe_cells(told: Iterable[Told], *, rules: Rules, key: ReleaseKey) -> JsonObject:
    """Return the descriptors: the cells that hold enough, and what is said of all others."""
    cells: defaultdict[tuple[str, str, int], list[Told]] = defaultdict(list)
    # Told twice, a record is still one.
    for each in {(one.type, one.id): one for one in told}.values():
        cells[each.type, each.kind, each.first_year].append(each)
    described = [
        cell
        for name in sorted(cells)
        if (cell := _cell(name, cells[name], rules=rules, key=key)) is not None
    ]
    return {"cells": described, "any_other": rules.few}


def step_of(number: int, rules: Rules) -> int | None:
    """Return the highest step of the table that `number` reaches, if it reaches any."""
    return max((step for step in rules.counts if step <= number), default=None)


def _cell(
    name: tuple[str, str, int], told: Sequence[Told], *, rules: Rules, key: ReleaseKey
) -> JsonObject | None:
    type_name, kind, first = name
    left_out = key.number("cell", type_name, kind, str(first), below=rules.cell_noise + 1)
    rest = sorted(told, key=lambda each: (key.number("place", each.id, below=_PLACES), each.id))
    rest = rest[left_out:]
    if len(rest) < rules.smallest_cell:
        return None
    series: defaultdict[str, list[Measured]] = defaultdict(list)
    for each in rest:
        # One value of each record, or five values of one record would count as five records.
        for quantity, measured in {one.quantity.name: one for one in each.measured}.items():
            series[quantity].append(measured)
    described = [found for _, values in sorted(series.items()) if (found := _values(values, rules))]
    cell: dict[str, JsonValue] = {
        "type": type_name,
        "kind": kind,
        "from": first,
        "through": first + rules.block_years - 1,
        "at_least": step_of(len(rest), rules),
    }
    return {**cell, "measured": described} if described else cell


def _values(values: Sequence[Measured], rules: Rules) -> JsonObject | None:
    """Return range, distribution and trend over the buckets that hold enough values."""
    quantity = values[0].quantity
    numbers = Counter(each.bucket for each in values)
    enough = {
        bucket: number
        for bucket, number in sorted(numbers.items())
        if number >= rules.smallest_cell
    }
    if not enough:
        return None
    distribution: list[JsonValue] = [
        {
            "from": quantity.edges[bucket],
            "to": quantity.edges[bucket + 1],
            "share": MOST if number * 2 > len(values) else SOME,
        }
        for bucket, number in enough.items()
    ]
    return {
        "quantity": quantity.name,
        "unit": quantity.unit,
        "range": {
            "from": quantity.edges[min(enough)],
            "to": quantity.edges[max(enough) + 1],
        },
        "distribution": distribution,
        "trend": _trend(values),
    }


def _trend(values: Sequence[Measured]) -> str:
    """Compare the bucket in the middle of the earlier half with that of the later half."""
    ordered = [each.bucket for each in sorted(values, key=_order)]
    half = len(ordered) // 2
    before, after = median_low(ordered[:half]), median_low(ordered[-half:])
    if before == after:
        return STEADY
    return RISING if before < after else FALLING


def _order(measured: Measured) -> tuple[float, int]:
    start = measured.span.start
    return (0.0 if start is None else start.timestamp()), measured.bucket


def _measured(part: JsonObject, span: Period, rules: Rules) -> Measured | None:
    quantity = quantity_of(part, rules)
    if quantity is None:
        return None
    for name in _VALUES:
        number = value_of(part.get(name), quantity)
        if number is not None:
            below = sum(edge <= number for edge in quantity.edges)
            return Measured(quantity, below - 1, span) if 0 < below < len(quantity.edges) else None
    return None


def _kind(source: JsonObject, name: str | None, rules: Rules) -> str:
    """Return what the record is about: a quantity, a kind, or a code that may be named."""
    for coding in codings(source.get(name)) if name else ():
        named = rules.quantities.get((str(coding.get("system")), str(coding.get("code"))))
        if named is not None:
            return named.name
        coarse = coarse_coding(coding, rules)
        if coarse is not None and coarse["system"] not in rules.cut:
            return str(coarse["code"])
    return OTHER
