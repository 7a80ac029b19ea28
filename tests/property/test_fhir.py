"""Whatever stands in a bundle, it is read or refused with an error of our own."""

import contextlib
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from issuer.fhir import PatientRecord, read_bundle
from ssi_core.errors import SsiError

NAMES = st.sampled_from(
    [
        "resourceType", "id", "subject", "patient", "reference", "code", "coding", "system", "text",
        "display", "category", "status", "verificationStatus", "onsetDateTime", "onsetPeriod",
        "start", "end", "encounter", "asserter", "participant", "individual", "actor", "contained",
        "class", "type", "period", "serviceProvider", "performer", "component", "valueQuantity",
        "value", "valueCodeableConcept", "valueInteger", "referenceRange", "low", "vaccineCode",
        "primarySource", "occurrenceDateTime", "name", "given", "family", "use", "identifier",
        "birthDate", "practitioner", "organization",
    ]
)  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        [
            "Patient", "Condition", "Observation", "Immunization", "Encounter", "Practitioner",
            "PractitionerRole", "Organization", "Patient/p", "Condition/p", "#p", "#", "p", "2011",
            "laboratory", "official", "urn:uuid:p", "https://a.example/Patient/p",
        ]
    ),
)  # fmt: skip
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=30,
)
PATIENT = {"resourceType": "Patient", "id": "p"}
CODED = {"coding": [{"code": "1"}]}
RESOURCES = st.builds(
    lambda kind, members: {
        "resourceType": kind,
        "subject": {"reference": "Patient/p"},
        "patient": {"reference": "Patient/p"},
        "code": CODED,
        "vaccineCode": CODED,
        **members,
    },
    st.sampled_from(["Condition", "Observation", "Immunization"]),
    st.dictionaries(NAMES, JSON, max_size=8),
)


def _read(source: Any) -> PatientRecord | None:
    with contextlib.suppress(SsiError):
        return read_bundle(json.dumps(source).encode())
    return None


@given(text=st.binary())
def test_no_bytes_break_the_reader(text: bytes):
    with contextlib.suppress(SsiError):
        read_bundle(text)


@given(
    source=JSON, entries=st.lists(st.dictionaries(st.sampled_from(["fullUrl", "resource"]), JSON))
)
def test_no_document_breaks_the_reader(source: Any, entries: list[Any]):
    _read(source)
    _read(
        {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": PATIENT}, *entries]}
    )


@given(resources=st.lists(RESOURCES, max_size=3))
def test_every_resource_is_read_or_left_out_with_a_reason(resources: list[dict[str, Any]]):
    entries = [{"resource": item} for item in (PATIENT, *resources)]

    record = _read({"resourceType": "Bundle", "entry": entries})

    if record is not None:
        named = [at for at, _item in record.resources] + [item.at for item in record.skipped]
        assert len(named) == len(set(named))
        assert len(named) <= len(resources)
        assert all(item.reason.replace("_", "").isalpha() for item in record.skipped)
