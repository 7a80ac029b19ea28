"""Where wallets fetch request objects: GET, or POST with a nonce (OpenID4VP 1.0 section 5.10)."""

from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from ssi_core.protocol.openid4vp import REQUEST_OBJECT_MEDIA_TYPE, RequestUriPost
from verifier.api.forms import FORM, read_form
from verifier.api.identifiers import known_form
from verifier.service.requests import Requests

_FORM_BODY: Final = {"requestBody": {"content": {FORM: {"schema": {"type": "object"}}}}}
_OBJECT: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {REQUEST_OBJECT_MEDIA_TYPE: {"schema": {"type": "string"}}}}
}


def request_routes(requests: Requests, *, route_class: type[APIRoute] = APIRoute) -> APIRouter:
    """Return the routes that serve request objects; their class says how refusals look."""
    routes = APIRouter(prefix="/requests", tags=["openid4vp"], route_class=route_class)

    @routes.get("/{request_id}", response_class=Response, responses=_OBJECT)
    def fetch(request_id: str) -> Response:
        """Serve the request object."""
        return _served(requests.serve(known_form(request_id), RequestUriPost()))

    @routes.post(
        "/{request_id}", response_class=Response, responses=_OBJECT, openapi_extra=_FORM_BODY
    )
    async def fetch_with_nonce(request_id: str, request: Request) -> Response:
        """Serve the request object with the wallet's nonce in it."""
        fields = await read_form(request, may_be_empty=True)
        post = RequestUriPost.parse(fields)
        return _served(await run_in_threadpool(requests.serve, known_form(request_id), post))

    return routes


def _served(text: str) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(text, media_type=REQUEST_OBJECT_MEDIA_TYPE, headers=headers)
