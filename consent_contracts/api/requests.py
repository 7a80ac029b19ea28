"""Consent requests over HTTP: make, look up, refuse. A grant that names one answers it."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Depends, Request

from consent_contracts.api.identifiers import known_form
from consent_contracts.api.models import RequestOut, RequestsOut
from consent_contracts.api.paging import Limit, Since, next_of
from consent_contracts.kept_request import KeptRequest
from consent_contracts.request import ConsentRequest
from consent_contracts.service.requests import Requests
from ssi_core.adapters.strict_route import StrictRoute
from ssi_core.period import to_timestamp


def request_routes(requests: Requests, *, authenticate: Callable[[Request], None]) -> APIRouter:
    """Return the routes of requests; `authenticate` raises for anyone else."""
    routes = APIRouter(
        prefix="/consent/requests",
        tags=["requests"],
        route_class=StrictRoute,
        dependencies=[Depends(authenticate)],
    )

    @routes.post("", status_code=HTTPStatus.CREATED)
    def make(body: dict[str, Any]) -> RequestOut:
        """Keep a consent request, the transaction data object; its digest is its id."""
        return _out(requests.make(ConsentRequest.from_json(body)))

    @routes.get("")
    def list_requests(after: Since = 0, limit: Limit = 100) -> RequestsOut:
        """List requests and what became of them."""
        found = requests.page(after=after, limit=limit)
        return RequestsOut(
            requests=[_out(each) for _, each in found],
            next=next_of([number for number, _ in found], limit=limit),
        )

    @routes.get("/{digest}")
    def show(digest: str) -> RequestOut:
        """Return one request."""
        return _out(requests.find(known_form(digest)))

    @routes.post("/{digest}/refuse")
    def refuse(digest: str) -> RequestOut:
        """Note that the person said no."""
        return _out(requests.refuse(known_form(digest)))

    return routes


def _out(kept: KeptRequest) -> RequestOut:
    return RequestOut.model_validate(
        {
            "digest": kept.request.digest,
            "text": kept.request.text,
            "request": kept.request.to_json(),
            "requested_at": to_timestamp(kept.requested_at),
            "state": kept.state.value,
            "grant_id": kept.grant_id,
        }
    )
