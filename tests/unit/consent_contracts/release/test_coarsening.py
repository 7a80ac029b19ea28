from typing import Any

import pytest

from consent_contracts.release.documents import coarsen_record
from consent_contracts.release.keyed import ReleaseKey
from consent_contracts.release.rules import KIND_SYSTEM, Rules, bundled_rules
from ssi_core.errors import MalformedError
from tests.support.released import KEY, UCUM, coding, condition, observation

ICD_10 = "http://hl7.org/fhir/sid/icd-10"
WEIGHT = {"name": "w", "unit": "kg", "step": 5, "low": 0, "high": 9, "edges": [0, 9]}
SUBSETTED = {
    "security": [
        {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
    ]
}


def coarse(resource: Any) -> Any:
    return coarsen_record(resource, key=KEY)


def test_a_condition_keeps_its_kind_and_its_month() -> None:
    resource = condition(1, day="2016-05-17T09:30:00+02:00", recorder={"reference": "P/1"})

    assert coarse(resource) == {
        "resourceType": "Condition",
        "meta": SUBSETTED,
        "code": {"coding": [{"system": KIND_SYSTEM, "code": "circulatory-disease"}]},
        "onsetDateTime": "2016-05",
        "abatementDateTime": "2016-05",
    }


@pytest.mark.parametrize(
    ("system", "code", "left"),
    [
        (ICD_10, "E11.9", {"system": ICD_10, "code": "E11"}),
        (ICD_10, "E11", {"system": ICD_10, "code": "E11"}),
        (ICD_10, "Jane Doe", None),
        (
            "http://www.whocc.no/atc",
            "C09AA05",
            {"system": "http://www.whocc.no/atc", "code": "C09"},
        ),
        ("http://snomed.info/sct", "1", None),
        ("http://unknown.example", "E11.9", None),
        (KIND_SYSTEM, "injury", {"system": KIND_SYSTEM, "code": "injury"}),
        (KIND_SYSTEM, "jane-doe", None),
    ],
)
def test_a_code_is_cut_to_its_category_or_dropped(system: str, code: str, left: Any) -> None:
    found = coarse(condition(1, code="1") | {"code": {"coding": [coding(system, code)]}})

    assert found.get("code") == (None if left is None else {"coding": [left]})


def test_a_value_lies_within_half_a_step_on_a_grid() -> None:
    value = coarse(observation(1, value=70.2))["valueQuantity"]["value"]

    assert value != 70.2
    assert abs(value - 70.2) <= 2.5


def test_the_grid_depends_on_the_key() -> None:
    keys = [ReleaseKey(bytes([number]) * 32) for number in range(20)]
    found: list[Any] = [coarsen_record(observation(1), key=key) for key in keys]

    assert len({each["valueQuantity"]["value"] for each in found}) > 3


@pytest.mark.parametrize(
    "value",
    [
        {"value": 70, "comparator": "<", "code": "kg", "system": UCUM},
        {"value": 155, "code": "[lb_av]", "system": UCUM},
        {"value": 70, "code": "kg", "system": "http://other.example"},
        {"value": 70},
        {"value": True, "code": "kg"},
        {"value": "70", "code": "kg"},
        {"value": 1e300, "code": "kg"},
        {"value": 10**5000, "code": "kg"},
        {"value": 251, "code": "kg"},
        {"value": -3, "code": "kg"},
        [],
        "70 kg",
    ],
)
def test_a_value_that_is_not_plainly_in_its_unit_and_bounds_is_dropped(value: Any) -> None:
    assert "valueQuantity" not in coarse(observation(1, valueQuantity=value))


def test_elements_that_no_rule_knows_are_dropped() -> None:
    resource = observation(
        1,
        note=[{"text": "secret"}],
        identifier=[{"value": "secret"}],
        extension=[{"url": "http://x", "valueString": "secret"}],
        contained=[{"resourceType": "Patient", "id": "secret"}],
        subject={"reference": "Patient/secret"},
        valueString="secret",
        text={"div": "secret"},
        interpretation=[{"text": "secret"}],
        status="secret",
    )

    found = coarse(resource)

    assert set(found) == {
        "resourceType",
        "meta",
        "code",
        "effectiveDateTime",
        "valueQuantity",
    }
    assert "secret" not in repr(found)


def test_a_component_is_coarsened_by_its_own_code() -> None:
    pressure = {
        "code": {"coding": [coding("http://loinc.org", "8480-6")]},
        "valueQuantity": {"value": 123.4, "code": "mm[Hg]", "system": UCUM},
    }

    found = coarse(observation(1, component=[pressure]))["component"]

    assert [each["code"] for each in found] == [
        {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]}
    ]
    assert found[0]["valueQuantity"]["value"] != 123.4


def test_a_patient_is_a_gender_a_year_of_birth_and_a_region() -> None:
    patient = {
        "resourceType": "Patient",
        "id": "p",
        "name": [{"family": "Doe"}],
        "gender": "female",
        "birthDate": "1971-08-09",
        "address": [{"line": ["1 Main St"], "city": "Salem", "postalCode": "01970"}],
    }

    assert coarse(patient) == {
        "resourceType": "Patient",
        "meta": SUBSETTED,
        "gender": "female",
        "birthDate": "1971",
        "address": [{"postalCode": "01"}],
    }


@pytest.mark.parametrize("resource_type", ["Practitioner", "Organization", "Goal", "Binary", 7])
def test_of_a_type_without_rules_nothing_is_left(resource_type: Any) -> None:
    assert coarse({"resourceType": resource_type, "id": "x", "status": "final"}) is None


@pytest.mark.parametrize(
    "change",
    [
        {"types": {"Observation": {"select": "some", "elements": {}}}},
        {"types": {"Observation": {"select": "all", "elements": {"id": "keep"}}}},
        {"types": {"Observation": {"select": "all", "elements": {"id": "word:nothing"}}}},
        {"smallest_cell": 1},
        {"cell_noise": 0},
        {"block_years": 1},
        {"counts": None},
        {"counts": [3, 5]},
        {"quantities": {"l": {"1": WEIGHT, "2": WEIGHT | {"step": 1}}}},
        {"quantities": {"l": {"1": WEIGHT | {"step": 0}}}},
        {"quantities": {"l": {"1": WEIGHT | {"edges": [3, 1]}}}},
        {"quantities": {"l": {"1": WEIGHT | {"low": True}}}},
    ],
)
def test_a_table_with_a_rule_that_is_not_known_or_too_fine_is_refused(change: Any) -> None:
    table: dict[str, Any] = {
        "version": 1,
        "smallest_cell": 5,
        "cell_noise": 3,
        "block_years": 5,
        "counts": [5, 10],
        **{name: {} for name in ("cut", "words", "kept", "kinds", "quantities", "types")},
    }
    Rules.parse(table)

    with pytest.raises(MalformedError):
        Rules.parse(table | change)


def test_a_short_key_is_refused_and_a_key_is_not_shown() -> None:
    with pytest.raises(MalformedError):
        ReleaseKey(b"short")
    assert "tests" not in repr(KEY)


def test_every_quantity_can_be_told_at_both_levels() -> None:
    for quantity in bundled_rules().quantities.values():
        assert quantity.edges[0] <= quantity.low
        assert quantity.edges[-1] >= float(quantity.high)
        assert quantity.step * 2 <= quantity.high - quantity.low
