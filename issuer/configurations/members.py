"""Claims that several kinds of credential share; what the record does not say is left out."""

from collections.abc import Mapping

from issuer.fhir import Coding, Concept, Encounter, Identifier, Party, Patient, Quantity
from ssi_core.json_types import JsonObject, JsonValue


def present(members: Mapping[str, JsonValue]) -> JsonObject:
    """Return the members that have a value; `false` and 0 are values."""
    return {name: value for name, value in members.items() if value not in (None, {}, [])}


def of_patient(patient: Patient) -> JsonObject:
    """Return who the subject is."""
    return {
        "given_name": patient.given_name,
        "family_name": patient.family_name,
        "birth_date": patient.birth_date,
        "gender": patient.gender,
    }


def of_coding(coding: Coding) -> JsonObject:
    """Return a code with its system and its words."""
    return present({"system": coding.system, "code": coding.code, "display": coding.display})


def of_others(concept: Concept) -> list[JsonValue]:
    """Return the codings after the first one."""
    return [of_coding(coding) for coding in concept.others]


def of_quantity(quantity: Quantity | None) -> JsonObject:
    """Return an amount, with FHIR's names."""
    if quantity is None:
        return {}
    return present(
        {
            "value": quantity.value,
            "comparator": quantity.comparator,
            "unit": quantity.unit,
            "system": quantity.system,
            "code": quantity.code,
        }
    )


def of_encounter(encounter: Encounter | None) -> JsonObject:
    """Return when and how the visit was."""
    if encounter is None:
        return {}
    return present(
        {
            "class": encounter.kind,
            "type": encounter.type,
            "start": encounter.start,
            "end": encounter.end,
        }
    )


def of_party(party: Party | None) -> JsonObject:
    """Return somebody's name and identifier."""
    if party is None:
        return {}
    return present({"name": party.name, "identifier": _of_identifier(party.identifier)})


def _of_identifier(identifier: Identifier | None) -> JsonObject:
    if identifier is None:
        return {}
    return present({"system": identifier.system, "value": identifier.value})
