"""Patient: whom the bundle is about (https://hl7.org/fhir/R4/patient.html)."""

from dataclasses import dataclass

from issuer.fhir.bundle import BundledResource
from issuer.fhir.datatypes import read_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """The subject of every claim; what the record does not say is nothing."""

    given_name: str | None = None
    family_name: str | None = None
    birth_date: str | None = None
    gender: str | None = None


def read_patient(resource: BundledResource) -> Patient:
    """Read a Patient."""
    element = resource.element
    name = read_name(element)
    return Patient(
        given_name=None if name is None else name.given,
        family_name=None if name is None else name.family,
        birth_date=element.moment("birthDate"),
        gender=element.text("gender"),
    )
