"""The verifier's composition root."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final, Self

from fastapi import FastAPI, Request
from sqlalchemy import Engine

from registry.client import RegistryClient
from registry.client.edge import (
    AlwaysTry,
    EdgeLog,
    EvidenceCache,
    KeptDids,
    MemoryEvidenceStore,
    MemoryStaleUseStore,
    Sentinel,
    SqlEvidenceStore,
    SqlStaleUseStore,
    StaleUses,
    Watch,
)
from registry.client.known_organisation import open_known
from registry.client.subscription_client import SubscriptionClient
from ssi_core.adapters import openapi, problem_details
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.database import open_database
from ssi_core.adapters.did_resolver import HttpDidResolver
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.keystore import KeyStore
from ssi_core.adapters.reach import Reach
from ssi_core.adapters.server import require_bearer
from ssi_core.did.syntax import Did
from ssi_core.keys import Ed25519Signer
from verifier.adapters.current_evidence import CurrentEvidence
from verifier.adapters.marks_memory import MemoryMarks
from verifier.adapters.marks_sql import SqlMarks
from verifier.adapters.policy_files import BUNDLED, load_policies
from verifier.adapters.registry_history import NoHistory, RegistryHistory
from verifier.adapters.settings import VerifierSettings
from verifier.adapters.sql import SqlStore
from verifier.adapters.trusted_log import configured_log, log_of_policy, pinned_log
from verifier.api.desk import desk_routes
from verifier.api.log_events import log_event_routes
from verifier.api.requests import request_routes
from verifier.api.responses import response_routes
from verifier.api.stale_uses import stale_use_routes
from verifier.api.withdrawals import withdrawal_routes
from verifier.office import Office, TrustedLog
from verifier.policy import Policy
from verifier.ports import Clock, ConsentLog, EvidenceSource, Store
from verifier.service.decisions import Decisions
from verifier.service.evidence import Collector
from verifier.service.log_events import Ears, LogEvents
from verifier.service.requests import Requests
from verifier.service.responses import Responses
from verifier.service.results import Results
from verifier.service.stale_uses import Rejudging
from verifier.service.uses import Uses
from verifier.service.withdrawals import Withdrawals

_ABOUT: Final = (
    "Asks wallets for credentials by OpenID4VP, with consent, and says what may be done with them."
)
_DATABASE: Final = "verifier.db"
_KEYS: Final = "verifier.keys"
_IDENTITY: Final = "verifier.identity"
_TOKEN: Final = "verifier.token"  # noqa: S105 - the name of a file
_CLAIMS_KEY: Final = "claims"
_LISTENER_KEY: Final = "listener"
_HTTP_SECONDS: Final = 5.0
# Longer than any class of purpose lets evidence be used.
_KEPT: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """What carries a verifier over the time when the registry is away."""

    kept: EvidenceCache
    stale: StaleUses
    watch: Watch

    @classmethod
    def in_memory(cls, clock: Clock) -> Self:
        """Return an edge that nobody watches over, and that is gone with the process."""
        return cls(
            kept=EvidenceCache(MemoryEvidenceStore()),
            stale=StaleUses(MemoryStaleUseStore(), clock),
            watch=AlwaysTry(clock),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """Every use case of one organisation, ready to be called."""

    office: Office
    requests: Requests
    responses: Responses
    uses: Uses
    results: Results
    withdrawals: Withdrawals
    log_events: LogEvents
    rejudging: Rejudging


def assemble(
    office: Office,
    *,
    store: Store,
    source: EvidenceSource,
    log: ConsentLog,
    clock: Clock,
    edge: Edge | None = None,
    ears: Ears | None = None,
) -> Verifier:
    """Return the use cases; without `edge` and `ears`, each decision rests on asking the log."""
    edge = edge or Edge.in_memory(clock)
    dids = KeptDids(log, edge.kept, edge.watch)
    collector = Collector(source, EdgeLog(log, edge.kept, edge.watch), dids)
    ears = ears or Ears(MemoryMarks(), NoHistory(), Ed25519Signer.generate())
    marks = ears.marks
    decisions = Decisions(office, uses=store, withdrawals=store, marks=marks, collector=collector)
    uses = Uses(
        office, requests=store, uses=store, decisions=decisions, stale=edge.stale, clock=clock
    )
    return Verifier(
        office=office,
        requests=Requests(office, store, clock),
        responses=Responses(office, store, collector, edge.stale, clock=clock),
        uses=uses,
        results=Results(store, uses, clock),
        withdrawals=Withdrawals(
            office, requests=store, withdrawals=store, collector=collector, clock=clock
        ),
        log_events=LogEvents(office, ears, clock=clock),
        rejudging=Rejudging(
            office,
            requests=store,
            decisions=decisions,
            collector=collector,
            stale=edge.stale,
            watch=edge.watch,
            clock=clock,
        ),
    )


def create_app(verifier: Verifier, *, admin_token: str, max_body_bytes: int = 2_097_152) -> FastAPI:
    """Return the verifier as an ASGI application."""

    def authenticate(request: Request) -> None:
        require_bearer(request, admin_token)

    app = FastAPI(title="Verifier", docs_url=None, redoc_url=None)
    problem_details.install(app, max_body_bytes=max_body_bytes)
    openapi.describe(app, about=_ABOUT, max_body_bytes=max_body_bytes)
    app.include_router(request_routes(verifier.requests))
    app.include_router(response_routes(verifier.responses))
    app.include_router(withdrawal_routes(verifier.withdrawals))
    app.include_router(log_event_routes(verifier.log_events))
    app.include_router(
        desk_routes(
            verifier.office,
            requests=verifier.requests,
            results=verifier.results,
            uses=verifier.uses,
            authenticate=authenticate,
        )
    )
    app.include_router(stale_use_routes(verifier.rejudging, authenticate))

    @app.get("/healthz", tags=["health"])
    def health() -> Mapping[str, str | int]:
        """Say that the process answers, and whether the registry does, since when."""
        return verifier.rejudging.presence().to_health()

    return app


@contextmanager
def open_verifier(settings: VerifierSettings, *, public_url: str) -> Iterator[Verifier]:
    """Open the organisation's keys, database and identity; make them on first use."""
    clock = SystemClock()
    reach = settings.reach or Reach.default(public_url)
    http = HttpClient(timeout=_HTTP_SECONDS, reach=reach)
    # The operator chose where the registry is; strangers choose the rest.
    registry_http = HttpClient(timeout=_HTTP_SECONDS, reach=Reach.ANY)
    database = settings.database.get_secret_value() if settings.database else None
    engine = open_database(database or f"sqlite:///{settings.data_dir / _DATABASE}")
    try:
        registry = RegistryClient(registry_http, settings.registry_url)
        resolver = HttpDidResolver(
            http, clock, registry_url=settings.registry_url, registry_http=registry_http
        )
        passphrase = settings.passphrase.get_secret_value() if settings.passphrase else None
        keystore = KeyStore.unlock(settings.data_dir / _KEYS, passphrase=passphrase)
        subscriptions = SubscriptionClient(registry_http, settings.registry_url)
        listener = Ed25519Signer(keystore.secret(_LISTENER_KEY))
        ears = Ears(SqlMarks(engine), RegistryHistory(registry, subscriptions), listener)
        verifier, sentinel = _watched(
            registry,
            engine,
            clock,
            ears=ears,
            office=_office(settings, public_url, registry, keystore, clock=clock),
            source=CurrentEvidence(http, resolver, clock),
        )
        with sentinel:
            yield verifier
    finally:
        engine.dispose()
        http.close()
        registry_http.close()


