"""Emergencies: what was opened without consent, as custodians have told it."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from wallet.api.answers import Authenticate, answer, private_router
from wallet.service import Wallet


def emergency_routes(wallet: Wallet, authenticate: Authenticate) -> APIRouter:
    """Return the route about emergencies."""
    routes = private_router("emergencies", authenticate, prefix="/emergencies")

    @routes.get("")
    def show_all() -> JSONResponse:
        """List the emergencies that this wallet was told of."""
        return answer({"emergencies": [each.to_json() for each in wallet.emergencies()]})

    return routes
