"""Credentials: look at an offer, accept it, list and delete what is held."""

from http import HTTPStatus

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from ssi_core.json_types import JsonObject
from ssi_core.period import to_timestamp
from wallet.api.answers import Authenticate, answer, private_router
from wallet.credential import HeldCredential
from wallet.service import Wallet


class OfferIn(BaseModel):
    """An offer link, and the code that the issuer gave by another way."""

    model_config = ConfigDict(strict=True, extra="forbid")

    offer: str
    tx_code: str | None = None


def credential_routes(wallet: Wallet, authenticate: Authenticate) -> APIRouter:
    """Return the routes about what the wallet holds."""
    routes = private_router("credentials", authenticate, prefix="/credentials")

    @routes.post("", status_code=HTTPStatus.CREATED)
    def accept(body: OfferIn) -> JSONResponse:
        """Accept an offer; return what it brought."""
        held = wallet.accept(body.offer, body.tx_code)
        return answer({"credentials": [render(wallet, item) for item in held]}, HTTPStatus.CREATED)

    @routes.post("/offer")
    def look_at_offer(body: OfferIn) -> JSONResponse:
        """Read an offer and change nothing; `tx_code` says whether it needs a code."""
        view = wallet.view_offer(body.offer)
        return answer(
            {
                "issuer": view.credential_issuer,
                "issuer_name": view.issuer_name,
                "titles": list(view.titles),
                "tx_code": None if view.tx_code is None else view.tx_code.render(),
            }
        )

    @routes.get("")
    def show_all() -> JSONResponse:
        """List what is held, without values."""
        return answer({"credentials": [render(wallet, item) for item in wallet.credentials()]})

    @routes.get("/{credential_id}")
    def show_one(credential_id: str) -> JSONResponse:
        """Show every claim of one credential."""
        claims = [claim.to_json() for claim in wallet.claims(credential_id)]
        return answer({"credential": credential_id, "claims": claims})

    @routes.delete("/{credential_id}")
    def delete(credential_id: str) -> JSONResponse:
        """Destroy a credential with its keys."""
        wallet.delete(credential_id)
        return answer({"credential": credential_id, "state": "destroyed"})

    return routes


def render(wallet: Wallet, held: HeldCredential) -> JsonObject:
    """Return a credential without its values; `claims` counts them by their first name."""
    return {
        "credential": held.id,
        "vct": held.vct,
        "title": held.title,
        "issuer": held.issuer,
        "issuer_name": held.issuer_name,
        "received_at": to_timestamp(held.received_at),
        "claims": len({claim.path[0] for claim in wallet.claims(held.id)}),
        "copies": wallet.copies(held.id),
    }
