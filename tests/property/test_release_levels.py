from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from consent_contracts.release.description import describe
from consent_contracts.release.documents import coarsen_record
from consent_contracts.release.keyed import ReleaseKey
from consent_contracts.release.rules import bundled_rules
from ssi_core.errors import SsiError
from tests.support.released import (
    FULL,
    INFORMATION,
    KEY,
    LABELLING,
    SAMPLE,
    UCUM,
    answer,
    cells_of,
    condition,
    leaves,
    observation,
    records_of,
)

RULES = bundled_rules()
DAYS = st.dates(date(2012, 1, 1), date(2021, 12, 31)).map(date.isoformat)
VALUES = st.floats(20, 200)
KINDS = sorted(code for system, code in RULES.kinds if system == "http://snomed.info/sct")
KEYS = st.binary(min_size=32, max_size=32).map(ReleaseKey)
TEXTS = st.one_of(
    st.text(max_size=6),
    st.sampled_from(
        ["2016-05-17", "2016", "kg", "final", "http://loinc.org", "29463-7", UCUM, "Observation"]
    ),
)
NAMES = st.one_of(
    TEXTS,
    st.sampled_from(
        [
            *("resourceType", "id", "meta", "security", "category", "code", "coding", "system"),
            *("effectiveDateTime", "period", "start", "end", "valueQuantity", "value"),
            *("component", "performer", "actor", "reference", "encounter", "context", "item"),
        ]
    ),
)
JUNK: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False),
        TEXTS,
        st.just(10**400),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=12,
)


@st.composite
def held_records(draw: st.DrawFn) -> list[Any]:
    """Draw the records of one person: weights and conditions of ten years."""
    weights = draw(st.lists(st.tuples(VALUES, DAYS), min_size=1, max_size=30))
    conditions = draw(st.lists(st.tuples(st.sampled_from(KINDS[:6]), DAYS), max_size=30))
    return [
        *(observation(place, value=value, day=day) for place, (value, day) in enumerate(weights)),
        *(condition(place, code=code, day=day) for place, (code, day) in enumerate(conditions)),
    ]


@settings(max_examples=30)
@given(held_records(), KEYS)
def test_what_information_tells_follows_from_what_full_gives(
    held: list[Any], key: ReleaseKey
) -> None:
    whole = records_of(answer(held, FULL))

    for cell in cells_of(answer(held, INFORMATION, key=key)):
        inside = [each for each in whole if _is_in(each, cell)]
        assert len(inside) >= cell["at_least"] >= RULES.smallest_cell
        for measured in cell.get("measured", ()):
            values = [each["valueQuantity"]["value"] for each in inside]
            edges = [(each["from"], each["to"]) for each in measured["distribution"]]
            for low, high in edges:
                assert sum(low <= value < high for value in values) >= RULES.smallest_cell
            assert measured["range"] == {"from": edges[0][0], "to": edges[-1][1]}


@settings(max_examples=30)
@given(held_records(), KEYS)
def test_what_sample_tells_follows_from_what_full_gives(held: list[Any], key: ReleaseKey) -> None:
    coarse = [coarsen_record(each, key=key) for each in answer(held, FULL).records]

    left = answer(held, SAMPLE, key=key).records

    assert all(each in coarse for each in left)
    assert len(left) <= len(held)


@settings(max_examples=40)
@given(VALUES, DAYS, KEYS)
def test_a_coarse_value_is_near_and_a_coarse_date_is_a_part(
    value: float, day: str, key: ReleaseKey
) -> None:
    found: Any = coarsen_record(observation(1, value=value, day=day), key=key)

    assert abs(found["valueQuantity"]["value"] - value) <= 2.5
    assert found["effectiveDateTime"] == day[:7]


@settings(max_examples=100)
@given(VALUES, DAYS, st.sampled_from(KINDS), KEYS)
def test_coarsening_twice_changes_nothing_more(
    value: float, day: str, code: str, key: ReleaseKey
) -> None:
    for resource in (observation(1, value=value, day=day), condition(1, code=code, day=day)):
        once = coarsen_record(resource, key=key)

        assert once is not None
        assert coarsen_record(once, key=key) == once


@settings(max_examples=25)
@given(held_records(), st.randoms(use_true_random=False))
def test_the_order_in_which_records_are_held_does_not_show(held: list[Any], random: Any) -> None:
    shuffled = random.sample(held, len(held))

    for access in (INFORMATION, SAMPLE):
        assert answer(held, access).to_json() == answer(shuffled, access).to_json()


@settings(max_examples=80)
@given(st.dictionaries(NAMES, JUNK, max_size=8), st.sampled_from(sorted(RULES.types)))
def test_no_resource_breaks_a_level_and_nothing_unknown_passes(resource: Any, name: str) -> None:
    resource = {"id": "x", **resource, "resourceType": name}

    try:
        describe(resource, LABELLING)
        left = coarsen_record(resource, key=KEY)
    except SsiError:
        return

    known = {*leaves(coarsen_record(observation(1), key=KEY)), *_vocabulary()}
    assert all(
        each in known or isinstance(each, bool | int | float) or _is_month(each)
        for each in leaves(left or {})
    )


@settings(max_examples=25)
@given(st.lists(st.dictionaries(NAMES, JUNK, max_size=6), min_size=1, max_size=4))
def test_no_records_held_break_a_release(junk: list[Any]) -> None:
    held = [
        {**each, "id": f"x{place}", "resourceType": "Observation"}
        for place, each in enumerate(junk)
    ]

    for access in (INFORMATION, SAMPLE, FULL):
        answer(held, access)


def _is_in(resource: Any, cell: Any) -> bool:
    day = resource.get("effectiveDateTime") or resource["onsetDateTime"]
    (found,) = resource["code"]["coding"]
    kind = RULES.kinds.get((found["system"], found["code"]), "body-weight")
    return bool(
        resource["resourceType"] == cell["type"]
        and kind == cell["kind"]
        and cell["from"] <= int(day[:4]) <= cell["through"]
    )


def _vocabulary() -> set[str]:
    words = {word for words in RULES.words.values() for word in words}
    codes = {code for codes in RULES.kept.values() for code in codes}
    elements = {each for rules in RULES.types.values() for each in leaves(dict(rules.elements))}
    return words | codes | elements | set(RULES.kept) | set(RULES.types) | RULES.kind_names


def _is_month(text: str) -> bool:
    year, _, month = text.partition("-")
    return year.isdigit() and len(year) == 4 and (not month or len(month) == 2)
