"""The Authorization Error Response (OpenID4VP 1.0 section 8.5)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from ssi_core.errors import MalformedError

# RFC 6749 section 4.1.2.1: printable ASCII without quotation mark and backslash.
_TEXT: Final = re.compile(r"[\x20-\x21\x23-\x5B\x5D-\x7E]{1,200}", re.ASCII)


class ErrorCode(StrEnum):
    """Codes that the specification defines for a wallet's refusal."""

    INVALID_REQUEST = "invalid_request"
    INVALID_CLIENT = "invalid_client"
    INVALID_SCOPE = "invalid_scope"
    UNAUTHORIZED_CLIENT = "unauthorized_client"
    UNSUPPORTED_RESPONSE_TYPE = "unsupported_response_type"
    ACCESS_DENIED = "access_denied"
    SERVER_ERROR = "server_error"
    TEMPORARILY_UNAVAILABLE = "temporarily_unavailable"
    VP_FORMATS_NOT_SUPPORTED = "vp_formats_not_supported"
    INVALID_REQUEST_URI_METHOD = "invalid_request_uri_method"
    INVALID_TRANSACTION_DATA = "invalid_transaction_data"
    WALLET_UNAVAILABLE = "wallet_unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorResponse:
    """A wallet's "no". `error` may be a code that another specification defines."""

    error: str
    state: str | None = None
    description: str | None = None

    def __post_init__(self) -> None:
        for at, text in (("/error", self.error), ("/error_description", self.description)):
            if text is not None and _TEXT.fullmatch(text) is None:
                raise MalformedError("must be printable ASCII of 1 to 200 characters", at=at)

    @classmethod
    def parse(cls, fields: Mapping[str, str]) -> Self:
        """Read the form fields of an error response."""
        if "error" not in fields:
            raise MalformedError("must be present", at="/error")
        return cls(
            error=fields["error"],
            state=fields.get("state"),
            description=fields.get("error_description"),
        )

    def to_form(self) -> dict[str, str]:
        """Return the form fields to post to the response URI."""
        fields = {"error": self.error}
        if self.description is not None:
            fields["error_description"] = self.description
        if self.state is not None:
            fields["state"] = self.state
        return fields
