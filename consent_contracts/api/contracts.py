"""Contracts over HTTP: which there are, and what one of them says to inputs."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends, Request

from consent_contracts.api.models import ContractOut, ContractsOut, SettlementOut
from consent_contracts.contracts.inputs import ContractInputs
from consent_contracts.contracts.register import Settlement
from consent_contracts.service.contracts import Contracts
from ssi_core.adapters.strict_route import StrictRoute


def contract_routes(contracts: Contracts, *, authenticate: Callable[[Request], None]) -> APIRouter:
    """Return the routes of contracts; `authenticate` raises for anyone else."""
    routes = APIRouter(
        prefix="/consent/contracts",
        tags=["contracts"],
        route_class=StrictRoute,
        dependencies=[Depends(authenticate)],
    )

    @routes.get("")
    def list_contracts() -> ContractsOut:
        """List the contracts that can be run here."""
        found = [ContractOut(name=name, version=version) for name, version in contracts.names]
        return ContractsOut(contracts=found)

    @routes.post("/{name}/decide")
    def decide(name: str, body: dict[str, Any]) -> SettlementOut:
        """Decide on inputs, which the caller has verified, and enter nothing."""
        return _out(contracts.decide(name, ContractInputs.parse(body)))

    @routes.post("/{name}/settle")
    def settle(name: str, body: dict[str, Any]) -> SettlementOut:
        """Decide, and enter what may happen once; of two who race, one is authorised."""
        return _out(contracts.settle(name, ContractInputs.parse(body)))

    return routes


def _out(settlement: Settlement) -> SettlementOut:
    return SettlementOut.model_validate(
        {
            "decision": settlement.decision.to_json(),
            "digest": settlement.decision.digest,
            "inputs": settlement.inputs.to_json(),
        }
    )
