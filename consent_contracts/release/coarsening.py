"""The rules by which the elements of a record are made coarser, for level `sample`.

Each rule returns what may leave, or nothing; doing it twice changes nothing more.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from types import MappingProxyType
from typing import Final

from consent_contracts.release.elements import codings, token
from consent_contracts.release.keyed import ReleaseKey
from consent_contracts.release.moments import Moment
from consent_contracts.release.rules import KIND_SYSTEM, Elements, Quantity, Rules
from ssi_core.json_types import JsonObject, JsonValue

UCUM: Final = "http://unitsofmeasure.org"
_GRID_PARTS: Final = 10
_CATEGORY: Final = re.compile(r"[A-Z][0-9]{2}", re.ASCII)
_POSTAL: Final = re.compile(r"([0-9A-Z]{2})[0-9A-Z -]{2,8}", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Scene:
    """What a rule may look at beside the value: the object around it, the table and the key."""

    parent: JsonObject
    rules: Rules
    key: ReleaseKey


def coarsen(
    source: JsonObject, elements: Elements, *, rules: Rules, key: ReleaseKey
) -> JsonObject | None:
    """Return the elements of `source` that rules let out, made coarser; nothing if none is left."""
    left: dict[str, JsonValue] = {}
    for name, rule in elements.items():
        if name in source:
            found = _coarsened(source[name], rule, _Scene(source, rules, key))
            if found is not None:
                left[name] = found
    return left or None


def coarse_coding(coding: JsonObject, rules: Rules) -> JsonObject | None:
    """Return a coding that may leave: a code that may be named, its kind, or its category."""
    found = token(coding)
    if found is None:
        return None
    system, code = found
    if found in rules.quantities or code in rules.kept.get(system, ()):
        return {"system": system, "code": code}
    if kind := rules.kinds.get(found):
        return {"system": KIND_SYSTEM, "code": kind}
    if system == KIND_SYSTEM and code in rules.kind_names:
        return {"system": system, "code": code}
    category = code[: rules.cut.get(system, 0)]
    return {"system": system, "code": category} if _CATEGORY.fullmatch(category) else None


def quantity_of(parent: JsonObject, rules: Rules) -> Quantity | None:
    """Return the quantity that the `code` of an Observation or one of its components names."""
    found = (rules.quantities.get(token(each) or ("", "")) for each in codings(parent.get("code")))
    return next(filter(None, found), None)


def value_of(value: JsonValue, quantity: Quantity) -> Decimal | None:
    """Return the number of a Quantity in the unit of the table, if it lies within its bounds."""
    if not isinstance(value, Mapping) or value.get("comparator") is not None:
        return None
    number = value.get("value")
    if isinstance(number, bool) or not isinstance(number, int | float):
        return None
    if value.get("code") != quantity.unit or value.get("system") not in (None, UCUM):
        return None
    # Compared before it is converted: an integer in JSON may have a million digits.
    within = quantity.low - quantity.step <= number <= quantity.high + quantity.step
    return Decimal(str(number)) if within else None


def _coarsened(value: JsonValue, rule: str | Elements, scene: _Scene) -> JsonValue:
    if isinstance(value, Sequence) and not isinstance(value, str):
        # One array at most: FHIR has none in another, and a stranger's may go on for ever.
        every = (_single(item, rule, scene) for item in value)
        return [item for item in every if item is not None] or None
    return _single(value, rule, scene)


def _single(value: JsonValue, rule: str | Elements, scene: _Scene) -> JsonValue:
    if isinstance(rule, str):
        if words := scene.rules.words.get(rule.removeprefix("word:")):
            return value if isinstance(value, str) and value in words else None
        return _BY_RULE[rule](value, scene)
    if not isinstance(value, Mapping):
        return None
    return coarsen(value, rule, rules=scene.rules, key=scene.key)


def _month(value: JsonValue, _: _Scene) -> JsonValue:
    moment = Moment.read(value)
    return None if moment is None else str(moment)


def _year(value: JsonValue, _: _Scene) -> JsonValue:
    moment = Moment.read(value)
    return None if moment is None else f"{moment.year:04}"


def _flag(value: JsonValue, _: _Scene) -> JsonValue:
    return value if isinstance(value, bool) else None


def _concept(value: JsonValue, scene: _Scene) -> JsonValue:
    rules = scene.rules
    if not isinstance(value, Mapping):
        return None
    if "coding" not in value:
        return coarse_coding(value, rules)
    found = [each for coding in codings(value) if (each := coarse_coding(coding, rules))]
    once = [each for place, each in enumerate(found) if each not in found[:place]]
    return {"coding": once} if once else None


def _quantity(value: JsonValue, scene: _Scene) -> JsonValue:
    quantity = quantity_of(scene.parent, scene.rules)
    number = None if quantity is None else value_of(value, quantity)
    if quantity is None or number is None:
        return None
    snapped = _snap(number, quantity, scene.key)
    if not quantity.low <= snapped <= quantity.high:
        return None
    plain = int(snapped) if snapped == snapped.to_integral_value() else float(snapped)
    return {"value": plain, "unit": quantity.unit, "system": UCUM, "code": quantity.unit}


def _snap(number: Decimal, quantity: Quantity, key: ReleaseKey) -> Decimal:
    """Return the nearest point of a grid whose place the key decides: off by half a step at most.

    The grid is the same for all values of the quantity and under all grants. Were it another one
    under each grant, the values that they give would close in on the true one.
    """
    part = key.number("grid", quantity.name, quantity.unit, below=_GRID_PARTS)
    offset = quantity.step * part / _GRID_PARTS
    steps = ((number - offset) / quantity.step + Decimal("0.5")).to_integral_value(ROUND_FLOOR)
    return offset + steps * quantity.step


def _postal(value: JsonValue, _: _Scene) -> JsonValue:
    """Return the first two characters, where no more than these can be told apart."""
    if not isinstance(value, str):
        return None
    match = _POSTAL.fullmatch(value)
    return match[1] if match else value if re.fullmatch("[0-9A-Z]{2}", value, re.ASCII) else None


_BY_RULE: Final[Mapping[str, Callable[[JsonValue, _Scene], JsonValue]]] = MappingProxyType(
    {
        "month": _month,
        "year": _year,
        "coding": _concept,
        "quantity": _quantity,
        "postal": _postal,
        "flag": _flag,
    }
)
