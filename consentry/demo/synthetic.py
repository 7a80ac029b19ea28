"""Invented patients as FHIR R4 bundles, for when one bundle is not enough."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final
from uuid import UUID

from ssi_core import strict_json
from ssi_core.json_types import JsonObject

_GIVEN: Final = ("Ada", "Bela", "Chidi", "Dalia", "Emre", "Freya", "Goran", "Hana", "Ines", "Jun")
_FAMILY: Final = ("Abbot", "Bergström", "Castro", "Diallo", "Eklund", "Fofanah", "García", "Ōta")
_CONDITIONS: Final = (
    ("44054006", "Diabetes mellitus type 2 (disorder)"),
    ("38341003", "Hypertensive disorder, systemic arterial (disorder)"),
    ("195967001", "Asthma (disorder)"),
    ("40055000", "Chronic sinusitis (disorder)"),
    ("59621000", "Essential hypertension (disorder)"),
)
_NAMES: Final = ("patient", "organization", "practitioner", "encounter", "condition")
_FIRST_ONSET: Final = datetime(2015, 1, 1, tzinfo=UTC)
_SNOMED: Final = "http://snomed.info/sct"
_CLINICAL: Final = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_VERIFICATION: Final = "http://terminology.hl7.org/CodeSystem/condition-ver-status"


def bundle(number: int) -> bytes:
    """Return the bundle of invented patient `number`: the same bytes for the same number."""
    chance = Random(number)  # noqa: S311 - invented people need no secrecy
    ids = {name: f"urn:uuid:{UUID(int=chance.getrandbits(128), version=4)}" for name in _NAMES}
    onset = _FIRST_ONSET + timedelta(days=chance.randrange(3650), minutes=chance.randrange(1440))
    resources: tuple[JsonObject, ...] = (
        _patient(chance),
        {"resourceType": "Organization", "name": f"Practice {number}", "active": True},
        {"resourceType": "Practitioner", "name": [{"family": chance.choice(_FAMILY)}]},
        _encounter(ids, onset),
        _condition(ids, onset, chance),
    )
    entries: list[JsonObject] = [
        {"fullUrl": ids[name], "resource": {**resource, "id": ids[name].removeprefix("urn:uuid:")}}
        for name, resource in zip(_NAMES, resources, strict=True)
    ]
    content: JsonObject = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return strict_json.render(content).encode()


def _patient(chance: Random) -> JsonObject:
    born = datetime(1930, 1, 1, tzinfo=UTC) + timedelta(days=chance.randrange(27_000))
    return {
        "resourceType": "Patient",
        "name": [{"family": chance.choice(_FAMILY), "given": [chance.choice(_GIVEN)]}],
        "gender": chance.choice(("female", "male", "other", "unknown")),
        "birthDate": born.date().isoformat(),
    }


def _encounter(ids: dict[str, str], onset: datetime) -> JsonObject:
    end = onset + timedelta(minutes=20)
    return {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {
            "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
            "code": "AMB",
        },
        "subject": {"reference": ids["patient"]},
        "participant": [{"individual": {"reference": ids["practitioner"]}}],
        "period": {"start": onset.isoformat(), "end": end.isoformat()},
        "serviceProvider": {"reference": ids["organization"]},
    }


def _condition(ids: dict[str, str], onset: datetime, chance: Random) -> JsonObject:
    code, display = chance.choice(_CONDITIONS)
    return {
        "resourceType": "Condition",
        "clinicalStatus": {"coding": [{"system": _CLINICAL, "code": "active"}]},
        "verificationStatus": {"coding": [{"system": _VERIFICATION, "code": "confirmed"}]},
        "code": {"coding": [{"system": _SNOMED, "code": code, "display": display}]},
        "subject": {"reference": ids["patient"]},
        "encounter": {"reference": ids["encounter"]},
        "onsetDateTime": onset.isoformat(),
        "recordedDate": onset.isoformat(),
    }
