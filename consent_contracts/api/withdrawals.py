"""Where wallets tell a custodian that a grant was withdrawn; the signature says who speaks."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from consent_contracts.api.models import WithdrawnOut
from consent_contracts.api.notices import BODY, read_notice
from consent_contracts.service.grants import Grants


def withdrawal_routes(grants: Grants) -> APIRouter:
    """Return the route that takes withdrawal notices."""
    routes = APIRouter(tags=["grants"])

    @routes.post("/withdrawals", openapi_extra=BODY)
    async def receive(request: Request) -> WithdrawnOut:
        """End a grant by a notice that its own key signed."""
        notice = read_notice(await request.body(), request.headers.get("content-type", ""))
        held = await run_in_threadpool(grants.withdraw, notice)
        state = held.record.state
        return WithdrawnOut(grant_id=held.id, state="unknown" if state is None else state.value)

    return routes
