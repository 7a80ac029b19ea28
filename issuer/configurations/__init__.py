"""The kinds of credential that we issue, each made from one kind of FHIR resource."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from issuer.configurations import diagnosis, immunization, laboratory_result
from issuer.configurations.disclosable import selectively
from issuer.fhir import Condition, Immunization, Observation, Patient, Resource
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject

__all__ = [
    "BY_ID",
    "CONFIGURATIONS",
    "LDP_VC_CONFIGURATIONS",
    "AnyConfiguration",
    "Configuration",
    "Format",
    "LdpVcConfiguration",
    "certify",
    "in_format",
    "selectively",
]


class Format(StrEnum):
    """The Credential Format Identifiers of what we issue (OpenID4VCI appendix A)."""

    SD_JWT_VC = "dc+sd-jwt"
    LDP_VC = "ldp_vc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """One entry of `credential_configurations_supported`, and the type of its credentials."""

    id: str
    vct: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LdpVcConfiguration:
    """The same claims as those of `twin`, as a credential of VCDM 2.0 with an embedded proof.

    `type` is a term of our health context.
    """

    id: str
    type: str
    twin: Configuration


AnyConfiguration: TypeAlias = Configuration | LdpVcConfiguration

DIAGNOSIS: Final = Configuration(id="diagnosis", vct="urn:consentry:diagnosis:1")
LABORATORY_RESULT: Final = Configuration(
    id="laboratory_result", vct="urn:consentry:laboratory-result:1"
)
IMMUNIZATION: Final = Configuration(id="immunization", vct="urn:consentry:immunization:1")

CONFIGURATIONS: Final = (DIAGNOSIS, LABORATORY_RESULT, IMMUNIZATION)
LDP_VC_CONFIGURATIONS: Final = tuple(
    LdpVcConfiguration(id=f"{twin.id}_{Format.LDP_VC}", type=kind, twin=twin)
    for twin, kind in (
        (DIAGNOSIS, "DiagnosisCredential"),
        (LABORATORY_RESULT, "LaboratoryResultCredential"),
        (IMMUNIZATION, "ImmunizationCredential"),
    )
)
BY_ID: Final[Mapping[str, AnyConfiguration]] = {
    **{item.id: item for item in CONFIGURATIONS},
    **{item.id: item for item in LDP_VC_CONFIGURATIONS},
}


def certify(patient: Patient, resource: Resource) -> tuple[Configuration, JsonObject]:
    """Return which kind of credential `resource` becomes, and the claims that it will have."""
    match resource:
        case Condition():
            return DIAGNOSIS, diagnosis.claims(patient, resource)
        case Observation():
            return LABORATORY_RESULT, laboratory_result.claims(patient, resource)
        case Immunization():
            return IMMUNIZATION, immunization.claims(patient, resource)


def in_format(configuration: str, wanted: Format) -> str:
    """Return the id of the configuration with the claims of `configuration` in a format.

    Raises `MalformedError` for a kind of credential that is not made in it.
    """
    if wanted is Format.SD_JWT_VC:
        return configuration
    for item in LDP_VC_CONFIGURATIONS:
        if item.twin.id == configuration:
            return item.id
    raise MalformedError("this kind of credential is not made in this format", at="/formats")
