"""`urn:consentry:laboratory-result:1`, from a FHIR Observation."""

from issuer.configurations.members import (
    of_coding,
    of_encounter,
    of_others,
    of_party,
    of_patient,
    of_quantity,
    present,
)
from issuer.fhir import Concept, Observation, Patient, Quantity, ReferenceRange, Span, Value
from ssi_core.json_types import JsonObject


def claims(patient: Patient, observation: Observation) -> JsonObject:
    """Return the claims of a laboratory result; `code`, and `value` or `values`, are there."""
    return present(
        {
            **of_patient(patient),
            "code": of_coding(observation.code.coding),
            "additional_codings": of_others(observation.code),
            "result_status": observation.status,
            "category": observation.category,
            "effective": observation.effective,
            "issued": observation.issued,
            "value": None if observation.value is None else _of_value(observation.value),
            "values": [
                {"code": of_coding(part.code.coding), "value": _of_value(part.value)}
                for part in observation.components
            ],
            "reference_range": _of_range(observation.reference_range),
            "encounter": of_encounter(observation.encounter),
            "performer": of_party(observation.performer),
            "organization": of_party(observation.organization),
        }
    )


def _of_value(value: Value) -> JsonObject:
    match value:
        case Quantity():
            return of_quantity(value)
        case Concept():
            return of_coding(value.coding)
        case ReferenceRange():
            return _of_range(value)
        case Span():
            return present({"start": value.start, "end": value.end})
        case bool():
            return {"value": value}
        case str():
            return {"text": value}


def _of_range(reference_range: ReferenceRange | None) -> JsonObject:
    if reference_range is None:
        return {}
    return present(
        {
            "low": of_quantity(reference_range.low),
            "high": of_quantity(reference_range.high),
            "text": reference_range.text,
        }
    )
