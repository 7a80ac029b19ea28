"""A record from a bundle: whom it is about, what is read, what is left out and why."""

import json
from pathlib import Path
from typing import Any

import pytest

from issuer.fhir import (
    Coding,
    Condition,
    Encounter,
    Identifier,
    Immunization,
    Observation,
    Party,
    Patient,
    PatientRecord,
    Quantity,
    ReferenceRange,
    Span,
    read_bundle,
)
from ssi_core.errors import MalformedError

pytestmark = pytest.mark.spec("FHIR R4", "Bundle")

PATIENT = {
    "resourceType": "Patient",
    "id": "p",
    "name": [
        {"use": "nickname", "given": ["Zoë"]},
        {"use": "official", "given": ["Zoë", None, "Ana"], "family": "Ōe"},
    ],
    "gender": "female",
    "birthDate": "1980-10",
}
CODE = {"coding": [{"system": "http://snomed.info/sct", "code": "44054006", "display": "Diabetes"}]}
SUBJECT = {"reference": "Patient/p"}


def _condition(**members: Any) -> dict[str, Any]:
    return {"resourceType": "Condition", "id": "c", "subject": SUBJECT, "code": CODE, **members}


def _observation(**members: Any) -> dict[str, Any]:
    value = {"valueQuantity": {"value": 6.5, "unit": "%"}}
    return {"resourceType": "Observation", "subject": SUBJECT, "code": CODE, **value, **members}


def _immunization(**members: Any) -> dict[str, Any]:
    return {"resourceType": "Immunization", "patient": SUBJECT, "vaccineCode": CODE, **members}


def _bundle(*resources: dict[str, Any], kind: str = "collection") -> bytes:
    entries = [{"resource": resource} for resource in resources]
    return json.dumps({"resourceType": "Bundle", "type": kind, "entry": entries}).encode()


def _read(*resources: dict[str, Any]) -> PatientRecord:
    return read_bundle(_bundle(PATIENT, *resources))


def _condition_of(*resources: dict[str, Any]) -> Condition:
    (first, *_others) = [item for _at, item in _read(*resources).resources]
    assert isinstance(first, Condition)
    return first


def _observation_of(**members: Any) -> Observation:
    ((_at, read),) = _read(_observation(**members)).resources
    assert isinstance(read, Observation)
    return read


def test_every_published_bundle_is_read(data: Path):
    paths = sorted((data / "synthea-r4").glob("*.json"))

    records = [read_bundle(path.read_bytes()) for path in paths]

    assert len(records) == 44
    for record in records:
        kinds = {type(resource) for _at, resource in record.resources}
        assert kinds == {Condition, Observation, Immunization}
        assert {skipped.reason for skipped in record.skipped} <= {"not_a_laboratory_result"}
        conditions = [item for _at, item in record.resources if isinstance(item, Condition)]
        assert all(item.encounter and item.asserter and item.organization for item in conditions)


def test_the_official_name_is_the_name():
    assert _read().patient == Patient(
        given_name="Zoë Ana", family_name="Ōe", birth_date="1980-10", gender="female"
    )


def test_a_patient_of_whom_nothing_is_known_has_no_claims():
    record = read_bundle(_bundle({"resourceType": "Patient"}))

    assert record == PatientRecord(Patient(), (), ())


@pytest.mark.parametrize("kind", ["transaction", "searchset", "document", "history", "x"])
def test_a_bundle_of_any_type_is_read(kind: str):
    record = read_bundle(_bundle(PATIENT, _condition(), {"resourceType": "Claim"}, kind=kind))

    assert [at for at, _item in record.resources] == ["/entry/1/resource"]


def test_in_a_history_the_newest_version_counts():
    newest, older = _condition(onsetDateTime="2020"), _condition(onsetDateTime="2011")

    record = read_bundle(_bundle(PATIENT, newest, older, kind="history"))

    assert [item.date for _at, item in record.resources] == ["2020"]


def test_a_resource_that_is_there_twice_is_read_once():
    record = _read(_condition(), _condition(), PATIENT)

    assert len(record.resources) == 1


