"""What a FHIR Consent refers to beyond its provisions: all of it has to be known to the caller."""

from collections.abc import Iterable

from consent_contracts.fhir.correspondence import Correspondence
from consent_contracts.fhir.element import Element
from consent_contracts.fhir.vocabulary import GRANT_POLICY, PATIENT_PRIVACY, FhirVersion
from ssi_core.errors import DataLossError

_VERIFICATION = (
    "verified", "verificationType", "verifiedBy", "verifiedWith", "verificationDate",
)  # fmt: skip


def require_understood(consent: Element, c: Correspondence, version: FhirVersion) -> None:
    """Refuse a Consent of a kind, a policy or an organization that the caller does not know."""
    _require_categories(consent, c)
    for each in consent.children("verification", _VERIFICATION):
        if each.members.get("verified") is not True:
            raise DataLossError("a Consent that was not verified", at=f"{each.at}/verified")
    if version is FhirVersion.R4:
        _require_r4(consent, c)
    else:
        _require_r5(consent, c)


def _require_categories(consent: Element, c: Correspondence) -> None:
    for concept in consent.children("category", ("coding", "text")):
        if c.categories.isdisjoint(concept.codings("coding")):
            raise DataLossError("a category of Consent that is not known here", at=concept.at)


def _require_r4(consent: Element, c: Correspondence) -> None:
    if PATIENT_PRIVACY not in consent.concept("scope"):
        raise DataLossError("a Consent about something other than privacy", at="/scope")
    _require_organizations(consent.references("organization"), c)
    for policy in consent.children("policy", ("authority", "uri")):
        for name in ("authority", "uri"):
            if (text := policy.text(name)) is not None:
                _require_policies((text,), c, at=f"{policy.at}/{name}")
    if "policyRule" in consent.members:
        _require_policies(consent.concept("policyRule"), c, at="/policyRule")


def _require_r5(consent: Element, c: Correspondence) -> None:
    _require_organizations((*consent.references("manager"), *consent.references("controller")), c)
    _require_policies(consent.concepts("regulatoryBasis"), c, at="/regulatoryBasis")
    for text in consent.references("policyText"):
        _require_policies((text.key(),), c, at=text.at)
    if "policyBasis" in consent.members:
        basis = consent.child("policyBasis", ("reference", "url"))
        if "reference" in basis.members:
            _require_policies((basis.reference("reference"),), c, at="/policyBasis/reference")
        if (url := basis.text("url")) is not None:
            _require_policies((url,), c, at="/policyBasis/url")


def _require_organizations(references: Iterable[Element], c: Correspondence) -> None:
    for each in references:
        if each.key() not in c.organizations:
            raise DataLossError("an organization that is not known here", at=each.at)


def _require_policies(names: Iterable[str], c: Correspondence, *, at: str) -> None:
    for name in names:
        if name != GRANT_POLICY and name not in c.policies:
            raise DataLossError("a policy that is not known here", at=at)
