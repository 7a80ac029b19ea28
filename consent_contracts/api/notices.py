"""Signed documents as they arrive over HTTP, at whoever was given data or keeps it."""

from typing import Any, Final

from ssi_core import strict_json
from ssi_core.errors import MalformedError

_JSON: Final = "application/json"


def signed_body(member: str, media_type: str) -> dict[str, Any]:
    """Return what the OpenAPI description says of a body with one JWS, in JSON or as it is."""
    whole = {"type": "object", "properties": {member: {"type": "string"}}}
    content = {_JSON: {"schema": whole}, media_type: {"schema": {"type": "string"}}}
    return {"requestBody": {"required": True, "content": content}}


BODY: Final = signed_body("notice", "application/consent-withdrawal+jwt")
"""What the OpenAPI description says of a withdrawal notice."""


def read_notice(body: bytes, content_type: str) -> str:
    """Read `{"notice": jws}`, or the JWS as it is."""
    return read_signed(body, content_type, member="notice")


def read_signed(body: bytes, content_type: str, *, member: str) -> str:
    """Read a JWS from one member of a JSON object, or as it is."""
    if content_type.partition(";")[0].strip().lower() == _JSON:
        content = strict_json.parse_object(body, max_bytes=len(body))
        return strict_json.as_text(content.get(member), at=f"/{member}")
    try:
        return body.decode("ascii").strip()
    except UnicodeDecodeError:
        raise MalformedError("a signed document is a JWS") from None
