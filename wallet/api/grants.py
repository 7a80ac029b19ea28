"""Grants: who may see what right now, and taking it back."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from wallet.api.answers import Authenticate, answer, private_router
from wallet.service import Wallet


class ForgettingIn(BaseModel):
    """What is done first: take the grant back, and have the log drop its entry's bytes."""

    model_config = ConfigDict(strict=True, extra="forbid")

    withdraw: bool = False
    redact: bool = False


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

    @routes.post("/{grant_id}/forget")
    def forget(grant_id: str, body: ForgettingIn | None = None) -> JSONResponse:
        """Destroy the secret of a grant that is over, with all that is kept about it."""
        wish = body or ForgettingIn()
        done = wallet.forget(grant_id, withdraw=wish.withdraw, redact=wish.redact)
        return answer(
            {"state": "forgotten", "redacted": done.redacted, "unconfirmed": done.unconfirmed}
        )

    return routes