@pytest.mark.parametrize(
    ("bundle", "pointer"),
    [
        (b"", None),
        (b"<Bundle/>", None),
        (b"[]", ""),
        (b"{}", "/resourceType"),
        (json.dumps(PATIENT).encode(), "/resourceType"),
        (_bundle(), "/entry"),
        (_bundle(PATIENT, {**PATIENT, "id": "q"}), "/entry"),
        (_bundle(PATIENT, {**PATIENT, "gender": "male"}), "/entry/1/resource"),
        (_bundle(PATIENT, {"id": "x"}), "/entry/1/resource/resourceType"),
        (_bundle(PATIENT, _condition(subject=None)), "/entry/1/resource/subject"),
        (
            _bundle(PATIENT, _condition(subject={"reference": "Patient/else"})),
            "/entry/1/resource/subject",
        ),
        (_bundle(PATIENT, _condition(code=[])), "/entry/1/resource/code"),
        (
            _bundle(PATIENT, _condition(code={"coding": [{"code": 7}]})),
            "/entry/1/resource/code/coding/0/code",
        ),
        (
            _bundle(PATIENT, _condition(onsetDateTime="yesterday")),
            "/entry/1/resource/onsetDateTime",
        ),
        (
            _bundle(PATIENT, _condition(recordedDate="2011-02-30")),
            "/entry/1/resource/recordedDate",
        ),
        (
            _bundle(PATIENT, _observation(valueQuantity={"value": "7"})),
            "/entry/1/resource/valueQuantity/value",
        ),
        (
            _bundle(PATIENT, _observation(valueInteger=2**53)),
            "/entry/1/resource/valueInteger",
        ),
        (
            _bundle(PATIENT, _immunization(primarySource="yes")),
            "/entry/1/resource/primarySource",
        ),
        (
            _bundle({**PATIENT, "name": [{"given": "Zoë"}]}),
            "/entry/0/resource/name/0/given",
        ),
    ],
)
def test_what_breaks_a_rule_is_refused_where_it_stands(bundle: bytes, pointer: str | None):
    with pytest.raises(MalformedError) as refusal:
        read_bundle(bundle)

    assert refusal.value.at == pointer
    assert "Zoë" not in str(refusal.value)


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        (_condition(code=None), "no_code"),
        (_condition(code={"coding": [{"system": "http://loinc.org"}]}), "no_code"),
        (
            _condition(verificationStatus={"coding": [{"code": "entered-in-error"}]}),
            "entered_in_error",
        ),
        (_condition(verificationStatus={"coding": [{"code": "refuted"}]}), "refuted"),
        (
            _observation(category=[{"coding": [{"code": "vital-signs"}]}]),
            "not_a_laboratory_result",
        ),
        (_observation(status="entered-in-error"), "entered_in_error"),
        (_observation(status="registered"), "not_yet_a_result"),
        (_observation(valueQuantity=None), "no_value"),
        (_immunization(status="not-done"), "not_done"),
        (_immunization(vaccineCode=None), "no_code"),
    ],
)
def test_what_is_no_ground_for_a_credential_is_left_out_by_name(
    resource: dict[str, Any], reason: str
):
    record = _read(resource)

    assert record.resources == ()
    assert [(item.at, item.reason) for item in record.skipped] == [("/entry/1/resource", reason)]


def test_what_is_about_a_device_is_not_about_the_patient():
    device = {"resourceType": "Device", "id": "d"}

    record = _read(_observation(subject={"reference": "Device/d"}), device)

    assert [item.reason for item in record.skipped] == ["other_subject"]


def test_the_first_code_counts_and_the_others_are_kept():
    codings = [{"display": "words"}, {"system": "s", "code": "1"}, {"system": "t", "code": "2"}]

    read = _condition_of(_condition(code={"coding": codings, "text": "Sugar"}))

    assert read.code.coding == Coding("s", "1", "Sugar")
    assert read.code.others == (Coding("t", "2", None),)


def test_words_without_a_code_are_the_words():
    read = _condition_of(_condition(code={"text": "糖尿病"}))

    assert read.code.coding == Coding(display="糖尿病")


