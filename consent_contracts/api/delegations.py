"""Delegations over HTTP: say what lets representatives act, and whether it still does."""

from collections.abc import Callable
from http import HTTPStatus

from fastapi import APIRouter, Depends, Request

from consent_contracts.api.identifiers import known_form
from consent_contracts.api.models import DelegationIn, DelegationOut, DelegationsOut
from consent_contracts.api.paging import Limit, Since, next_of
from consent_contracts.delegation import DelegationRecord
from consent_contracts.service.delegations import KeptDelegations
from ssi_core.adapters.strict_route import StrictRoute


def delegation_routes(
    delegations: KeptDelegations, *, authenticate: Callable[[Request], None]
) -> APIRouter:
    """Return the routes of delegations; `authenticate` raises for anyone else."""
    routes = APIRouter(
        prefix="/consent/delegations",
        tags=["delegations"],
        route_class=StrictRoute,
        dependencies=[Depends(authenticate)],
    )

    @routes.post("", status_code=HTTPStatus.CREATED)
    def take(body: DelegationIn) -> DelegationOut:
        """Keep a delegation, or what is newly known about it; what has ended stays so."""
        record = DelegationRecord.parse(body.model_dump())
        return _out(delegations.take(record))

    @routes.get("")
    def list_delegations(after: Since = 0, limit: Limit = 100) -> DelegationsOut:
        """List the delegations that are kept."""
        found = delegations.page(after=after, limit=limit)
        return DelegationsOut(
            delegations=[_out(record) for _, record in found],
            next=next_of([number for number, _ in found], limit=limit),
        )

    @routes.get("/{delegation_id}")
    def show(delegation_id: str) -> DelegationOut:
        """Return one delegation."""
        return _out(delegations.find(known_form(delegation_id)))

    return routes


def _out(record: DelegationRecord) -> DelegationOut:
    return DelegationOut.model_validate(record.to_json())
