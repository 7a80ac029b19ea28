"""OpenID AuthZEN's Authorization API 1.0: one evaluation, several, and where they are.

https://openid.net/specs/authorization-api-1_0.html
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from consent_contracts.authzen import Evaluations, parse_evaluation, render_answer
from consent_contracts.question import Answer
from consent_contracts.service.decisions import Decisions
from ssi_core import strict_json
from ssi_core.json_types import JsonObject

_REQUEST_ID: Final = "X-Request-ID"
_VISIBLE: Final = re.compile(r"[!-~]{1,200}")
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}


def authzen_routes(
    decisions: Decisions, *, public_url: str, authenticate: Callable[[Request], None]
) -> APIRouter:
    """Return the routes of a policy decision point; `authenticate` raises for anyone else."""
    routes = APIRouter(tags=["authzen"])
    private = [Depends(authenticate)]

    @routes.get("/.well-known/authzen-configuration")
    def configuration() -> Mapping[str, str]:
        """Say where the endpoints are (section 9)."""
        return {
            "policy_decision_point": public_url,
            "access_evaluation_endpoint": f"{public_url}/access/v1/evaluation",
            "access_evaluations_endpoint": f"{public_url}/access/v1/evaluations",
        }

    @routes.post(
        "/access/v1/evaluation",
        response_class=JSONResponse,
        dependencies=private,
        openapi_extra=_BODY,
    )
    async def evaluate(request: Request) -> JSONResponse:
        """Decide on one subject, action and resource."""
        question = parse_evaluation(await _read(request))
        answer = await run_in_threadpool(decisions.decide, question)
        return _rendered(request, render_answer(answer))

    @routes.post(
        "/access/v1/evaluations",
        response_class=JSONResponse,
        dependencies=private,
        openapi_extra=_BODY,
    )
    async def evaluate_several(request: Request) -> JSONResponse:
        """Decide on several at once, all of them or up to the first that settles it."""
        evaluations = Evaluations.parse(await _read(request))
        answers = await run_in_threadpool(_answers, decisions, evaluations)
        rendered = [render_answer(each) for each in answers]
        return _rendered(request, rendered[0] if evaluations.are_one else {"evaluations": rendered})

    return routes


def _answers(decisions: Decisions, evaluations: Evaluations) -> list[Answer]:
    found: list[Answer] = []
    for question in evaluations.questions:
        found.append(decisions.decide(question))
        if evaluations.semantic.ends_with(found[-1]):
            break
    return found


async def _read(request: Request) -> JsonObject:
    body = await request.body()
    return strict_json.parse_object(body, max_bytes=len(body))


def _rendered(request: Request, content: JsonObject) -> JSONResponse:
    headers = {"Cache-Control": "no-store"}
    given = request.headers.get(_REQUEST_ID, "")
    if _VISIBLE.fullmatch(given):
        headers[_REQUEST_ID] = given
    return JSONResponse(content, headers=headers)
