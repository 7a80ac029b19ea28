"""Where wallets tell that a grant was withdrawn."""

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from consent_contracts.api.notices import BODY, read_notice
from verifier.service.withdrawals import Withdrawals


class AcknowledgementOut(BaseModel, frozen=True):
    """The signed acknowledgement."""

    acknowledgement: str


def withdrawal_routes(withdrawals: Withdrawals) -> APIRouter:
    """Return the route that takes withdrawal notices."""
    routes = APIRouter(tags=["consent"])

    @routes.post("/withdrawals", openapi_extra=BODY)
    async def receive(request: Request) -> AcknowledgementOut:
        """Confirm the withdrawal in the log, and acknowledge it."""
        notice = read_notice(await request.body(), request.headers.get("content-type", ""))
        acknowledgement = await run_in_threadpool(withdrawals.receive, notice)
        return AcknowledgementOut(acknowledgement=acknowledgement)

    return routes
