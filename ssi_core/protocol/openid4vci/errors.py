"""Error codes of the issuance endpoints, and their JSON form (RFC 6749 section 5.2)."""

import re
from typing import Final

from ssi_core.errors import OAuthError, SsiError
from ssi_core.json_types import JsonObject

# Token endpoint: RFC 6749 section 5.2, OpenID4VCI section 6.3.
INVALID_REQUEST: Final = "invalid_request"
INVALID_CLIENT: Final = "invalid_client"
INVALID_GRANT: Final = "invalid_grant"
UNAUTHORIZED_CLIENT: Final = "unauthorized_client"
UNSUPPORTED_GRANT_TYPE: Final = "unsupported_grant_type"
INVALID_SCOPE: Final = "invalid_scope"
# RFC 9396 section 5.
INVALID_AUTHORIZATION_DETAILS: Final = "invalid_authorization_details"
# Protected resources: RFC 6750 section 3.1.
INVALID_TOKEN: Final = "invalid_token"  # noqa: S105 - an error code
INSUFFICIENT_SCOPE: Final = "insufficient_scope"
# Credential endpoint: section 8.3.1.2.
INVALID_CREDENTIAL_REQUEST: Final = "invalid_credential_request"
UNKNOWN_CREDENTIAL_CONFIGURATION: Final = "unknown_credential_configuration"
UNKNOWN_CREDENTIAL_IDENTIFIER: Final = "unknown_credential_identifier"
INVALID_PROOF: Final = "invalid_proof"
INVALID_NONCE: Final = "invalid_nonce"
INVALID_ENCRYPTION_PARAMETERS: Final = "invalid_encryption_parameters"
CREDENTIAL_REQUEST_DENIED: Final = "credential_request_denied"
# Notification endpoint: section 11.3.
INVALID_NOTIFICATION_ID: Final = "invalid_notification_id"
INVALID_NOTIFICATION_REQUEST: Final = "invalid_notification_request"

_CODE: Final = re.compile(r"[a-z_]{1,64}", re.ASCII)
_NOT_ALLOWED: Final = re.compile(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]")


def render_error(error: OAuthError) -> JsonObject:
    """Return the body of an error response; its description keeps to the characters allowed."""
    place = "" if error.at is None else f" (at {error.at})"
    description = _NOT_ALLOWED.sub("'", error.reason + place)
    return {"error": error.error, "error_description": description}


def refusal(error: SsiError, code: str) -> OAuthError:
    """Return `error` as a refusal with the error code of an endpoint."""
    return OAuthError(error.reason, at=error.at, error=code)


def parse_error(source: JsonObject) -> OAuthError:
    """Return the refusal that an error response stands for; its free text is left behind."""
    code = source.get("error")
    if not isinstance(code, str) or _CODE.fullmatch(code) is None:
        return OAuthError("the issuer refused, without an error code", error=INVALID_REQUEST)
    return OAuthError("the issuer refused", error=code)
