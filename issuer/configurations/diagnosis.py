"""`urn:consentry:diagnosis:1`, from a FHIR Condition."""

from issuer.configurations.members import (
    of_coding,
    of_encounter,
    of_others,
    of_party,
    of_patient,
    present,
)
from issuer.fhir import Condition, Patient
from ssi_core.json_types import JsonObject


def claims(patient: Patient, condition: Condition) -> JsonObject:
    """Return the claims of a diagnosis credential; `code` is always there."""
    return present(
        {
            **of_patient(patient),
            "code": of_coding(condition.code.coding),
            "additional_codings": of_others(condition.code),
            "clinical_status": condition.clinical_status,
            "verification_status": condition.verification_status,
            "onset": condition.onset,
            "abatement": condition.abatement,
            "recorded": condition.recorded,
            "encounter": of_encounter(condition.encounter),
            "asserter": of_party(condition.asserter),
            "organization": of_party(condition.organization),
        }
    )
