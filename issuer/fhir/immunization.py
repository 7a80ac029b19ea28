"""Immunization: a vaccine that was given (https://hl7.org/fhir/R4/immunization.html)."""

from dataclasses import dataclass

from issuer.fhir.bundle import Bundle, BundledResource
from issuer.fhir.datatypes import Concept, Party, read_concept
from issuer.fhir.encounter import Encounter, read_encounter
from issuer.fhir.parties import read_parties
from issuer.fhir.subject import Unfit


@dataclass(frozen=True, slots=True, kw_only=True)
class Immunization:
    """A dose of a vaccine, with who gave it and where."""

    vaccine: Concept
    status: str | None = None
    occurrence: str | None = None
    primary_source: bool | None = None
    lot_number: str | None = None
    encounter: Encounter | None = None
    performer: Party | None = None
    organization: Party | None = None

    @property
    def date(self) -> str | None:
        """When it was, for whoever has to choose among several."""
        return self.occurrence


def read_immunization(bundle: Bundle, resource: BundledResource) -> Immunization:
    """Read an Immunization; one that was not done, or is a mistake, is `Unfit`."""
    element = resource.element
    status = element.text("status")
    # A holder may keep the status back, so what was not done is never certified at all.
    if status in ("entered-in-error", "not-done"):
        raise Unfit(status.replace("-", "_"))
    vaccine = read_concept(element.child("vaccineCode"))
    if vaccine is None:
        raise Unfit("no_code")
    encounter, present = read_encounter(bundle, resource)
    actors = [item.child("actor") for item in element.children("performer")]
    parties = read_parties(bundle, actors, resource).or_else(present)
    return Immunization(
        vaccine=vaccine,
        status=status,
        occurrence=element.moment("occurrenceDateTime"),
        primary_source=element.boolean("primarySource"),
        lot_number=element.text("lotNumber"),
        encounter=encounter,
        performer=parties.person,
        organization=parties.organization,
    )
