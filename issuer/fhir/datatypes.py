"""The FHIR data types that our credentials speak of (https://hl7.org/fhir/R4/datatypes.html)."""

from dataclasses import dataclass
from typing import Final

from issuer.fhir.element import Element

_NAME_USES: Final = ("official", "usual", None, "nickname", "anonymous", "temp", "maiden", "old")


@dataclass(frozen=True, slots=True)
class Coding:
    """A code of a code system; one without a code has only words."""

    system: str | None = None
    code: str | None = None
    display: str | None = None


@dataclass(frozen=True, slots=True)
class Concept:
    """A CodeableConcept: the first coding that has a code, and the other ones."""

    coding: Coding
    others: tuple[Coding, ...] = ()

    @property
    def word(self) -> str | None:
        """The code, or the words where there is none: for statuses and categories."""
        return self.coding.code or self.coding.display


@dataclass(frozen=True, slots=True)
class Identifier:
    """A number or name that a system gave to somebody."""

    system: str | None
    value: str


@dataclass(frozen=True, slots=True)
class Party:
    """A person or organisation that took part; never empty."""

    name: str | None
    identifier: Identifier | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A measured amount."""

    value: int | float
    comparator: str | None = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A FHIR Period; each end as precise as it was written."""

    start: str | None
    end: str | None


@dataclass(frozen=True, slots=True)
class Name:
    """A HumanName, as the parts that a credential has."""

    given: str | None
    family: str | None
    text: str | None

    @property
    def whole(self) -> str | None:
        """The name as one text."""
        parts = [part for part in (self.given, self.family) if part]
        return self.text or " ".join(parts) or None


def read_coding(element: Element) -> Coding:
    """Read a Coding."""
    return Coding(element.text("system"), element.text("code"), element.text("display"))


def read_concept(element: Element | None) -> Concept | None:
    """Read a CodeableConcept; nothing if it has neither a code nor words."""
    if element is None:
        return None
    codings = tuple(read_coding(item) for item in element.children("coding"))
    coded = tuple(coding for coding in codings if coding.code is not None)
    words = element.text("text") or next((item.display for item in codings if item.display), None)
    if not coded:
        return None if words is None else Concept(Coding(display=words))
    first = coded[0]
    shown = first if first.display else Coding(first.system, first.code, element.text("text"))
    return Concept(shown, coded[1:])


def read_word(element: Element | None) -> str | None:
    """Read a CodeableConcept down to its code, or its words where it has no code."""
    concept = read_concept(element)
    return None if concept is None else concept.word


def read_quantity(element: Element | None) -> Quantity | None:
    """Read a Quantity; nothing if it has no number."""
    value = None if element is None else element.number("value")
    if element is None or value is None:
        return None
    return Quantity(
        value=value,
        comparator=element.text("comparator"),
        unit=element.text("unit"),
        system=element.text("system"),
        code=element.text("code"),
    )


def read_span(element: Element | None) -> Span | None:
    """Read a Period; nothing if both ends are open."""
    if element is None:
        return None
    span = Span(element.moment("start"), element.moment("end"))
    return span if span.start or span.end else None


def read_identifier(element: Element) -> Identifier | None:
    """Read the first Identifier that has a value."""
    for item in element.children("identifier"):
        if (value := item.text("value")) is not None:
            return Identifier(item.text("system"), value)
    return None


def read_name(element: Element) -> Name | None:
    """Read the HumanName that is most fit for a document: official before usual before others."""
    names = element.children("name")
    if not names:
        return None
    chosen = min(names, key=_fitness)
    given = " ".join(chosen.texts("given")) or None
    return Name(given, chosen.text("family"), chosen.text("text"))


def _fitness(name: Element) -> int:
    use = name.text("use")
    return _NAME_USES.index(use) if use in _NAME_USES else len(_NAME_USES)
