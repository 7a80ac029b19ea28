"""OpenID for Verifiable Presentations 1.0, messages only: one file for each."""

from ssi_core.protocol.openid4vp.authorization_request import (
    AuthorizationRequest,
    ResponseMode,
    new_nonce,
)
from ssi_core.protocol.openid4vp.authorization_response import (
    AuthorizationResponse,
    parse_response,
)
from ssi_core.protocol.openid4vp.client_id import ClientId, ClientIdPrefix
from ssi_core.protocol.openid4vp.client_metadata import ClientMetadata
from ssi_core.protocol.openid4vp.error_response import ErrorCode, ErrorResponse
from ssi_core.protocol.openid4vp.request_object import (
    STATIC_DISCOVERY_AUDIENCE,
    AuthenticatedRequest,
    RequestEvidence,
    check_request_object,
    check_request_parameters,
    client_did,
    sign_request_object,
    unsigned_request_object,
)
from ssi_core.protocol.openid4vp.request_uri import MEDIA_TYPE as REQUEST_OBJECT_MEDIA_TYPE
from ssi_core.protocol.openid4vp.request_uri import (
    RequestByReference,
    RequestByValue,
    RequestInParameters,
    RequestUriMethod,
    RequestUriPost,
    parse_form,
    parse_request_uri,
)

__all__ = [
    "REQUEST_OBJECT_MEDIA_TYPE",
    "STATIC_DISCOVERY_AUDIENCE",
    "AuthenticatedRequest",
    "AuthorizationRequest",
    "AuthorizationResponse",
    "ClientId",
    "ClientIdPrefix",
    "ClientMetadata",
    "ErrorCode",
    "ErrorResponse",
    "RequestByReference",
    "RequestByValue",
    "RequestEvidence",
    "RequestInParameters",
    "RequestUriMethod",
    "RequestUriPost",
    "ResponseMode",
    "check_request_object",
    "check_request_parameters",
    "client_did",
    "new_nonce",
    "parse_form",
    "parse_request_uri",
    "parse_response",
    "sign_request_object",
    "unsigned_request_object",
]
