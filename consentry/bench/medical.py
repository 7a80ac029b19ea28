"""A medical credential of VCDM 2.0, in the product's own vocabulary, as large as is asked for."""

from collections.abc import Iterable, Sized
from typing import Final

from ssi_core.credential.contexts import CREDENTIALS_V2, HEALTH_V1
from ssi_core.json_types import JsonObject, JsonValue

# Of a diagnosis as it is below.
QUADS: Final = 57
# One for the coding, and three of its own.
CODING_QUADS: Final = 4
_SNOMED: Final = "http://snomed.info/sct"
_CODINGS: Final = (
    ("http://hl7.org/fhir/sid/icd-10", "E11.9", "Type 2 diabetes mellitus without complications"),
    ("http://hl7.org/fhir/sid/icd-10-cm", "E11.65", "Type 2 diabetes mellitus, hyperglycemia"),
    ("http://hl7.org/fhir/sid/icd-9-cm", "250.00", "Diabetes mellitus without complication"),
    ("https://codes.clinic.example/local", "DM2", "Zuckerkrankheit Typ 2"),
)
_NAMES: Final[JsonObject] = {
    "given_name": "Maribel",
    "family_name": "Okafor",
    "birth_date": "1974-03-02",
    "gender": "female",
}
DIAGNOSIS: Final[JsonObject] = {
    "id": "urn:uuid:0b0f2f7e-91a0-4a6e-8a4e-3e2d5f1c7a01",
    **_NAMES,
    "code": {"system": _SNOMED, "code": "44054006", "display": "Diabetes mellitus type 2"},
    "additional_codings": [
        {"system": system, "code": code, "display": display} for system, code, display in _CODINGS
    ],
    "clinical_status": "active",
    "verification_status": "confirmed",
    "category": "encounter-diagnosis",
    "onset": "2019-06-11",
    "recorded": "2019-06-12",
    "encounter": {
        "class": "AMB",
        "type": "185349003",
        "start": "2019-06-11T09:30:00Z",
        "end": "2019-06-11T09:50:00Z",
    },
    "asserter": {
        "name": "Dr. Ada Novak",
        "identifier": {"system": "http://hl7.org/fhir/sid/us-npi", "value": "9999912345"},
    },
    "organization": {
        "name": "Northfield Clinic",
        "identifier": {"system": "urn:oid:2.999.1", "value": "4711"},
    },
}


def diagnosis_credential(issuer: str) -> JsonObject:
    """Return a diagnosis with patient, codes, visit, physician and status: 57 quads."""
    return {
        "@context": [CREDENTIALS_V2, HEALTH_V1],
        "id": "urn:uuid:0b0f2f7e-91a0-4a6e-8a4e-3e2d5f1c7a02",
        "type": ["VerifiableCredential", "DiagnosisCredential"],
        "name": "Diagnosis",
        "description": {"@value": "Von einer Fachperson gestellt", "@language": "de"},
        "issuer": issuer,
        "validFrom": "2026-01-01T00:00:00Z",
        "validUntil": "2036-01-01T00:00:00Z",
        "credentialStatus": {
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": "4711",
            "statusListCredential": "https://clinic.example/status-lists/1",
        },
        "credentialSubject": DIAGNOSIS,
    }


def coded_credential(issuer: str, *, codings: int, names: int) -> JsonObject:
    """Return a smaller one: its quads are 5, `CODING_QUADS` for each coding, 1 for each name.

    Three of the five are its types and its issuer.
    """
    return {
        "@context": [CREDENTIALS_V2, HEALTH_V1],
        "type": ["VerifiableCredential", "DiagnosisCredential"],
        "issuer": issuer,
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialSubject": {
            **dict(list(_NAMES.items())[:names]),
            "additional_codings": list(_coded(codings)),
        },
    }


def _coded(count: int) -> Iterable[JsonValue]:
    for number in range(count):
        yield {"system": _SNOMED, "code": f"440540{number:02}", "display": f"Finding {number}"}


def require_quads(found: Sized, expected: int) -> None:
    """Raise `ValueError` if a credential has not as many quads as its row in the bench says."""
    if len(found) != expected:
        raise ValueError("the credential has another number of quads than its row says")