def _watched(
    registry: RegistryClient,
    engine: Engine,
    clock: SystemClock,
    *,
    office: Office,
    source: EvidenceSource,
    ears: Ears,
) -> tuple[Verifier, Sentinel]:
    """Return the verifier, and the sentinel that has its uses judged again after each return."""
    kept = EvidenceCache(SqlEvidenceStore(engine))
    judge: list[Callable[[], object]] = []
    sentinel = Sentinel(
        registry.log,
        clock=clock,
        each_time=[lambda: [work() for work in judge]],
        on_return=[lambda: kept.forget(before=clock.now() - _KEPT)],
    )
    verifier = assemble(
        office,
        store=SqlStore(engine),
        source=source,
        log=registry,
        clock=clock,
        edge=Edge(kept=kept, stale=StaleUses(SqlStaleUseStore(engine), clock), watch=sentinel),
        ears=ears,
    )
    judge.append(verifier.rejudging.judge_again)
    return verifier, sentinel


def policies_of(folder: Path | None, roots: tuple[str, ...]) -> Mapping[str, Policy]:
    """Return the policies of `folder`, or those that come with the verifier."""
    dids = [Did.parse(text, at="/roots") for text in roots]
    return load_policies(folder or BUNDLED, roots=dids)


def _office(
    settings: VerifierSettings,
    public_url: str,
    registry: RegistryClient,
    keystore: KeyStore,
    *,
    clock: SystemClock,
) -> Office:
    policies = policies_of(settings.policies, settings.roots)
    return Office(
        identity=open_known(
            settings.name,
            keystore=keystore,
            registry=registry,
            clock=clock,
            path=settings.data_dir / _IDENTITY,
        ),
        name=settings.display_name or settings.name,
        public_url=public_url,
        policies=policies,
        log=_trusted_log(settings, keystore, registry),
        key=keystore.secret(_CLAIMS_KEY),
        lifetime=timedelta(seconds=settings.request_lifetime),
    )


def _trusted_log(
    settings: VerifierSettings, keystore: KeyStore, registry: RegistryClient
) -> TrustedLog:
    if settings.log_policy is not None:
        return log_of_policy(settings.log_policy)
    if settings.log_vkey is not None:
        return configured_log(settings.log_vkey, settings.witness_vkeys)
    return pinned_log(keystore, registry)
