"""Break-glass over HTTP: open, close and review by what is signed, look back, tell persons."""

from collections.abc import Callable
from http import HTTPStatus

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool

from consent_contracts.api.emergency_models import (
    EmergenciesOut,
    EmergencyOut,
    NoticesOut,
    OpenedOut,
    ReviewsOut,
    emergency_out,
)
from consent_contracts.api.identifiers import known_form
from consent_contracts.api.models import AnswerOut
from consent_contracts.api.notices import read_signed, signed_body
from consent_contracts.api.paging import Limit, Since, next_of
from consent_contracts.service.emergencies import Emergencies
from consent_contracts.service.endings import Endings
from ssi_core.adapters.strict_route import StrictRoute


def emergency_routes(emergencies: Emergencies, endings: Endings, *, public_url: str) -> APIRouter:
    """Return the routes that need no token: the signature says who speaks."""
    routes = APIRouter(prefix="/emergencies", tags=["emergencies"])

    @routes.post(
        "",
        status_code=HTTPStatus.CREATED,
        response_model_exclude_none=True,
        openapi_extra=signed_body("request", "application/consent-emergency+jwt"),
    )
    async def break_glass(request: Request) -> OpenedOut:
        """Open a session for a request that an organisation signed, and decide under it."""
        text = await _signed(request, "request")
        kept, answer = await run_in_threadpool(emergencies.open, text, audience=public_url)
        decision = AnswerOut.model_validate(answer.to_json())
        shown = emergency_out(kept, at=emergencies.now())
        return OpenedOut(emergency=shown, decision=decision)

    @routes.post(
        "/closings",
        response_model_exclude_none=True,
        openapi_extra=signed_body("closing", "application/consent-emergency-closing+jwt"),
    )
    async def close(request: Request) -> EmergencyOut:
        """End a session now, for the organisation that opened it."""
        text = await _signed(request, "closing")
        kept = await run_in_threadpool(endings.close, text, audience=public_url)
        return emergency_out(kept, at=emergencies.now())

    @routes.post(
        "/reviews",
        response_model_exclude_none=True,
        openapi_extra=signed_body("review", "application/consent-emergency-review+jwt"),
    )
    async def review(request: Request) -> EmergencyOut:
        """Keep what another person of the organisation found, once a session has ended."""
        text = await _signed(request, "review")
        kept = await run_in_threadpool(endings.review, text, audience=public_url)
        return emergency_out(kept, at=emergencies.now())

    @routes.post(
        "/notices", openapi_extra=signed_body("request", "application/consent-emergencies+jwt")
    )
    async def tell(request: Request) -> NoticesOut:
        """Tell a holder, by the key that the data is bound by, what was opened of it."""
        text = await _signed(request, "request")
        notices = await run_in_threadpool(emergencies.notices, text, audience=public_url)
        return NoticesOut.model_validate(notices.to_json())

    return routes


def opened_emergency_routes(
    emergencies: Emergencies, endings: Endings, *, authenticate: Callable[[Request], None]
) -> APIRouter:
    """Return the routes to look back by; `authenticate` raises for anyone else."""
    routes = APIRouter(
        prefix="/consent/emergencies",
        tags=["emergencies"],
        route_class=StrictRoute,
        dependencies=[Depends(authenticate)],
    )

    @routes.get("", response_model_exclude_none=True)
    def look_back(after: Since = 0, limit: Limit = 100) -> EmergenciesOut:
        """List the emergencies that were asked for."""
        found, at = emergencies.page(after=after, limit=limit), emergencies.now()
        return EmergenciesOut(
            emergencies=[emergency_out(each.emergency, at=at) for each in found],
            next=next_of([each.number for each in found], limit=limit),
        )

    @routes.get("/unreviewed", response_model_exclude_none=True)
    def wait_for_review(limit: Limit = 100) -> ReviewsOut:
        """List the emergencies that have ended and that nobody has reviewed, those due first."""
        at = emergencies.now()
        found = [emergency_out(each, at=at) for each in endings.waiting()]
        overdue = [each for each in found if each.overdue]
        return ReviewsOut(waiting=len(found), overdue=len(overdue), emergencies=found[:limit])

    @routes.get("/{session}", response_model_exclude_none=True)
    def look_at(session: str) -> EmergencyOut:
        """Return one emergency, and what became of its entry in the log."""
        return emergency_out(emergencies.find(known_form(session)), at=emergencies.now())

    return routes


async def _signed(request: Request, member: str) -> str:
    content_type = request.headers.get("content-type", "")
    return read_signed(await request.body(), content_type, member=member)
