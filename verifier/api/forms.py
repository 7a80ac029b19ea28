"""Form bodies, read as strictly as JSON ones."""

from typing import Final

from fastapi import Request

from ssi_core.errors import MalformedError
from ssi_core.protocol.openid4vp import parse_form

FORM: Final = "application/x-www-form-urlencoded"


async def read_form(request: Request, *, may_be_empty: bool = False) -> dict[str, str]:
    """Return the fields of a form; a repeated field, and another media type, are refused."""
    body = await request.body()
    if may_be_empty and not body:
        return {}
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != FORM:
        raise MalformedError("the body must be a form", at="/content-type")
    try:
        return parse_form(body.decode("ascii"))
    except UnicodeDecodeError:
        raise MalformedError("a form is ASCII, with other characters escaped") from None
