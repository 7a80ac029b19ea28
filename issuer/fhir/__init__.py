"""FHIR R4 (and R5 where its names are close): bundles read into the facts that we certify."""

from issuer.fhir.condition import Condition
from issuer.fhir.datatypes import Coding, Concept, Identifier, Party, Quantity, Span
from issuer.fhir.encounter import Encounter
from issuer.fhir.immunization import Immunization
from issuer.fhir.observation import Component, Observation, ReferenceRange, Value
from issuer.fhir.patient import Patient
from issuer.fhir.record import PatientRecord, Resource, Skipped, read_bundle

__all__ = [
    "Coding",
    "Component",
    "Concept",
    "Condition",
    "Encounter",
    "Identifier",
    "Immunization",
    "Observation",
    "Party",
    "Patient",
    "PatientRecord",
    "Quantity",
    "ReferenceRange",
    "Resource",
    "Skipped",
    "Span",
    "Value",
    "read_bundle",
]