def test_times_are_as_precise_as_they_were_written():
    read = _condition_of(
        _condition(
            onsetPeriod={"start": "2011"},
            abatementDateTime="2011-10",
            recordedDate="2011-10-14",
        )
    )

    assert (read.onset, read.abatement, read.recorded) == ("2011", "2011-10", "2011-10-14")


def test_an_age_is_not_made_a_date():
    assert _condition_of(_condition(onsetAge={"value": 7}, onsetString="as a child")).onset is None


ENCOUNTER = {
    "resourceType": "Encounter",
    "id": "e",
    "class": {"code": "AMB"},
    "type": [{"coding": [{"display": "Check up"}]}],
    "period": {"start": "2011-10-14T23:37:54Z"},
    "participant": [{"individual": {"reference": "Practitioner/d"}}],
    "serviceProvider": {"reference": "Organization/o"},
}
DOCTOR = {
    "resourceType": "Practitioner",
    "id": "d",
    "name": [{"given": ["Sharyl"], "family": "Hilpert"}],
    "identifier": [{"system": "npi"}, {"system": "npi", "value": "160"}],
}
CLINIC = {"resourceType": "Organization", "id": "o", "name": "North Shore"}
DOCTOR_PARTY = Party("Sharyl Hilpert", Identifier("npi", "160"))
CLINIC_PARTY = Party("North Shore", None)


def test_encounter_asserter_and_organisation_come_by_reference():
    condition = _condition(encounter={"reference": "Encounter/e/_history/2"})

    read = _condition_of(condition, ENCOUNTER, DOCTOR, CLINIC)

    assert read.encounter == Encounter(kind="AMB", type="Check up", start="2011-10-14T23:37:54Z")
    assert read.asserter == DOCTOR_PARTY
    assert read.organization == CLINIC_PARTY


def test_names_of_r5_are_understood():
    encounter = {
        "resourceType": "Encounter",
        "id": "e",
        "class": [{"coding": [{"code": "AMB"}]}],
        "actualPeriod": {"end": "2020"},
        "participant": [{"actor": {"reference": "Practitioner/d"}}],
    }

    read = _condition_of(_condition(encounter={"reference": "Encounter/e"}), encounter, DOCTOR)

    assert read.encounter == Encounter(kind="AMB", end="2020")
    assert read.asserter == DOCTOR_PARTY


def test_a_role_stands_for_its_practitioner_and_organisation():
    role = {
        "resourceType": "PractitionerRole",
        "id": "r",
        "practitioner": {"reference": "Practitioner/d"},
        "organization": {"reference": "Organization/o"},
    }

    read = _condition_of(
        _condition(asserter={"reference": "PractitionerRole/r"}), role, DOCTOR, CLINIC
    )

    assert (read.asserter, read.organization) == (DOCTOR_PARTY, CLINIC_PARTY)


def test_roles_that_lead_in_circles_lead_nowhere():
    role = {
        "resourceType": "PractitionerRole",
        "id": "r",
        "practitioner": {"reference": "PractitionerRole/r"},
    }

    assert (
        _condition_of(_condition(asserter={"reference": "PractitionerRole/r"}), role).asserter
        is None
    )


def test_a_contained_resource_is_found_where_it_is_contained():
    condition = _condition(contained=[{**DOCTOR, "id": "1"}], asserter={"reference": "#1"})

    assert _condition_of(condition).asserter == DOCTOR_PARTY


@pytest.mark.parametrize(
    ("reference", "party"),
    [
        ({"reference": "Practitioner/elsewhere"}, None),
        ({"display": "Dr. Who"}, Party("Dr. Who", None)),
        ({"identifier": {"system": "npi", "value": "7"}}, Party(None, Identifier("npi", "7"))),
    ],
)
def test_who_is_not_in_the_bundle_is_only_what_the_reference_says(
    reference: dict[str, Any], party: Party | None
):
    assert _condition_of(_condition(asserter=reference)).asserter == party


