"""The Digital Credentials Query Language of OpenID4VP 1.0, sections 6 and 7.

Queries are in `dcql_query`, the wallet's side in `dcql_match`, the verifier's in `dcql_answer`.
"""

from ssi_core.presentation.dcql_answer import Presented, check_answer
from ssi_core.presentation.dcql_match import (
    Candidate,
    Match,
    Option,
    SetChoice,
    match,
    select_paths,
)
from ssi_core.presentation.dcql_query import (
    SD_JWT_VC_FORMAT,
    ClaimQuery,
    ClaimValue,
    CredentialQuery,
    CredentialSetQuery,
    DcqlQuery,
    TrustedAuthoritiesQuery,
)

__all__ = [
    "SD_JWT_VC_FORMAT",
    "Candidate",
    "ClaimQuery",
    "ClaimValue",
    "CredentialQuery",
    "CredentialSetQuery",
    "DcqlQuery",
    "Match",
    "Option",
    "Presented",
    "SetChoice",
    "TrustedAuthoritiesQuery",
    "check_answer",
    "match",
    "select_paths",
]
