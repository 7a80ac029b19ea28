"""A bundle with everything that a credential can be made of: every element, every kind of value."""

import json
from typing import Any

_PARTY = {"display": "Dr. Who", "identifier": {"system": "npi", "value": "7"}}
_AMOUNT = {"value": 1.5, "comparator": "<", "unit": "g", "system": "u", "code": "g"}
_CODE = {
    "coding": [
        {"system": "s", "code": "1", "display": "One"},
        {"system": "t", "code": "2", "display": "Two"},
    ]
}
_RANGE = {"low": _AMOUNT, "high": _AMOUNT, "text": "normal"}
_FULL: list[dict[str, Any]] = [
    {
        "resourceType": "Patient",
        "id": "p",
        "name": [{"given": ["Ana"], "family": "Li"}],
        "birthDate": "1980",
        "gender": "other",
    },
    {
        "resourceType": "Encounter",
        "id": "e",
        "class": {"code": "AMB"},
        "type": [{"text": "Check up"}],
        "period": {"start": "2020", "end": "2021"},
        "participant": [{"individual": _PARTY}],
        "serviceProvider": {**_PARTY, "type": "Organization"},
    },
    {
        "resourceType": "Condition",
        "subject": {"reference": "Patient/p"},
        "encounter": {"reference": "Encounter/e"},
        "code": _CODE,
        "clinicalStatus": {"text": "active"},
        "verificationStatus": {"text": "confirmed"},
        "onsetDateTime": "2020",
        "abatementDateTime": "2021",
        "recordedDate": "2020",
    },
    {
        "resourceType": "Immunization",
        "patient": {"reference": "Patient/p"},
        "encounter": {"reference": "Encounter/e"},
        "vaccineCode": _CODE,
        "status": "completed",
        "occurrenceDateTime": "2020",
        "primarySource": False,
        "lotNumber": "L",
    },
    *(
        {
            "resourceType": "Observation",
            "subject": {"reference": "Patient/p"},
            "encounter": {"reference": "Encounter/e"},
            "code": _CODE,
            "status": "final",
            "category": [{"text": "laboratory"}],
            "effectiveDateTime": "2020",
            "issued": "2020",
            "referenceRange": [_RANGE],
            "component": [{"code": _CODE, **value}],
            **value,
        }
        for value in (
            {"valueQuantity": _AMOUNT},
            {"valueCodeableConcept": _CODE},
            {"valueRange": _RANGE},
            {"valuePeriod": {"start": "2020", "end": "2021"}},
            {"valueString": "clear"},
            {"valueBoolean": False},
            {"valueInteger": 0},
        )
    ),
]


def full_bundle() -> bytes:
    """Return it as FHIR JSON."""
    entries = [{"resource": resource} for resource in _FULL]
    return json.dumps({"resourceType": "Bundle", "entry": entries}).encode()