@pytest.mark.parametrize(
    "reference",
    ["https://fhir.example/r4/Practitioner/d", "Practitioner/d", "urn:uuid:d"],
)
def test_a_full_url_is_found_in_each_way_it_can_be_named(reference: str):
    full_url = reference if ":" in reference else "https://fhir.example/r4/Practitioner/d"
    here = "https://fhir.example/r4/Condition/c"
    entries = [
        {"resource": PATIENT},
        {"fullUrl": here, "resource": _condition(asserter={"reference": reference})},
        {"fullUrl": full_url, "resource": DOCTOR},
        {"fullUrl": "https://other.example/Practitioner/d", "resource": {**DOCTOR, "name": []}},
    ]
    bundle = json.dumps({"resourceType": "Bundle", "entry": entries}).encode()

    ((_at, read),) = read_bundle(bundle).resources

    assert isinstance(read, Condition)
    assert read.asserter == DOCTOR_PARTY


def test_another_servers_resource_of_the_same_id_is_not_taken():
    entries = [
        {"resource": PATIENT},
        {"resource": _condition(asserter={"reference": "https://a.example/Practitioner/d"})},
        {"fullUrl": "https://b.example/Practitioner/d", "resource": DOCTOR},
    ]
    bundle = json.dumps({"resourceType": "Bundle", "entry": entries}).encode()

    ((_at, read),) = read_bundle(bundle).resources

    assert isinstance(read, Condition)
    assert read.asserter is None


@pytest.mark.parametrize(
    ("members", "value"),
    [
        (
            {
                "valueQuantity": {
                    "value": 1,
                    "comparator": "<",
                    "unit": "g",
                    "system": "u",
                    "code": "g",
                }
            },
            Quantity(value=1, comparator="<", unit="g", system="u", code="g"),
        ),
        ({"valueQuantity": None, "valueInteger": 0}, Quantity(value=0)),
        ({"valueQuantity": None, "valueBoolean": False}, False),
        ({"valueQuantity": None, "valueString": "clear"}, "clear"),
        ({"valueQuantity": None, "valueDateTime": "2011"}, "2011"),
        ({"valueQuantity": None, "valuePeriod": {"start": "2011"}}, Span("2011", None)),
        (
            {"valueQuantity": None, "valueRange": {"low": {"value": 1}}},
            ReferenceRange(low=Quantity(value=1)),
        ),
    ],
)
def test_a_value_of_each_kind_is_read(members: dict[str, Any], value: object):
    assert _observation_of(**members).value == value


def test_components_are_values_of_their_own():
    component = {"code": CODE, "valueQuantity": {"value": 75.4}}

    read = _observation_of(valueQuantity=None, component=[component, {"code": CODE}, {}])

    assert [item.value for item in read.components] == [Quantity(value=75.4)]


def test_only_the_one_normal_range_is_taken():
    normal, special = {"low": {"value": 4}}, {"high": {"value": 9}, "type": {"text": "pregnant"}}

    one = _observation_of(referenceRange=[special, normal]).reference_range
    two = _observation_of(referenceRange=[normal, normal]).reference_range

    assert one == ReferenceRange(low=Quantity(value=4))
    assert two is None


def test_a_laboratory_result_says_who_made_it():
    read = _observation_of(
        category=[{"text": "Laboratory"}],
        effectivePeriod={"end": "2012"},
        performer=[{"display": "Dr. Who"}, {"type": "Organization", "display": "Lab"}],
    )

    assert read.category == "Laboratory"
    assert read.effective == "2012"
    assert (read.performer, read.organization) == (Party("Dr. Who", None), Party("Lab", None))


def test_an_immunization_says_what_was_given_when_and_by_whom():
    performer = {"actor": {"display": "Nurse"}}
    source = _immunization(
        status="completed",
        occurrenceDateTime="2011-10-14",
        primarySource=True,
        lotNumber="L7",
        performer=[performer],
    )

    ((_at, read),) = _read(source).resources

    assert isinstance(read, Immunization)
    assert (read.status, read.date, read.primary_source) == ("completed", "2011-10-14", True)
    assert (read.lot_number, read.performer) == ("L7", Party("Nurse", None))


def test_a_byte_order_mark_is_no_reason_to_refuse():
    assert read_bundle(b"\xef\xbb\xbf" + _bundle(PATIENT)).patient.gender == "female"
