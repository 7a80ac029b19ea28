"""Observation: a laboratory result (https://hl7.org/fhir/R4/observation.html)."""

from dataclasses import dataclass
from typing import Final, TypeAlias

from issuer.fhir.bundle import Bundle, BundledResource
from issuer.fhir.datatypes import (
    Concept,
    Party,
    Quantity,
    Span,
    read_concept,
    read_quantity,
    read_span,
    read_word,
)
from issuer.fhir.element import Element
from issuer.fhir.encounter import Encounter, read_encounter
from issuer.fhir.parties import read_parties
from issuer.fhir.subject import Unfit

_LABORATORY: Final = frozenset({"laboratory", "lab"})
# In these states there is no result yet, or none any more.
_NO_RESULT: Final = {
    "entered-in-error": "entered_in_error",
    "cancelled": "cancelled",
    "registered": "not_yet_a_result",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceRange:
    """Between which amounts a value lies, or is expected to lie."""

    low: Quantity | None = None
    high: Quantity | None = None
    text: str | None = None


Value: TypeAlias = Quantity | Concept | ReferenceRange | Span | str | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One of several values that were taken together, such as systolic pressure."""

    code: Concept
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """A result: one value, or several components, or both."""

    code: Concept
    status: str | None = None
    category: str | None = None
    effective: str | None = None
    issued: str | None = None
    value: Value | None = None
    components: tuple[Component, ...] = ()
    reference_range: ReferenceRange | None = None
    encounter: Encounter | None = None
    performer: Party | None = None
    organization: Party | None = None

    @property
    def date(self) -> str | None:
        """When it was, for whoever has to choose among several."""
        return self.effective or self.issued


def read_observation(bundle: Bundle, resource: BundledResource) -> Observation:
    """Read an Observation; one of another category, or without any value, is `Unfit`."""
    element = resource.element
    category = _category(element)
    status = element.text("status")
    if status in _NO_RESULT:
        raise Unfit(_NO_RESULT[status])
    code = read_concept(element.child("code"))
    if code is None:
        raise Unfit("no_code")
    value, components = _value(element), _components(element)
    if value is None and not components:
        raise Unfit("no_value")
    encounter, present = read_encounter(bundle, resource)
    parties = read_parties(bundle, element.children("performer"), resource).or_else(present)
    return Observation(
        code=code,
        status=status,
        category=category,
        effective=_effective(element),
        issued=element.moment("issued"),
        value=value,
        components=components,
        reference_range=_reference_range(element),
        encounter=encounter,
        performer=parties.person,
        organization=parties.organization,
    )


def _category(element: Element) -> str | None:
    words = [word for item in element.children("category") if (word := read_word(item))]
    if not words:
        return None
    for word in words:
        if word.lower() in _LABORATORY:
            return word
    raise Unfit("not_a_laboratory_result")


def _effective(element: Element) -> str | None:
    moment = element.moment("effectiveDateTime") or element.moment("effectiveInstant")
    span = read_span(element.child("effectivePeriod"))
    return moment or (None if span is None else span.start or span.end)


def _value(element: Element) -> Value | None:
    number = element.number("valueInteger")
    words = (element.text("valueString"), element.text("valueTime"))
    found: tuple[Value | None, ...] = (
        read_quantity(element.child("valueQuantity")),
        read_concept(element.child("valueCodeableConcept")),
        None if number is None else Quantity(value=number),
        _range(element.child("valueRange")),
        read_span(element.child("valuePeriod")),
        element.boolean("valueBoolean"),
        element.moment("valueDateTime"),
        *words,
    )
    return next((value for value in found if value is not None), None)


def _components(element: Element) -> tuple[Component, ...]:
    read = (
        (read_concept(item.child("code")), _value(item)) for item in element.children("component")
    )
    return tuple(
        Component(code=code, value=value)
        for code, value in read
        if code is not None and value is not None
    )


def _range(element: Element | None) -> ReferenceRange | None:
    if element is None:
        return None
    read = ReferenceRange(
        low=read_quantity(element.child("low")),
        high=read_quantity(element.child("high")),
        text=element.text("text"),
    )
    return None if read == ReferenceRange() else read


def _reference_range(element: Element) -> ReferenceRange | None:
    # Others hold for some people or purposes only, and which ones a credential could not say.
    normal = [
        item
        for item in element.children("referenceRange")
        if read_word(item.child("type")) in (None, "normal")
    ]
    return _range(normal[0]) if len(normal) == 1 else None
