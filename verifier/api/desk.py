"""The organisation's own desk: ask, look, use. Every route needs the administrator's token."""

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus

from fastapi import APIRouter, Depends, Request

from consent_contracts.purpose import Purpose
from registry.client.edge.freshness import Basis
from ssi_core.adapters.strict_route import StrictRoute
from ssi_core.period import to_timestamp
from ssi_core.protocol.openid4vp import ClientIdPrefix, ResponseMode
from verifier.api.desk_models import (
    CheckOut,
    EvidenceOut,
    IdentityOut,
    OverridesIn,
    PastUseOut,
    PoliciesOut,
    PolicyOut,
    RequestIn,
    RequestOut,
    ResultOut,
    UseIn,
    UseOut,
    UsesOut,
)
from verifier.api.identifiers import known_form
from verifier.checks import Check
from verifier.held import parse_wanted
from verifier.office import Office
from verifier.service.requests import Overrides, Requests
from verifier.service.results import Result, Results
from verifier.service.uses import Uses


def desk_routes(
    office: Office,
    *,
    requests: Requests,
    results: Results,
    uses: Uses,
    authenticate: Callable[[Request], None],
) -> APIRouter:
    """Return the routes of the desk; `authenticate` raises for anyone else."""
    routes = APIRouter(
        prefix="/desk",
        tags=["desk"],
        route_class=StrictRoute,
        dependencies=[Depends(authenticate)],
    )

    @routes.get("/identity")
    def identity() -> IdentityOut:
        """Say who asks here."""
        return IdentityOut(did=str(office.identity.did), name=office.name, log=office.log.origin)

    @routes.get("/policies")
    def policies() -> PoliciesOut:
        """List the questions that can be asked."""
        found = [
            PolicyOut(id=each.id, title=each.title, grant=each.grant is not None)
            for each in office.policies.values()
        ]
        return PoliciesOut(policies=found)

    @routes.post("/requests", status_code=HTTPStatus.CREATED)
    def ask(body: RequestIn) -> RequestOut:
        """Make a request under a policy."""
        request = requests.create(body.policy, _overrides(body))
        return RequestOut(
            id=request.id,
            uri=requests.uri(request),
            request_uri=office.request_uri(request.id),
            expires_at=to_timestamp(request.expires_at),
        )

    @routes.get("/requests/{request_id}", response_model_exclude_unset=True)
    def look(request_id: str) -> ResultOut:
        """Show what became of a request; claims only if the grant permits them now."""
        return _result(results.result(known_form(request_id)))

    @routes.post("/requests/{request_id}/uses")
    def use(request_id: str, body: UseIn) -> UseOut:
        """Use what the answer brought, if the grant permits this purpose now."""
        purpose = Purpose.parse(body.purpose)
        wanted = None if body.claims is None else parse_wanted(body.claims, at="/claims")
        used = uses.use(known_form(request_id), purpose, wanted)
        return UseOut(
            claims=dict(used.claims),
            obligations=list(used.obligations),
            receipt=used.receipt,
            evidence=None if used.basis is None else _evidence(used.basis),
        )

    @routes.get("/requests/{request_id}/uses")
    def past_uses(request_id: str) -> UsesOut:
        """List every use, permitted or not, with its receipt."""
        found = uses.history(known_form(request_id))
        return UsesOut(
            uses=[
                PastUseOut(
                    purpose=each.purpose,
                    used_at=to_timestamp(each.used_at),
                    decision="permit" if each.permitted else "deny",
                    refusals=list(each.refusals),
                    receipt=each.receipt,
                )
                for each in found
            ]
        )

    return routes


def _evidence(basis: Basis) -> EvidenceOut:
    told = basis.to_json()
    return EvidenceOut.model_validate({**told, "staleness": told["class"]})


def _overrides(body: RequestIn) -> Overrides:
    inner = body.overrides or OverridesIn()
    period = inner.period or body.period
    mode = inner.response_mode or body.response_mode or ResponseMode.DIRECT_POST.value
    prefix = inner.client_id_prefix or body.client_id_prefix
    return Overrides(
        period=None if period is None else timedelta(seconds=period),
        response_mode=ResponseMode(mode),
        client_id_prefix=ClientIdPrefix(prefix or ClientIdPrefix.DECENTRALIZED_IDENTIFIER.value),
    )


def _result(result: Result) -> ResultOut:
    members: dict[str, object] = {
        "id": result.request.id,
        "policy": result.request.policy["id"],
        "state": result.state.value,
        "checks": [_check(check) for check in result.checks],
    }
    optional = {
        "reason": result.reason,
        "refusals": list(result.refusals) or None,
        "claims": result.claims,
        "withheld": list(result.withheld) or None,
        "grant_id": result.grant_id,
        "receipt": result.receipt,
    }
    members |= {name: value for name, value in optional.items() if value is not None}
    return ResultOut.model_validate(members)


def _check(check: Check) -> CheckOut:
    return CheckOut.model_validate(check.to_json())
