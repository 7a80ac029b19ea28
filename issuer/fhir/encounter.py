"""Encounter: when and where care took place, and who was there (R4 and R5 names)."""

from dataclasses import dataclass

from issuer.fhir.bundle import Bundle, BundledResource
from issuer.fhir.datatypes import read_coding, read_span, read_word
from issuer.fhir.element import Element
from issuer.fhir.parties import NOBODY, Parties, read_parties


@dataclass(frozen=True, slots=True, kw_only=True)
class Encounter:
    """A visit; what the record does not say is nothing."""

    kind: str | None = None
    type: str | None = None
    start: str | None = None
    end: str | None = None


def read_encounter(bundle: Bundle, of: BundledResource) -> tuple[Encounter | None, Parties]:
    """Return the encounter of a resource and who took part in it, as far as the bundle has them."""
    resource = bundle.find(of.element.child("encounter"), of=of)
    if resource is None or resource.kind != "Encounter":
        return None, NOBODY
    element = resource.element
    span = read_span(element.child("period")) or read_span(element.child("actualPeriod"))
    encounter = Encounter(
        kind=next(filter(None, map(_class, element.child_or_children("class"))), None),
        type=next(filter(None, map(_type, element.children("type"))), None),
        start=None if span is None else span.start,
        end=None if span is None else span.end,
    )
    actors = [
        item.child("individual") or item.child("actor") for item in element.children("participant")
    ]
    parties = read_parties(bundle, [*actors, element.child("serviceProvider")], resource)
    return (None if encounter == Encounter() else encounter), parties


def _class(element: Element) -> str | None:
    # A Coding in R4, a CodeableConcept in R5.
    coding = read_coding(element)
    return coding.code or coding.display or read_word(element)


def _type(element: Element) -> str | None:
    displays = [item.text("display") for item in element.children("coding")]
    return element.text("text") or next(filter(None, displays), None) or read_word(element)
