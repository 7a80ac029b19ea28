"""The nonce, credential and notification endpoints (OpenID4VCI sections 7, 8 and 11)."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from issuer.api.oauth import (
    NO_STORE,
    REFUSALS,
    bearer_token,
    body_of,
    oauth_route,
    require_media_type,
)
from issuer.service.credentials import Credentials
from issuer.service.key_proofs import KeyProofs
from issuer.service.tokens import Tokens
from ssi_core import strict_json
from ssi_core.adapters.clock import Clock
from ssi_core.adapters.logging import event
from ssi_core.protocol.openid4vci import CredentialRequest, NotificationRequest, errors

JSON: Final = "application/json"
_JSON_BODY: Final[dict[str, object]] = {"requestBody": {"required": True, "content": {JSON: {}}}}


def nonce_routes(key_proofs: KeyProofs, clock: Clock) -> APIRouter:
    """Return the route that gives out nonces."""
    routes = APIRouter(
        tags=["issuance"], route_class=oauth_route(errors.INVALID_REQUEST), responses=REFUSALS
    )

    @routes.post("/nonce")
    def give_nonce() -> JSONResponse:
        """Give out a fresh c_nonce."""
        return JSONResponse(key_proofs.nonce(at=clock.now()).render(), headers=NO_STORE)

    return routes


def credential_routes(tokens: Tokens, credentials: Credentials, clock: Clock) -> APIRouter:
    """Return the route that issues credentials."""
    routes = APIRouter(
        tags=["issuance"],
        route_class=oauth_route(errors.INVALID_CREDENTIAL_REQUEST),
        responses=REFUSALS,
    )

    @routes.post("/credential", openapi_extra=_JSON_BODY)
    def issue(request: Request, body: Annotated[bytes, Depends(body_of)]) -> JSONResponse:
        """Issue one copy of a credential for each key proof."""
        now = clock.now()
        token = tokens.authenticate(bearer_token(request), at=now)
        require_media_type(request, JSON)
        asked = CredentialRequest.parse(strict_json.parse_object(body))
        answer = credentials.issue(token, asked, at=now)
        event("credential_issued", offer=token.offer, copies=len(answer.credentials))
        return JSONResponse(answer.render(), headers=NO_STORE)

    return routes


def notification_routes(tokens: Tokens, credentials: Credentials, clock: Clock) -> APIRouter:
    """Return the route that hears what became of credentials."""
    routes = APIRouter(
        tags=["issuance"],
        route_class=oauth_route(errors.INVALID_NOTIFICATION_REQUEST),
        responses=REFUSALS,
    )

    @routes.post("/notification", openapi_extra=_JSON_BODY, status_code=HTTPStatus.NO_CONTENT)
    def note(request: Request, body: Annotated[bytes, Depends(body_of)]) -> Response:
        """Take note that a wallet stored, lost or deleted credentials."""
        token = tokens.authenticate(bearer_token(request), at=clock.now())
        require_media_type(request, JSON)
        noted = NotificationRequest.parse(strict_json.parse_object(body))
        credentials.note(token, noted)
        event(noted.event, offer=token.offer)
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=NO_STORE)

    return routes
