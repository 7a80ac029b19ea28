"""The kinds of credential that we issue, each made from one kind of FHIR resource."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from issuer.configurations import diagnosis, immunization, laboratory_result
from issuer.configurations.disclosable import selectively
from issuer.fhir import Condition, Immunization, Observation, Patient, Resource
from ssi_core.json_types import JsonObject

__all__ = ["BY_ID", "CONFIGURATIONS", "Configuration", "certify", "selectively"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """One entry of `credential_configurations_supported`, and the type of its credentials."""

    id: str
    vct: str


DIAGNOSIS: Final = Configuration(id="diagnosis", vct="urn:consentry:diagnosis:1")
LABORATORY_RESULT: Final = Configuration(
    id="laboratory_result", vct="urn:consentry:laboratory-result:1"
)
IMMUNIZATION: Final = Configuration(id="immunization", vct="urn:consentry:immunization:1")

CONFIGURATIONS: Final = (DIAGNOSIS, LABORATORY_RESULT, IMMUNIZATION)
BY_ID: Final[Mapping[str, Configuration]] = {item.id: item for item in CONFIGURATIONS}


def certify(patient: Patient, resource: Resource) -> tuple[Configuration, JsonObject]:
    """Return which kind of credential `resource` becomes, and the claims that it will have."""
    match resource:
        case Condition():
            return DIAGNOSIS, diagnosis.claims(patient, resource)
        case Observation():
            return LABORATORY_RESULT, laboratory_result.claims(patient, resource)
        case Immunization():
            return IMMUNIZATION, immunization.claims(patient, resource)
