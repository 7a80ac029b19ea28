"""Whether a presentation holds: list what is needed, have it fetched, decide without I/O.

Whether an issuer is accredited for what it says, and whether a grant permits the use, is for the
caller to decide on what comes out.
"""

from ssi_core.verification.evidence import (
    DidNeed,
    Evidence,
    FetchedCredential,
    IssuerMetadataNeed,
    Need,
    ResourceNeed,
    StatusCredentialNeed,
    StatusNeed,
)
from ssi_core.verification.policy import Expected, VerificationPolicy
from ssi_core.verification.presented import needs, verify

__all__ = [
    "DidNeed",
    "Evidence",
    "Expected",
    "FetchedCredential",
    "IssuerMetadataNeed",
    "Need",
    "ResourceNeed",
    "StatusCredentialNeed",
    "StatusNeed",
    "VerificationPolicy",
    "needs",
    "verify",
]
