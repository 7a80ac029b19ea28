"""Break-glass over HTTP: open by a signed request, look back, and what persons are told."""

from collections.abc import Callable
from http import HTTPStatus

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool

from consent_contracts.api.identifiers import known_form
from consent_contracts.api.models import (
    AnswerOut,
    EmergenciesOut,
    EmergencyOut,
    EntryOut,
    NoticesOut,
    OpenedOut,
)
from consent_contracts.api.notices import read_signed, signed_body
from consent_contracts.api.paging import Limit, Since, next_of
from consent_contracts.break_glass import Emergency, OpenedEmergency
from consent_contracts.break_glass_log import QueuedEmergency
from consent_contracts.kept_emergency import KeptEmergency
from consent_contracts.service.emergencies import Emergencies
from ssi_core.adapters.strict_route import StrictRoute
from ssi_core.period import to_timestamp


def emergency_routes(emergencies: Emergencies, *, public_url: str) -> APIRouter:
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
        return OpenedOut(emergency=_out(kept, emergencies.state(kept)), decision=decision)

    @routes.post(
        "/notices", openapi_extra=signed_body("request", "application/consent-emergencies+jwt")
    )
    async def tell(request: Request) -> NoticesOut:
        """Tell a holder, by the key that the data is bound by, what was opened of it."""
        text = await _signed(request, "request")
        notices = await run_in_threadpool(emergencies.notices, text, audience=public_url)
        return NoticesOut.model_validate({"notices": [each.to_json() for each in notices]})

    return routes


def opened_emergency_routes(
    emergencies: Emergencies, *, authenticate: Callable[[Request], None]
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
        found = emergencies.page(after=after, limit=limit)
        return EmergenciesOut(
            emergencies=[_out(each.emergency, emergencies.state(each.emergency)) for each in found],
            next=next_of([each.number for each in found], limit=limit),
        )

    @routes.get("/{session}", response_model_exclude_none=True)
    def look_at(session: str) -> EmergencyOut:
        """Return one emergency, and what became of its entry in the log."""
        found = emergencies.find(known_form(session))
        return _out(found, emergencies.state(found))

    return routes


async def _signed(request: Request, member: str) -> str:
    content_type = request.headers.get("content-type", "")
    return read_signed(await request.body(), content_type, member=member)


def _out(kept: KeptEmergency, state: Emergency) -> EmergencyOut:
    asked, session = kept.asked, kept.session
    common = {
        "session": kept.entry_id,
        "recipient": str(asked.request.recipient),
        "actor": str(asked.request.actor),
        "role": asked.role,
        "reason": asked.reason.value,
        "purpose": asked.request.purpose.value,
        "asked_at": to_timestamp(asked.asked_at),
    }
    if session is None:
        return EmergencyOut.model_validate({**common, "state": "asked", "flagged": False})
    return EmergencyOut.model_validate(
        {
            **common,
            "state": "open" if isinstance(state, OpenedEmergency) else "ended",
            "opened_at": to_timestamp(session.opened_at),
            "ends_at": to_timestamp(session.ends_at),
            "flagged": session.flagged,
            "notice_due_at": to_timestamp(session.notice.due_at),
            "told_at": None if kept.told_at is None else to_timestamp(kept.told_at),
            "review_due_at": to_timestamp(session.review_due_at),
            "entry": _entry(kept, session),
        }
    )


def _entry(kept: KeptEmergency, session: OpenedEmergency) -> EntryOut:
    logged, entered = kept.logged, session.logged
    state = "queued" if logged is None else "logged"
    return EntryOut.model_validate(
        {
            "id": session.id,
            "log": entered.log,
            "state": state if kept.refused_at is None else "refused",
            "index": None if logged is None else logged.entry,
            "tree_size": None if logged is None else logged.tree_size,
            "known_at": to_timestamp(entered.known_at)
            if isinstance(entered, QueuedEmergency)
            else None,
        }
    )
