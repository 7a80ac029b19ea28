from datetime import UTC, datetime
from typing import Any

import pytest

from consent_contracts.access import AccessLevel
from consent_contracts.health_record import CONFIDENTIALITY, HealthRecord
from consent_contracts.release.description import describe, describe_coarsely
from consent_contracts.release.labelling import bundled_labelling
from consent_contracts.release.rules import bundled_rules
from ssi_core.errors import MalformedError
from ssi_core.period import Period
from tests.support.released import coding, condition, observation

LOOSE = bundled_labelling()
COMPLETE = bundled_labelling(complete=True)
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"


def test_a_resource_is_described_by_what_it_says() -> None:
    resource = observation(
        1,
        day="2022-06-13T10:00:00-05:00",
        category=[{"coding": [coding("http://h.example/category", "vital-signs")]}],
        performer=[{"reference": "Practitioner/7"}],
        encounter={"reference": "Encounter/3"},
        meta={"security": [coding(CONFIDENTIALITY, "N")]},
    )

    record = describe(resource, LOOSE)

    assert record == HealthRecord(
        resource_type="Observation",
        id="weight-1",
        categories=frozenset({"http://h.example/category|vital-signs"}),
        codes=frozenset({"http://loinc.org|29463-7"}),
        labels=frozenset({f"{CONFIDENTIALITY}|N"}),
        authors=frozenset({"Practitioner/7"}),
        care_contexts=frozenset({"Encounter/3"}),
        period=Period(
            datetime(2022, 6, 13, 15, tzinfo=UTC), datetime(2022, 6, 13, 15, 0, 1, tzinfo=UTC)
        ),
    )


def test_what_a_resource_does_not_say_is_not_known() -> None:
    record = describe({"resourceType": "Goal", "id": "g"}, LOOSE)

    assert record == HealthRecord(resource_type="Goal", id="g")


def test_a_code_that_cannot_be_named_makes_the_codes_unknown() -> None:
    resource = observation(1, code={"coding": [coding("http://loinc.org", "1-8"), {"code": "x"}]})

    assert describe(resource, LOOSE).codes is None


@pytest.mark.parametrize("name", ["id", "resourceType"])
def test_a_resource_without_type_or_id_is_refused(name: str) -> None:
    resource = {each: value for each, value in observation(1).items() if each != name}

    with pytest.raises(MalformedError):
        describe(resource, LOOSE)


def test_a_day_without_a_time_zone_stands_for_all_the_time_it_can_mean() -> None:
    period = describe(observation(1, day="2022-06-13"), LOOSE).period

    assert period == Period(
        datetime(2022, 6, 12, 10, tzinfo=UTC), datetime(2022, 6, 14, 12, tzinfo=UTC)
    )


def test_a_condition_that_has_not_ended_has_no_end() -> None:
    resource = {**condition(1), "abatementDateTime": None}
    del resource["abatementDateTime"]

    period = describe(resource, LOOSE).period

    assert period is not None
    assert period.end is None


@pytest.mark.parametrize(
    "day", ["", "soon", "2022-13", "2022-02-30", "0001-01-01", "9999-12-31", "2022-06-13T25:00:00Z"]
)
def test_a_date_that_is_none_is_not_known(day: str) -> None:
    assert describe(observation(1, day=day), LOOSE).period is None


def test_the_author_within_a_performer_is_an_author() -> None:
    resource: Any = {
        "resourceType": "Immunization",
        "id": "i",
        "performer": [{"actor": {"reference": "Practitioner/9"}}],
    }

    assert describe(resource, LOOSE).authors == frozenset({"Practitioner/9"})


@pytest.mark.parametrize(
    ("system", "code", "label"),
    [
        ("http://loinc.org", "74013-4", "ETHUD"),
        ("http://hl7.org/fhir/sid/icd-10", "F10.2", "ETHUD"),
        ("http://hl7.org/fhir/sid/icd-10-cm", "F11.20", "OPIOIDUD"),
        ("http://hl7.org/fhir/sid/icd-10", "F32.1", "PSY"),
        ("http://snomed.info/sct", "86406008", "HIV"),
        ("http://hl7.org/fhir/sid/icd-10", "T74.1", "SDV"),
    ],
)
def test_a_sensitive_code_is_labelled_and_restricted(system: str, code: str, label: str) -> None:
    resource = observation(1, component=[{"code": {"coding": [coding(system, code)]}}])

    labels = describe(resource, LOOSE).labels

    assert labels is not None
    assert {f"{ACT_CODE}|{label}", f"{CONFIDENTIALITY}|R"} <= labels
    assert (f"{ACT_CODE}|ETH" in labels) == (label in {"ETHUD", "OPIOIDUD"})


def test_a_records_own_confidentiality_is_kept() -> None:
    resource = observation(
        1,
        code={"coding": [coding("http://loinc.org", "74013-4")]},
        meta={"security": [coding(CONFIDENTIALITY, "V")]},
    )

    labels = describe(resource, LOOSE).labels

    assert labels is not None
    assert f"{CONFIDENTIALITY}|V" in labels
    assert f"{CONFIDENTIALITY}|R" not in labels


def test_only_a_complete_labelling_calls_a_record_normal() -> None:
    assert describe(observation(1), LOOSE).labels is None
    assert describe(observation(1), COMPLETE).labels == frozenset({f"{CONFIDENTIALITY}|N"})


def test_a_label_that_cannot_be_read_makes_the_labels_unknown() -> None:
    resource = observation(1, meta={"security": [{"code": "R"}, coding(CONFIDENTIALITY, "N")]})

    assert describe(resource, COMPLETE).labels is None


@pytest.mark.parametrize(
    ("access", "first", "last"),
    [
        (AccessLevel.FULL, "2016-05-16T10", "2016-05-18T12"),
        (AccessLevel.SAMPLE, "2016-04-30T10", "2016-06-01T12"),
        (AccessLevel.INFORMATION, "2014-12-31T10", "2020-01-01T12"),
    ],
)
def test_the_lower_the_level_the_coarser_the_time(
    access: AccessLevel, first: str, last: str
) -> None:
    record = describe_coarsely(observation(1), LOOSE, access=access, rules=bundled_rules())

    assert record.period == Period(
        datetime.fromisoformat(f"{first}:00:00Z"), datetime.fromisoformat(f"{last}:00:00Z")
    )
