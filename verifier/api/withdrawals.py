"""Where wallets tell that a grant was withdrawn."""

from typing import Final

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from ssi_core import strict_json
from ssi_core.errors import MalformedError
from verifier.service.withdrawals import Withdrawals

_JSON: Final = "application/json"
_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            _JSON: {"schema": {"type": "object", "properties": {"notice": {"type": "string"}}}},
            "application/consent-withdrawal+jwt": {"schema": {"type": "string"}},
        },
    }
}


class AcknowledgementOut(BaseModel, frozen=True):
    """The signed acknowledgement."""

    acknowledgement: str


def withdrawal_routes(withdrawals: Withdrawals) -> APIRouter:
    """Return the route that takes withdrawal notices."""
    routes = APIRouter(tags=["consent"])

    @routes.post("/withdrawals", openapi_extra=_BODY)
    async def receive(request: Request) -> AcknowledgementOut:
        """Confirm the withdrawal in the log, and acknowledge it."""
        notice = _notice(await request.body(), request.headers.get("content-type", ""))
        acknowledgement = await run_in_threadpool(withdrawals.receive, notice)
        return AcknowledgementOut(acknowledgement=acknowledgement)

    return routes


def _notice(body: bytes, content_type: str) -> str:
    """Read `{"notice": jws}`, or the JWS as it is."""
    if content_type.partition(";")[0].strip().lower() == _JSON:
        content = strict_json.parse_object(body, max_bytes=len(body))
        return strict_json.as_text(content.get("notice"), at="/notice")
    try:
        return body.decode("ascii").strip()
    except UnicodeDecodeError:
        raise MalformedError("a notice is a JWS") from None
