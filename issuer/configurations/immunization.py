"""`urn:consentry:immunization:1`, from a FHIR Immunization."""

from issuer.configurations.members import (
    of_coding,
    of_encounter,
    of_others,
    of_party,
    of_patient,
    present,
)
from issuer.fhir import Immunization, Patient
from ssi_core.json_types import JsonObject


def claims(patient: Patient, immunization: Immunization) -> JsonObject:
    """Return the claims of an immunization credential; `vaccine` is always there."""
    return present(
        {
            **of_patient(patient),
            "vaccine": of_coding(immunization.vaccine.coding),
            "additional_codings": of_others(immunization.vaccine),
            "vaccination_status": immunization.status,
            "occurrence": immunization.occurrence,
            "primary_source": immunization.primary_source,
            "lot_number": immunization.lot_number,
            "encounter": of_encounter(immunization.encounter),
            "performer": of_party(immunization.performer),
            "organization": of_party(immunization.organization),
        }
    )
