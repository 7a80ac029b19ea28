"""FHIR Consents that the tests change, and what their references mean."""

from typing import Any, Final

from consent_contracts.fhir import Correspondence, FhirVersion, ReadConsent, read_consent
from consent_contracts.purpose import CODE_SYSTEM, Purpose
from consent_contracts.recipient import Accreditation, Recipient, RecipientKind
from consent_contracts.terms import Notice
from ssi_core.did.syntax import Did
from tests.support.consent import HOLDER_KEY, LOG, digest

CLINIC: Final = Recipient(Did("web", "clinic.example"))
DOCTOR: Final = Recipient(Did("web", "doctor.example"))
NURSE: Final = Recipient(Did("web", "clinic.example"), "nurse")
COMMUNITY: Final = Recipient(Accreditation(RecipientKind.PROVIDER, Did("web", "authority.example")))
ACTCODE: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"

CORRESPONDENCE: Final = Correspondence.parse(
    {
        "log": LOG,
        "subjects": {"Patient/1": [HOLDER_KEY]},
        "recipients": {
            "Organization/clinic": CLINIC.to_json(),
            "Practitioner/doctor": DOCTOR.to_json(),
            "Group/nurses": NURSE.to_json(),
        },
        "community": [COMMUNITY.to_json()],
        "grantors": {
            "RelatedPerson/mother": {"keys": [digest("mother")], "delegation": "zDelegation"},
            "RelatedPerson/father": {"keys": [digest("father")], "delegation": "zDelegation"},
            "RelatedPerson/uncle": {"keys": [digest("uncle")], "delegation": "zAnother"},
        },
        "purposes": {"http://example.org/purposes|project": "DSRCH"},
        "any_purpose": ["TREAT"],
        "policies": ["http://example.org/policy", "http://example.org/rules|OPTIN"],
        "organizations": ["Organization/clinic"],
        "notices": {"DocumentReference/notice": Notice("en", digest("notice")).to_json()},
        "bases": ["https://fhir.example/r4"],
        "ignorable_extensions": ["http://example.org/harmless"],
        "open_end": 3652,
        "max_staleness": 3600,
    }
)


def r4_consent(provision: Any, /, **changes: Any) -> dict[str, Any]:
    """Return an R4 Consent of patient 1, dated; a change to `None` takes an element away."""
    members = {
        "resourceType": "Consent",
        "status": "active",
        "scope": _concept("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy"),
        "category": [_concept("http://loinc.org", "59284-0")],
        "patient": {"reference": "Patient/1"},
        "dateTime": "2026-12-01",
        "performer": [{"reference": "Patient/1"}],
        "organization": [{"reference": "Organization/clinic"}],
        "sourceReference": {"reference": "DocumentReference/notice"},
        "policy": [{"uri": "http://example.org/policy"}],
        "provision": provision,
    }
    return {name: value for name, value in (members | changes).items() if value is not None}


def r5_consent(decision: Any, /, *provisions: Any, **changes: Any) -> dict[str, Any]:
    """Return an R5 Consent of patient 1, dated; a change to `None` takes an element away."""
    members = {
        "resourceType": "Consent",
        "status": "active",
        "category": [_concept("http://loinc.org", "59284-0")],
        "subject": {"reference": "Patient/1"},
        "date": "2026-12-01",
        "grantor": [{"reference": "Patient/1"}],
        "controller": [{"reference": "Organization/clinic"}],
        "sourceReference": [{"reference": "DocumentReference/notice"}],
        "policyBasis": {"url": "http://example.org/policy"},
        "decision": decision,
        "provision": list(provisions) or None,
    }
    return {name: value for name, value in (members | changes).items() if value is not None}


def read_r4(provision: Any, /, **changes: Any) -> ReadConsent:
    """Return what an R4 Consent with this provision comes to."""
    return read_consent(r4_consent(provision, **changes), CORRESPONDENCE, version=FhirVersion.R4)


def read_r5(decision: Any, /, *provisions: Any, **changes: Any) -> ReadConsent:
    """Return what an R5 Consent with these provisions comes to."""
    source = r5_consent(decision, *provisions, **changes)
    return read_consent(source, CORRESPONDENCE, version=FhirVersion.R5)


def purposes(*codes: str) -> list[dict[str, str]]:
    """Return codings of purposes."""
    return [{"system": CODE_SYSTEM, "code": Purpose(code).value} for code in codes]


def labels(*codes: str, system: str = ACTCODE) -> list[dict[str, str]]:
    """Return codings of security labels."""
    return [{"system": system, "code": code} for code in codes]


def actors(*references: str) -> list[dict[str, Any]]:
    """Return actors that receive."""
    role = _concept("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP")
    return [{"role": role, "reference": {"reference": each}} for each in references]


def actions(*codes: str) -> list[dict[str, Any]]:
    """Return actions."""
    system = "http://terminology.hl7.org/CodeSystem/consentaction"
    return [_concept(system, code) for code in codes]


def _concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}
