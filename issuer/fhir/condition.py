"""Condition: a diagnosis (https://hl7.org/fhir/R4/condition.html)."""

from dataclasses import dataclass

from issuer.fhir.bundle import Bundle, BundledResource
from issuer.fhir.datatypes import Concept, Party, read_concept, read_span, read_word
from issuer.fhir.element import Element
from issuer.fhir.encounter import Encounter, read_encounter
from issuer.fhir.parties import read_parties
from issuer.fhir.subject import Unfit


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A diagnosis with its encounter, its asserter and the organisation behind it."""

    code: Concept
    clinical_status: str | None = None
    verification_status: str | None = None
    onset: str | None = None
    abatement: str | None = None
    recorded: str | None = None
    encounter: Encounter | None = None
    asserter: Party | None = None
    organization: Party | None = None

    @property
    def date(self) -> str | None:
        """When it was, for whoever has to choose among several."""
        return self.onset or self.recorded


def read_condition(bundle: Bundle, resource: BundledResource) -> Condition:
    """Read a Condition; one that is coded as nothing, refuted or a mistake is `Unfit`."""
    element = resource.element
    verification = read_word(element.child("verificationStatus"))
    # A holder may keep the status back, so what was refuted is never certified at all.
    if verification in ("entered-in-error", "refuted"):
        raise Unfit(verification.replace("-", "_"))
    code = read_concept(element.child("code"))
    if code is None:
        raise Unfit("no_code")
    encounter, present = read_encounter(bundle, resource)
    stated = [element.child("asserter"), *_r5_asserters(element)]
    parties = read_parties(bundle, stated, resource).or_else(present)
    return Condition(
        code=code,
        clinical_status=read_word(element.child("clinicalStatus")),
        verification_status=verification,
        onset=_moment(element, "onset"),
        abatement=_moment(element, "abatement"),
        recorded=element.moment("recordedDate"),
        encounter=encounter,
        asserter=parties.person,
        organization=parties.organization,
    )


def _moment(element: Element, name: str) -> str | None:
    # Ages and free text are no dates, and none is made of them.
    span = read_span(element.child(f"{name}Period"))
    return element.moment(f"{name}DateTime") or (None if span is None else span.start)


def _r5_asserters(element: Element) -> list[Element | None]:
    return [
        item.child("actor")
        for item in element.children("participant")
        if read_word(item.child("function")) in ("informant", "author", "attester", "verifier")
    ]
