"""What is sealed at rest, opened again: claims, agreements, and the policy of the time."""

from typing import Final

from verifier.held import Agreement, HeldClaims
from verifier.office import Office
from verifier.policy import AccreditedIssuers, Policy
from verifier.request import PresentationRequest

CLAIMS: Final = "claims"
AGREEMENT: Final = "agreement"


def open_claims(office: Office, request: PresentationRequest) -> HeldClaims | None:
    """Return the claims that an answer brought; nothing if it brought none, or they are erased."""
    if request.answer is None or request.answer.claims is None:
        return None
    content = office.open_sealed(request.answer.claims, kind=CLAIMS, request_id=request.id)
    return HeldClaims.from_bytes(content)


def open_agreement(office: Office, request: PresentationRequest) -> Agreement | None:
    """Return what an accepted answer agreed to."""
    if request.answer is None or request.answer.agreement is None:
        return None
    sealed = request.answer.agreement
    content = office.open_sealed(sealed, kind=AGREEMENT, request_id=request.id)
    return Agreement.from_bytes(content)


def read_policy(office: Office, request: PresentationRequest) -> Policy:
    """Return the policy as it was when the request was made, with the roots of today."""
    rules = [policy.issuers for policy in office.policies.values()]
    roots = {root for rule in rules if isinstance(rule, AccreditedIssuers) for root in rule.roots}
    return Policy.parse(request.policy, roots=roots)
