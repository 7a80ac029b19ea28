"""Who took part: practitioners, directly or by their role, and organisations."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from issuer.fhir.bundle import Bundle, BundledResource
from issuer.fhir.datatypes import Identifier, Party, read_identifier, read_name
from issuer.fhir.element import Element

_PEOPLE: Final = frozenset({"Practitioner", "Patient", "RelatedPerson"})


@dataclass(frozen=True, slots=True)
class Parties:
    """A person, and the organisation that the person acted for; either may be unknown."""

    person: Party | None = None
    organization: Party | None = None

    def or_else(self, other: "Parties") -> "Parties":
        """Fill what is unknown here from `other`."""
        return Parties(self.person or other.person, self.organization or other.organization)


NOBODY: Final = Parties()


def read_parties(
    bundle: Bundle, references: Iterable[Element | None], of: BundledResource
) -> Parties:
    """Return the first person and the first organisation that the references lead to."""
    found = NOBODY
    for reference in references:
        found = found.or_else(_one(bundle, reference, of))
    return found


def _one(bundle: Bundle, reference: Element | None, of: BundledResource) -> Parties:
    if reference is None:
        return NOBODY
    resource = bundle.find(reference, of=of)
    if resource is None:
        return _unresolved(reference)
    element = resource.element
    if resource.kind in _PEOPLE:
        return Parties(person=_person(element))
    if resource.kind == "Organization":
        return Parties(organization=_party(element.text("name"), read_identifier(element)))
    if resource.kind == "PractitionerRole":
        named = (element.child("practitioner"), element.child("organization"))
        # A role that leads to another role says nothing, and must not lead us in circles.
        return read_roles(bundle, named, resource)
    return NOBODY


def read_roles(
    bundle: Bundle, references: tuple[Element | None, Element | None], of: BundledResource
) -> Parties:
    """Return who a PractitionerRole is about: its practitioner and its organisation."""
    practitioner, organization = (
        _one(bundle, reference, of) if _leads_on(bundle, reference, of) else NOBODY
        for reference in references
    )
    return Parties(practitioner.person, organization.organization)


def _leads_on(bundle: Bundle, reference: Element | None, of: BundledResource) -> bool:
    resource = bundle.find(reference, of=of)
    return resource is None or resource.kind != "PractitionerRole"


def _unresolved(reference: Element) -> Parties:
    # What is not in the bundle may still be named where it is referred to.
    named = reference.child("identifier")
    value = None if named is None else named.text("value")
    identifier = None if named is None or value is None else Identifier(named.text("system"), value)
    party = _party(reference.text("display"), identifier)
    kind = reference.text("type") or (reference.text("reference") or "").rpartition("/")[0]
    if kind.rpartition("/")[2] == "Organization":
        return Parties(organization=party)
    return Parties(person=party)


def _person(element: Element) -> Party | None:
    name = read_name(element)
    return _party(None if name is None else name.whole, read_identifier(element))


def _party(name: str | None, identifier: Identifier | None) -> Party | None:
    return None if name is None and identifier is None else Party(name, identifier)
