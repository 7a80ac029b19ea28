"""OpenID for Verifiable Credential Issuance 1.0: its messages, read and written.

https://openid.net/specs/openid-4-verifiable-credential-issuance-1_0.html
"""

from ssi_core.protocol.openid4vci import errors
from ssi_core.protocol.openid4vci.authorization_server import AuthorizationServerMetadata
from ssi_core.protocol.openid4vci.credential import (
    CredentialRequest,
    CredentialResponse,
    NonceResponse,
)
from ssi_core.protocol.openid4vci.errors import parse_error, render_error
from ssi_core.protocol.openid4vci.key_proof import (
    PROOF_TYPE,
    KeyProof,
    make_proof,
    proof_nonce,
    verify_proof,
)
from ssi_core.protocol.openid4vci.metadata import (
    ClaimDescription,
    CredentialConfiguration,
    CredentialIssuerMetadata,
    Display,
)
from ssi_core.protocol.openid4vci.notification import NotificationRequest
from ssi_core.protocol.openid4vci.offer import (
    CredentialOffer,
    CredentialOfferReference,
    PreAuthorizedCodeGrant,
    TxCode,
    parse_offer_uri,
)
from ssi_core.protocol.openid4vci.token import (
    AuthorizationDetail,
    TokenRequest,
    TokenResponse,
    parse_form,
)
from ssi_core.protocol.openid4vci.urls import (
    AUTHORIZATION_SERVER,
    CREDENTIAL_ISSUER,
    JWT_VC_ISSUER,
    require_issuer_identifier,
    well_known_url,
)

__all__ = [
    "AUTHORIZATION_SERVER",
    "CREDENTIAL_ISSUER",
    "JWT_VC_ISSUER",
    "PROOF_TYPE",
    "AuthorizationDetail",
    "AuthorizationServerMetadata",
    "ClaimDescription",
    "CredentialConfiguration",
    "CredentialIssuerMetadata",
    "CredentialOffer",
    "CredentialOfferReference",
    "CredentialRequest",
    "CredentialResponse",
    "Display",
    "KeyProof",
    "NonceResponse",
    "NotificationRequest",
    "PreAuthorizedCodeGrant",
    "TokenRequest",
    "TokenResponse",
    "TxCode",
    "errors",
    "make_proof",
    "parse_error",
    "parse_form",
    "parse_offer_uri",
    "proof_nonce",
    "render_error",
    "require_issuer_identifier",
    "verify_proof",
    "well_known_url",
]
