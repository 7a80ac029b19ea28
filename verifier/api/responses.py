"""Where wallets post their answers: direct_post and direct_post.jwt (OpenID4VP 1.0 section 8.2)."""

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from ssi_core.adapters.problem_details import MEDIA_TYPE, problem, status_of
from ssi_core.errors import SsiError
from verifier.api.forms import FORM, read_form
from verifier.api.identifiers import known_form
from verifier.service.responses import Reply, Responses

_FORM_BODY: Final = {
    "requestBody": {"required": True, "content": {FORM: {"schema": {"type": "object"}}}}
}


class ReplyOut(BaseModel, frozen=True):
    """The answer was taken; the receipt is there if a grant came with it."""

    result: str
    receipt: str | None = None


def response_routes(responses: Responses, *, route_class: type[APIRoute] = APIRoute) -> APIRouter:
    """Return the route that takes answers; its class says how refusals look."""
    routes = APIRouter(prefix="/responses", tags=["openid4vp"], route_class=route_class)

    @routes.post("/{response_id}", response_model=ReplyOut, openapi_extra=_FORM_BODY)
    async def receive(response_id: str, request: Request) -> JSONResponse:
        """Judge the answer: 200 if it was accepted, else a problem, with the receipt of it."""
        fields = await read_form(request)
        reply = await run_in_threadpool(responses.receive, known_form(response_id), fields)
        if reply.error is None:
            return _accepted(reply)
        if reply.receipt is None:
            raise reply.error
        return _refused(reply.error, reply.receipt)

    return routes


def _accepted(reply: Reply) -> JSONResponse:
    body = {"result": reply.request_id}
    if reply.receipt is not None:
        body["receipt"] = reply.receipt
    return JSONResponse(body, headers={"Cache-Control": "no-store"})


def _refused(error: SsiError, receipt: str) -> JSONResponse:
    body = {**problem(error), "receipt": receipt}
    headers = {"Cache-Control": "no-store"}
    return JSONResponse(body, status_of(error), media_type=MEDIA_TYPE, headers=headers)
