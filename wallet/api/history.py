"""History, and finishing what was interrupted."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from ssi_core.json_types import JsonObject
from wallet.api.answers import Authenticate, answer, private_router
from wallet.api.questions import render_sharing
from wallet.service import Resumed, Wallet


def history_routes(wallet: Wallet, authenticate: Authenticate) -> APIRouter:
    """Return the routes about what happened, and what is still to be done."""
    routes = private_router("history", authenticate)

    @routes.get("/history")
    def show() -> JSONResponse:
        """List every step, oldest first."""
        return answer({"events": [event.to_json() for event in wallet.history()]})

    @routes.post("/resume")
    def resume() -> JSONResponse:
        """Finish or clean up what was interrupted."""
        return answer(render_resumed(wallet.resume()))

    return routes


def render_resumed(resumed: Resumed) -> JsonObject:
    """Return what a resume brought to an end."""
    return {
        "credentials": [item.id for item in resumed.credentials],
        "answers": [render_sharing(item) for item in resumed.answers],
        "withdrawals": [
            item.consented.grant_id for item in resumed.withdrawals if item.consented is not None
        ],
        "emergencies": [item.id for item in resumed.emergencies],
    }
