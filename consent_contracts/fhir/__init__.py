"""FHIR Consent, R4 and R5, in and out: what cannot be said on the other side is an error."""

from consent_contracts.fhir.correspondence import Correspondence
from consent_contracts.fhir.ihe_pcf import PcfProfile, require_profile
from consent_contracts.fhir.reading import ReadConsent, read_consent
from consent_contracts.fhir.vocabulary import FhirVersion
from consent_contracts.fhir.writing import write_consent

__all__ = [
    "Correspondence",
    "FhirVersion",
    "PcfProfile",
    "ReadConsent",
    "read_consent",
    "require_profile",
    "write_consent",
]
