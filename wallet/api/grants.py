"""Grants: who may see what right now, and taking it back."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from wallet.api.answers import Authenticate, answer, private_router
from wallet.service import Wallet


def grant_routes(wallet: Wallet, authenticate: Authenticate) -> APIRouter:
    """Return the routes about grants."""
    routes = private_router("grants", authenticate, prefix="/grants")

    @routes.get("")
    def show_all() -> JSONResponse:
        """List every grant given, with its state at this moment."""
        return answer({"grants": [view.to_json() for view in wallet.grants()]})

    @routes.get("/{grant_id}")
    def show_one(grant_id: str) -> JSONResponse:
        """Show one grant."""
        return answer(wallet.grant(grant_id).to_json())

    @routes.post("/{grant_id}/withdraw")
    def withdraw(grant_id: str) -> JSONResponse:
        """Take a grant back; doing so again changes nothing."""
        return answer(wallet.withdraw(grant_id).to_json())

    return routes
