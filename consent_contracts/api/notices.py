"""Withdrawal notices as they arrive over HTTP, at whoever was given data or keeps it."""

from typing import Any, Final

from ssi_core import strict_json
from ssi_core.errors import MalformedError

_JSON: Final = "application/json"
BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            _JSON: {"schema": {"type": "object", "properties": {"notice": {"type": "string"}}}},
            "application/consent-withdrawal+jwt": {"schema": {"type": "string"}},
        },
    }
}
"""What the OpenAPI description says of the body."""


def read_notice(body: bytes, content_type: str) -> str:
    """Read `{"notice": jws}`, or the JWS as it is."""
    if content_type.partition(";")[0].strip().lower() == _JSON:
        content = strict_json.parse_object(body, max_bytes=len(body))
        return strict_json.as_text(content.get("notice"), at="/notice")
    try:
        return body.decode("ascii").strip()
    except UnicodeDecodeError:
        raise MalformedError("a notice is a JWS") from None
