"""Whose data a FHIR Consent is about, and who agreed in that person's place."""

from consent_contracts.fhir.correspondence import Correspondence
from consent_contracts.fhir.element import Element
from consent_contracts.fhir.vocabulary import THUMBPRINT, FhirVersion, Own
from consent_contracts.grantor import Grantor
from ssi_core.errors import DataLossError
from ssi_core.strict_json import as_text

SUBJECT: dict[FhirVersion, str] = {FhirVersion.R4: "patient", FhirVersion.R5: "subject"}
GRANTOR: dict[FhirVersion, str] = {FhirVersion.R4: "performer", FhirVersion.R5: "grantor"}


def read_subject(consent: Element, c: Correspondence, version: FhirVersion) -> frozenset[str]:
    """Return the thumbprints of the keys by which the subject is known."""
    name = SUBJECT[version]
    reference = consent.one_reference(name, (Own.SUBJECT_KEY,))
    key = reference.key()
    if key.startswith(THUMBPRINT):
        more = (as_text(each, at=f"/{name}/extension") for each in reference.own(Own.SUBJECT_KEY))
        return frozenset({key.removeprefix(THUMBPRINT), *more})
    if (known := c.subjects.get(key)) is not None:
        return known
    raise DataLossError("a subject whose keys are not known here", at=f"/{name}")


def read_grantor(consent: Element, c: Correspondence, version: FhirVersion) -> Grantor | None:
    """Return the representatives who agreed, or nothing if it was the subject, or nobody else."""
    name = GRANTOR[version]
    subject = consent.one_reference(SUBJECT[version], (Own.SUBJECT_KEY,)).key()
    references = consent.references(name)
    keys = [each.key() for each in references]
    delegation = consent.own_text(Own.DELEGATION)
    if delegation is None and set(keys) <= {subject}:
        return None
    if delegation is not None and keys and all(key.startswith(THUMBPRINT) for key in keys):
        return Grantor(
            keys=frozenset(key.removeprefix(THUMBPRINT) for key in keys), delegation=delegation
        )
    known: list[Grantor] = []
    for each in references:
        if (grantor := c.grantors.get(each.key())) is None:
            raise DataLossError("a representative who is not known here", at=each.at)
        known.append(grantor)
    if delegation is not None or len({each.delegation for each in known}) != 1:
        raise DataLossError("who agrees together acts by one delegation", at=f"/{name}")
    return Grantor(
        keys=frozenset[str]().union(*(each.keys for each in known)),
        delegation=known[0].delegation,
    )
