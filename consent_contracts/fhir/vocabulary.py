"""Code systems of FHIR Consents, and the extensions of ours that say what FHIR has no element for.

https://hl7.org/fhir/R4/consent.html and https://hl7.org/fhir/R5/consent.html. The page
`docs/reference/fhir-consent.md` says what stands in each extension. One that takes something away
from a permission is written as a `modifierExtension`: whoever does not know it must not read on.
"""

from enum import StrEnum
from typing import Final

from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonValue


class FhirVersion(StrEnum):
    """The versions of FHIR whose Consents are read and written here."""

    R4 = "R4"
    R5 = "R5"

    @classmethod
    def parse(cls, value: JsonValue, *, at: str) -> "FhirVersion":
        """Read a version by its name; an unknown one is refused."""
        for version in cls:
            if version.value == value:
                return version
        raise MalformedError("FHIR is R4 or R5", at=at)


class Own(StrEnum):
    """The URL of each of our extensions."""

    LOG = "urn:consentry:fhir:log"
    SUBJECT_KEY = "urn:consentry:fhir:subject-key"
    DELEGATION = "urn:consentry:fhir:delegation"
    NOTICE_DIGEST = "urn:consentry:fhir:notice-digest"
    TERMS = "urn:consentry:fhir:terms"
    OBJECTION = "urn:consentry:fhir:objection"
    RECIPIENT = "urn:consentry:fhir:recipient"
    ACCESS = "urn:consentry:fhir:access-level"
    CATEGORY = "urn:consentry:fhir:category"
    CLAIMS = "urn:consentry:fhir:claims"
    CONTEXT_ONLY = "urn:consentry:fhir:context-only"
    EVERY_MEANING = "urn:consentry:fhir:every-meaning"
    ALONE = "urn:consentry:fhir:alone"
    SPARES = "urn:consentry:fhir:spares"

    @property
    def member(self) -> str:
        """The member of an extension that holds its value."""
        return _MEMBERS.get(self, "valueString")


_FLAG: Final = "valueBoolean"
_MEMBERS: Final = {
    Own.ACCESS: "valueCode",
    Own.CATEGORY: "valueCoding",
    Own.OBJECTION: _FLAG,
    Own.CONTEXT_ONLY: _FLAG,
    Own.EVERY_MEANING: _FLAG,
    Own.ALONE: _FLAG,
    Own.SPARES: _FLAG,
}

GRANT_POLICY: Final = "urn:consentry:consent-grant:1"
"""The policy that a Consent of ours refers to: what our grants mean."""
GRANT_SYSTEM: Final = "urn:consentry:grant"
RECORD_SYSTEM: Final = "urn:consentry:record"
"""The system of a record's id where its type does not stand beside it."""
URI_SYSTEM: Final = "urn:ietf:rfc:3986"
THUMBPRINT: Final = "urn:ietf:params:oauth:jwk-thumbprint:sha-256:"
"""What a key's thumbprint stands behind to be a URI (RFC 9278)."""

CONSENT_SCOPE: Final = "http://terminology.hl7.org/CodeSystem/consentscope"
PATIENT_PRIVACY: Final = f"{CONSENT_SCOPE}|patient-privacy"
CONSENT_CATEGORY: Final = "http://loinc.org|59284-0"
CONSENT_ACTION: Final = "http://terminology.hl7.org/CodeSystem/consentaction"
PARTICIPATION: Final = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
RECEIVERS: Final = frozenset({f"{PARTICIPATION}|IRCP", f"{PARTICIPATION}|PRCP"})
"""The roles of an actor that receives information."""
RESOURCE_TYPES: Final = "http://hl7.org/fhir/resource-types"
RESOURCE_TYPE_SYSTEMS: Final = frozenset({RESOURCE_TYPES, "http://hl7.org/fhir/fhir-types"})
CONTEXT_TYPES: Final = frozenset({"Encounter", "EpisodeOfCare", "CarePlan"})
"""What a record can be part of, and so be related to."""
