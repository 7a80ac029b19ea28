"""A patient's record, read from one bundle: what can be certified, and what cannot and why."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from issuer.fhir.bundle import Bundle, BundledResource
from issuer.fhir.condition import Condition, read_condition
from issuer.fhir.immunization import Immunization, read_immunization
from issuer.fhir.observation import Observation, read_observation
from issuer.fhir.patient import Patient, read_patient
from issuer.fhir.subject import Unfit, require_subject
from ssi_core.errors import MalformedError

Resource: TypeAlias = Condition | Observation | Immunization


@dataclass(frozen=True, slots=True)
class Skipped:
    """A resource that is no ground for a credential: where it stands, and a word that says why."""

    kind: str
    at: str
    reason: str


@dataclass(frozen=True, slots=True)
class PatientRecord:
    """One patient, and every resource that a credential can be made from, with its pointer."""

    patient: Patient
    resources: tuple[tuple[str, Resource], ...]
    skipped: tuple[Skipped, ...]


# The resources we read, the member that says whom each is about, and its reading function.
_READERS: Final[Mapping[str, tuple[str, Callable[[Bundle, BundledResource], Resource]]]] = {
    "Condition": ("subject", read_condition),
    "Observation": ("subject", read_observation),
    "Immunization": ("patient", read_immunization),
}


def read_bundle(text: bytes) -> PatientRecord:
    """Read a FHIR bundle of any type that is about exactly one patient.

    Resource types that we do not certify are ignored. Raises `MalformedError`, naming rule and
    pointer, for what is not FHIR, for no patient or several, and for a subject that is not there.
    """
    bundle = Bundle.parse(text)
    patients = bundle.of_kind("Patient")
    if len(patients) != 1:
        raise MalformedError("a bundle is about exactly one patient", at="/entry")
    read: list[tuple[str, Resource]] = []
    skipped: list[Skipped] = []
    for resource in bundle.resources:
        if resource.kind not in _READERS:
            continue
        member, reader = _READERS[resource.kind]
        at = resource.element.at
        try:
            require_subject(bundle, resource, patients[0], member=member)
            read.append((at, reader(bundle, resource)))
        except Unfit as unfit:
            skipped.append(Skipped(resource.kind, at, unfit.reason))
    return PatientRecord(read_patient(patients[0]), tuple(read), tuple(skipped))
