"""Grants over HTTP: give, look up, say what became of them."""

from collections.abc import Callable
from http import HTTPStatus

from fastapi import APIRouter, Depends, Request

from consent_contracts.api.identifiers import known_form
from consent_contracts.api.models import CredentialIn, GrantOut, GrantsOut, RecordIn, StateIn
from consent_contracts.api.paging import Limit, Since, next_of
from consent_contracts.held_grant import HeldGrant
from consent_contracts.lifecycle import GrantState
from consent_contracts.record import GrantRecord
from consent_contracts.service.grants import Grants
from consent_contracts.wire import as_moment
from ssi_core.adapters.strict_route import StrictRoute
from ssi_core.errors import MalformedError
from ssi_core.period import to_timestamp


def grant_routes(grants: Grants, *, authenticate: Callable[[Request], None]) -> APIRouter:
    """Return the routes of grants; `authenticate` raises for anyone else."""
    routes = APIRouter(
        prefix="/consent/grants",
        tags=["grants"],
        route_class=StrictRoute,
        dependencies=[Depends(authenticate)],
    )

    @routes.post("", status_code=HTTPStatus.CREATED, response_model_exclude_unset=True)
    def take(body: RecordIn) -> GrantOut:
        """Keep a grant on the word of whoever has the token, or what is newly known about it."""
        record = GrantRecord.parse(body.model_dump(exclude_unset=True))
        return _out(grants.take_record(record))

    @routes.post("/signed", status_code=HTTPStatus.CREATED, response_model_exclude_unset=True)
    def take_signed(body: CredentialIn) -> GrantOut:
        """Keep a grant as its subject signed it; its key can end it here from then on."""
        if (body.state is None) != (body.known_at is None):
            raise MalformedError("a state is known since some moment", at="/known_at")
        held = grants.take_credential(
            body.credential,
            state=None if body.state is None else GrantState.parse(body.state),
            known_at=None if body.known_at is None else as_moment(body.known_at, at="/known_at"),
        )
        return _out(held)

    @routes.get("", response_model_exclude_unset=True)
    def list_grants(after: Since = 0, limit: Limit = 100) -> GrantsOut:
        """List the grants that are kept."""
        found = grants.page(after=after, limit=limit)
        return GrantsOut(
            grants=[_out(each.held) for each in found],
            next=next_of([each.number for each in found], limit=limit),
        )

    @routes.get("/{grant_id}", response_model_exclude_unset=True)
    def show(grant_id: str) -> GrantOut:
        """Return one grant."""
        return _out(grants.find(known_form(grant_id)))

    @routes.post("/{grant_id}/state", response_model_exclude_unset=True)
    def observe(grant_id: str, body: StateIn) -> GrantOut:
        """Say what the log says of a grant now; what has ended stays so."""
        state, known_at = GrantState.parse(body.state), as_moment(body.known_at, at="/known_at")
        return _out(grants.observe(known_form(grant_id), state, known_at=known_at))

    return routes


def _out(held: HeldGrant) -> GrantOut:
    record = held.record
    last = (
        {} if record.last_used_at is None else {"last_used_at": to_timestamp(record.last_used_at)}
    )
    return GrantOut.model_validate(
        {
            "grant": record.grant.to_json(),
            "state": None if record.state is None else record.state.value,
            "known_at": None if record.known_at is None else to_timestamp(record.known_at),
            "uses": record.uses,
            "signed": held.credential is not None,
            **last,
        }
    )
