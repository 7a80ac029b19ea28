"""The custodian's composition root."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, TypeAlias

from fastapi import FastAPI, Request
from sqlalchemy import Engine

from consent_contracts.adapters.claim_register_sql import SqlClaimRegister
from consent_contracts.adapters.emergency_policy import read_policy
from consent_contracts.adapters.no_emergency_log import NoEmergencyLog
from consent_contracts.adapters.resolved_keys import ResolvedKeys
from consent_contracts.adapters.settings import ConsentSettings
from consent_contracts.adapters.sql import SqlStore
from consent_contracts.api.authzen import authzen_routes
from consent_contracts.api.contracts import contract_routes
from consent_contracts.api.decisions import decision_routes
from consent_contracts.api.delegations import delegation_routes
from consent_contracts.api.emergencies import emergency_routes, opened_emergency_routes
from consent_contracts.api.grants import grant_routes
from consent_contracts.api.receipts import receipt_routes
from consent_contracts.api.requests import request_routes
from consent_contracts.api.withdrawals import withdrawal_routes
from consent_contracts.break_glass_request import EmergencyPolicy
from consent_contracts.break_glass_rule import MAX_STALENESS
from consent_contracts.contracts.insurance_claim import InsuranceClaim
from consent_contracts.contracts.referral import Referral
from consent_contracts.contracts.register import ClaimRegister
from consent_contracts.contracts.research_access import ResearchAccess
from consent_contracts.ports import Clock, EmergencyLog, Store
from consent_contracts.service.contracts import Contracts
from consent_contracts.service.decisions import Decisions
from consent_contracts.service.delegations import KeptDelegations
from consent_contracts.service.emergencies import Emergencies
from consent_contracts.service.endings import Endings
from consent_contracts.service.grants import Grants
from consent_contracts.service.organisations import OrganisationKeys
from consent_contracts.service.receipts import Receipts
from consent_contracts.service.requests import Requests
from consent_contracts.service.rights import Rights
from consent_contracts.service.sessions import Sessions
from consent_contracts.service.vault import Vault
from ssi_core.adapters import openapi, problem_details
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.database import open_database
from ssi_core.adapters.did_resolver import HttpDidResolver
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.keystore import KeyStore
from ssi_core.adapters.server import require_bearer
from ssi_core.did.resolver import DidResolver

_ABOUT: Final = "Decides, where the data is kept, whether a grant permits an access."
_DATABASE: Final = "consent.db"
_KEYS: Final = "consent.keys"
_VAULT_KEY: Final = "documents"
_HTTP_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Custodian:
    """Every use case of one custodian, ready to be called."""

    requests: Requests
    grants: Grants
    decisions: Decisions
    receipts: Receipts
    delegations: KeptDelegations
    contracts: Contracts
    emergencies: Emergencies
    endings: Endings
    rights: Rights


def assemble(
    *,
    store: Store,
    register: ClaimRegister,
    key: bytes,
    resolver: DidResolver,
    clock: Clock,
    log: EmergencyLog | None = None,
    policy: EmergencyPolicy | None = None,
) -> Custodian:
    """Return the use cases over these adapters; `key` (32 bytes) seals what is kept.

    `resolver` finds the keys of those who sign receipts, and of those who break the glass.

    Without a log that it can be told to, or without a policy, nobody breaks the glass.
    """
    vault = Vault(store, key)
    sessions = Sessions(vault)
    requests = Requests(vault, clock)
    grants = Grants(vault, requests, clock)
    delegations = KeptDelegations(vault, clock)
    rights = Rights(sessions, policy=policy, clock=clock)
    decisions = Decisions(vault, grants, delegations, rights=rights, clock=clock)
    kept_for = MAX_STALENESS if policy is None else policy.rule.max_staleness
    keys = OrganisationKeys(vault, resolver, clock, kept_for=kept_for)
    return Custodian(
        requests=requests,
        grants=grants,
        decisions=decisions,
        receipts=Receipts(vault, ResolvedKeys(resolver)),
        delegations=delegations,
        contracts=Contracts((InsuranceClaim(), Referral(), ResearchAccess()), register),
        emergencies=Emergencies(
            sessions,
            grants,
            decisions,
            delegations,
            log=log or NoEmergencyLog(),
            keys=keys,
            policy=policy,
            clock=clock,
        ),
        endings=Endings(sessions, keys=keys, policy=policy, clock=clock),
        rights=rights,
    )


def create_app(
    custodian: Custodian, *, admin_token: str, public_url: str, max_body_bytes: int = 2_097_152
) -> FastAPI:
    """Return the custodian as an ASGI application."""

    def authenticate(request: Request) -> None:
        require_bearer(request, admin_token)

    app = FastAPI(title="Consent", docs_url=None, redoc_url=None)
    problem_details.install(app, max_body_bytes=max_body_bytes)
    openapi.describe(app, about=_ABOUT, max_body_bytes=max_body_bytes)
    app.include_router(request_routes(custodian.requests, authenticate=authenticate))
    app.include_router(grant_routes(custodian.grants, authenticate=authenticate))
    app.include_router(delegation_routes(custodian.delegations, authenticate=authenticate))
    app.include_router(receipt_routes(custodian.receipts, authenticate=authenticate))
    app.include_router(contract_routes(custodian.contracts, authenticate=authenticate))
    app.include_router(decision_routes(custodian.decisions, authenticate=authenticate))
    app.include_router(
        authzen_routes(custodian.decisions, public_url=public_url, authenticate=authenticate)
    )
    app.include_router(withdrawal_routes(custodian.grants))
    opened, ended = custodian.emergencies, custodian.endings
    app.include_router(emergency_routes(opened, ended, public_url=public_url))
    app.include_router(opened_emergency_routes(opened, ended, authenticate=authenticate))

    @app.get("/healthz", tags=["health"])
    def health() -> Mapping[str, str | int]:
        """Say that the process answers, and whether the log of emergencies does, since when."""
        presence = custodian.emergencies.presence()
        return {"status": "ok", **({} if presence is None else presence.to_json())}

    return app


@dataclass(frozen=True, slots=True, kw_only=True)
class Premises:
    """What a custodian has opened: whoever knows the log builds what tells emergencies to it."""

    settings: ConsentSettings
    engine: Engine
    keystore: KeyStore
    clock: SystemClock


ConnectLog: TypeAlias = Callable[[Premises], EmergencyLog | None]
"""Gives the log that emergencies are told to, or nothing where none is named."""


@contextmanager
def open_custodian(
    settings: ConsentSettings, *, connect: ConnectLog = lambda _premises: None
) -> Iterator[Custodian]:
    """Open the custodian's key and database; make them on first use.

    What is open by a right that the policy gives no more is over before anybody can ask.
    """
    clock, http = SystemClock(), HttpClient(timeout=_HTTP_SECONDS)
    database = settings.database.get_secret_value() if settings.database else None
    passphrase = settings.passphrase.get_secret_value() if settings.passphrase else None
    engine = open_database(database or f"sqlite:///{settings.data_dir / _DATABASE}")
    try:
        keystore = KeyStore.unlock(settings.data_dir / _KEYS, passphrase=passphrase)
        resolver = HttpDidResolver(http, clock, registry_url=settings.registry_url)
        premises = Premises(settings=settings, engine=engine, keystore=keystore, clock=clock)
        custodian = assemble(
            store=SqlStore(engine),
            register=SqlClaimRegister(engine),
            key=keystore.secret(_VAULT_KEY),
            resolver=resolver,
            clock=clock,
            log=connect(premises),
            policy=read_policy(settings.emergency_policy),
        )
        custodian.rights.enforce()
        yield custodian
    finally:
        engine.dispose()
        http.close()
