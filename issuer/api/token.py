"""The token endpoint (OpenID4VCI section 6)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from issuer.api.oauth import NO_STORE, REFUSALS, body_of, oauth_route, require_media_type
from issuer.service.tokens import Tokens
from ssi_core.adapters.clock import Clock
from ssi_core.adapters.logging import event
from ssi_core.protocol.openid4vci import TokenRequest, errors, parse_form

FORM = "application/x-www-form-urlencoded"


def token_routes(tokens: Tokens, clock: Clock) -> APIRouter:
    """Return the route that redeems pre-authorized codes."""
    routes = APIRouter(
        tags=["issuance"], route_class=oauth_route(errors.INVALID_REQUEST), responses=REFUSALS
    )

    @routes.post("/token", openapi_extra=_form_body())
    def redeem(request: Request, body: Annotated[bytes, Depends(body_of)]) -> JSONResponse:
        """Turn a pre-authorized code, and its transaction code, into an access token."""
        require_media_type(request, FORM)
        answer = tokens.redeem(TokenRequest.parse(parse_form(body)), at=clock.now())
        event("token_issued")
        return JSONResponse(answer.render(), headers={**NO_STORE, "Pragma": "no-cache"})

    return routes


def _form_body() -> dict[str, object]:
    return {"requestBody": {"required": True, "content": {FORM: {}}}}
