"""Receipts over HTTP: hand one in, read those about a grant."""

from collections.abc import Callable
from http import HTTPStatus

from fastapi import APIRouter, Depends, Request

from consent_contracts.api.identifiers import known_form
from consent_contracts.api.models import ReceiptIn, ReceiptOut, ReceiptsOut
from consent_contracts.service.receipts import Receipts
from ssi_core.adapters.strict_route import StrictRoute


def receipt_routes(receipts: Receipts, *, authenticate: Callable[[Request], None]) -> APIRouter:
    """Return the routes of receipts; `authenticate` raises for anyone else."""
    routes = APIRouter(
        prefix="/consent",
        tags=["receipts"],
        route_class=StrictRoute,
        dependencies=[Depends(authenticate)],
    )

    @routes.post("/receipts", status_code=HTTPStatus.CREATED)
    def take(body: ReceiptIn) -> ReceiptOut:
        """Verify a recipient's receipt by the key that it names, and keep it."""
        receipt = receipts.take(body.receipt)
        return ReceiptOut(
            id=receipt.id,
            event=receipt.event.value,
            grant_id=receipt.grant_id,
            decision="permit" if receipt.permitted else "deny",
        )

    @routes.get("/grants/{grant_id}/receipts")
    def about(grant_id: str) -> ReceiptsOut:
        """Return the receipts about a grant, as they were signed."""
        return ReceiptsOut(receipts=list(receipts.about(known_form(grant_id))))

    return routes
