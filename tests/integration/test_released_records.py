"""What leaves of 44 synthetic patients at `information` and `sample`, searched."""

import json
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from consent_contracts.access import AccessLevel
from consent_contracts.release.rules import KIND_SYSTEM
from tests.support.released import FULL, INFORMATION, SAMPLE, answer, cells_of, leaves
from tests.support.spellings import found_in, plain

# Read here once more, as plain data, so that a mistake in reading the table is found.
TABLE = json.loads(resources.files("consent_contracts.release").joinpath("table.json").read_bytes())
QUANTITIES = [each for codes in TABLE["quantities"].values() for each in codes.values()]
WORDS = {
    *("information", "sample", "rising", "falling", "steady", "most", "some", "other"),
    *("fewer than 8", "SUBSETTED", KIND_SYSTEM, "http://unitsofmeasure.org"),
    "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    *TABLE["types"],
    *(word for words in TABLE["words"].values() for word in words),
    *(code for codes in TABLE["kept"].values() for code in codes),
    *(kind for kinds in TABLE["kinds"].values() for kind in kinds.values()),
    *(each["name"] for each in QUANTITIES),
    *(each["unit"] for each in QUANTITIES),
}
CODES = {
    *TABLE["kept"],
    *TABLE["quantities"],
    *(code for codes in TABLE["quantities"].values() for code in codes),
}
MEMBERS = {
    INFORMATION: {
        *("access", "rules", "descriptors", "cells", "any_other", "type", "kind", "from", "to"),
        *("through", "at_least", "measured", "quantity", "unit", "range", "distribution"),
        *("share", "trend"),
    },
    SAMPLE: {
        *("access", "rules", "records", "resourceType", "meta", "security", "coding", "system"),
        *("code", "value", "unit"),
        *(name for each in TABLE["types"].values() for name in leaves(each["elements"])),
    },
}
MONTH = re.compile(r"(?:19|20)[0-9]{2}(?:-(?:0[1-9]|1[0-2]))?")


def patient(data: Path, number: int) -> list[Any]:
    path = sorted((data / "synthea-r4").glob("*.json"))[number]
    return [entry["resource"] for entry in json.loads(path.read_bytes())["entry"]]


@pytest.mark.parametrize("access", [INFORMATION, SAMPLE], ids=str)
@pytest.mark.parametrize("number", range(44))
def test_nothing_leaves_but_what_the_table_allows_in_any_spelling(
    data: Path, number: int, access: AccessLevel
) -> None:
    held = patient(data, number)

    document = answer(held, access).to_json()

    assert set(_not_allowed(document, access)) == set()
    assert found_in(document, _forbidden(held, access)) == set()


@pytest.mark.parametrize("number", range(0, 44, 11))
def test_the_search_finds_what_leaves_at_full(data: Path, number: int) -> None:
    held = patient(data, number)

    document = answer(held, FULL).to_json()

    assert all(len(found_in(document, _forbidden(held, at))) > 100 for at in (INFORMATION, SAMPLE))
    assert all(set(_not_allowed(document, at)) for at in (INFORMATION, SAMPLE))


def test_there_is_something_to_search(data: Path) -> None:
    held = [patient(data, number) for number in range(0, 44, 11)]

    told = [cells_of(answer(each, INFORMATION)) for each in held]
    left = [answer(each, SAMPLE).records for each in held]

    assert sum(map(len, told)) > 10
    assert '"measured"' in json.dumps(told)
    assert min(map(len, left)) > 10


def _forbidden(held: list[Any], access: AccessLevel) -> set[Any]:
    """Return what stands in the records and not in what the table lets out at `access`."""
    words = (*WORDS, *MEMBERS[access], *(CODES if access is SAMPLE else ()))
    allowed = "\n".join(map(plain, words))
    return {
        value
        for value in {value for resource in held for value in _values(resource)}
        if not isinstance(value, str)
        or not (plain(value) in allowed or (access is SAMPLE and MONTH.fullmatch(value)))
    }


def _values(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _values(item)
    elif isinstance(value, list):
        for item in value:
            yield from _values(item)
    else:
        yield value


def _not_allowed(document: Any, access: AccessLevel) -> Iterator[Any]:
    """Yield members and values, with their member, that the table does not let out."""
    waiting: list[tuple[str, Any]] = [("", document)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            yield from set(value) - MEMBERS[access]
            waiting.extend(value.items())
        elif isinstance(value, list):
            waiting.extend((name, item) for item in value)
        elif not _is_allowed(name, value, access):
            yield name, value


def _is_allowed(name: str, value: Any, access: AccessLevel) -> bool:
    if isinstance(value, bool):
        return name == "primarySource" and access is SAMPLE
    if access is SAMPLE and isinstance(value, int | float):
        steps = {each["step"] / 10 for each in QUANTITIES}
        return name in {"value", "rules"} and any(
            abs(value / step - round(value / step)) < 1e-6 for step in steps
        )
    if isinstance(value, int | float):
        edges = {edge for each in QUANTITIES for edge in each["edges"]}
        allowed = {
            "from": value in edges or (value % 5 == 0 and 1900 <= value < 2030),
            "to": value in edges,
            "through": value % 5 == 4 and 1900 <= value < 2030,
            "at_least": value in TABLE["counts"],
            "rules": value == TABLE["version"],
        }
        return bool(allowed.get(name))
    if value in WORDS:
        return True
    months = MONTH.fullmatch(value) or re.fullmatch("[0-9]{2}", value)
    return access is SAMPLE and (value in CODES or months is not None)
