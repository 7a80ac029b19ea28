"""The issuer's composition root."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Final

from fastapi import FastAPI, Request
from sqlalchemy import Engine

from issuer.adapters.housekeeper import Housekeeper
from issuer.adapters.identity import organisation_identity, own_identity
from issuer.adapters.settings import IssuerSettings
from issuer.adapters.sql import METADATA, SqlCredentials, SqlOffers, SqlRecords, SqlStatusLists
from issuer.adapters.type_documents import load_types
from issuer.api.admin import credential_admin_routes, offer_admin_routes, record_routes
from issuer.api.credential import credential_routes, nonce_routes, notification_routes
from issuer.api.metadata import metadata_routes, offer_routes
from issuer.api.publications import publication_routes
from issuer.api.status import status_credential_routes, status_list_routes
from issuer.api.token import token_routes
from issuer.configurations import BY_ID, AnyConfiguration
from issuer.model.identity import SigningIdentity
from issuer.ports import StatusLog
from issuer.service.bitstring_lists import BitstringLists
from issuer.service.credentials import Credentials
from issuer.service.housekeeping import Housekeeping
from issuer.service.key_proofs import KeyProofs
from issuer.service.linked_data import LinkedData
from issuer.service.metadata import Metadata
from issuer.service.offers import Offers
from issuer.service.publications import Publications
from issuer.service.records import Records
from issuer.service.revocation import Revocation
from issuer.service.secrets import Secrets
from issuer.service.signing import Signing
from issuer.service.status_lists import StatusLists
from issuer.service.tokens import Tokens
from registry.client import RegistryClient
from registry.client.edge import Sentinel
from ssi_core.adapters import openapi, problem_details
from ssi_core.adapters.clock import Clock, SystemClock
from ssi_core.adapters.database import create_tables, open_database
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.keystore import KeyStore
from ssi_core.adapters.reach import Reach
from ssi_core.adapters.server import require_bearer
from ssi_core.credential.contexts import bundled
from ssi_core.credential.type_metadata import TypeMetadata
from ssi_core.rdf.json_ld import JsonLd

_ABOUT: Final = "Credentials out of health records, by OpenID4VCI, with their status lists."
_DATABASE: Final = "issuer.db"
_KEYS: Final = "issuer.keys"
_IDENTITY: Final = "issuer.identity"
_TOKEN: Final = "admin-token"  # noqa: S105 - the name of a file
_MASTER: Final = "issuer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Every use case of one organisation, ready to be called."""

    identity: SigningIdentity
    metadata: Metadata
    records: Records
    offers: Offers
    tokens: Tokens
    key_proofs: KeyProofs
    credentials: Credentials
    status_lists: StatusLists
    bitstring_lists: BitstringLists
    revocation: Revocation
    housekeeping: Housekeeping
    publications: Publications
    clock: Clock


def assemble(
    settings: IssuerSettings,
    *,
    public_url: str,
    engine: Engine,
    keystore: KeyStore,
    identity: SigningIdentity,
    log: StatusLog | None,
    clock: Clock,
    configurations: Mapping[str, AnyConfiguration] = BY_ID,
    types: Mapping[str, TypeMetadata] | None = None,
) -> Issuer:
    """Return the use cases over one database and one key store.

    `configurations` with their `types`, both by id, stand in for the kinds made from FHIR.
    """
    create_tables(engine, METADATA)
    terms, sealing = settings.terms(), Secrets(keystore.secret(_MASTER))
    records, offers = SqlRecords(engine), SqlOffers(engine)
    issued, lists = SqlCredentials(engine), SqlStatusLists(engine)
    publications = Publications(store=lists, log=log, terms=terms, clock=clock)
    key_proofs = KeyProofs(issuer=public_url, secrets=sealing, terms=terms)
    status_lists = StatusLists(
        issuer=public_url,
        identity=identity,
        store=lists,
        credentials=issued,
        publications=publications,
        terms=terms,
    )
    linked_data = LinkedData(identity, JsonLd(bundled()))
    bitstring_lists = BitstringLists(
        issuer=public_url, store=lists, linked_data=linked_data, terms=terms
    )
    status_lists.prepare(at=clock.now())
    publications.send_waiting()
    return Issuer(
        identity=identity,
        metadata=Metadata(
            issuer=public_url,
            display_name=settings.display_name or settings.name,
            identity=identity,
            types=load_types() if types is None else types,
            cryptosuite=linked_data.cryptosuite,
            terms=terms,
            configurations=tuple(configurations.values()),
        ),
        records=Records(store=records, secrets=sealing),
        offers=Offers(
            issuer=public_url,
            store=offers,
            records=records,
            credentials=issued,
            secrets=sealing,
            terms=terms,
        ),
        tokens=Tokens(store=offers, secrets=sealing, terms=terms),
        key_proofs=key_proofs,
        credentials=Credentials(
            offers=offers,
            records=records,
            store=issued,
            status_lists=status_lists,
            signing=Signing(
                identity=identity,
                linked_data=linked_data,
                status_lists=status_lists,
                bitstring_lists=bitstring_lists,
                terms=terms,
            ),
            key_proofs=key_proofs,
            secrets=sealing,
            configurations=configurations,
        ),
        status_lists=status_lists,
        bitstring_lists=bitstring_lists,
        revocation=Revocation(
            credentials=issued, store=lists, status_lists=status_lists, publications=publications
        ),
        housekeeping=Housekeeping(
            records=records, offers=offers, publications=publications, terms=terms
        ),
        publications=publications,
        clock=clock,
    )


@contextmanager
def open_issuer(
    settings: IssuerSettings, *, public_url: str, clock: Clock | None = None
) -> Iterator[Issuer]:
    """Open keys, database and identity in the data folder; make them on first use."""
    time, http = clock or SystemClock(), HttpClient(reach=Reach.ANY)
    passphrase = settings.passphrase.get_secret_value() if settings.passphrase else None
    keystore = KeyStore.unlock(settings.data_dir / _KEYS, passphrase=passphrase)
    database = settings.database.get_secret_value() if settings.database else None
    engine = open_database(database or f"sqlite:///{settings.data_dir / _DATABASE}")
    try:
        identity, log = _identity(settings, keystore, http, time)
        yield assemble(
            settings,
            public_url=public_url,
            engine=engine,
            keystore=keystore,
            identity=identity,
            log=log,
            clock=time,
        )
    finally:
        engine.dispose()
        http.close()


def create_app(issuer: Issuer, *, admin_token: str, max_body_bytes: int) -> FastAPI:
    """Return the issuer as an ASGI application, with its housekeeping while it runs."""

    def authenticate(request: Request) -> None:
        require_bearer(request, admin_token)

    sentinel = _sentinel(issuer)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        with Housekeeper(issuer.housekeeping, issuer.clock), sentinel or nullcontext():
            yield

    app = FastAPI(title="Issuer", docs_url=None, redoc_url=None, lifespan=lifespan)
    problem_details.install(app, max_body_bytes=max_body_bytes)
    openapi.describe(app, about=_ABOUT, max_body_bytes=max_body_bytes)
    clock = issuer.clock
    for routes in (
        metadata_routes(issuer.metadata),
        offer_routes(issuer.offers, clock),
        token_routes(issuer.tokens, clock),
        nonce_routes(issuer.key_proofs, clock),
        credential_routes(issuer.tokens, issuer.credentials, clock),
        notification_routes(issuer.tokens, issuer.credentials, clock),
        status_list_routes(issuer.status_lists, clock),
        status_credential_routes(
            issuer.bitstring_lists, clock, max_age=issuer.metadata.terms.status_token_ttl
        ),
        record_routes(issuer.records, clock, authenticate),
        offer_admin_routes(issuer.offers, clock, authenticate),
        credential_admin_routes(issuer.revocation, issuer.identity, clock, authenticate),
        publication_routes(issuer.publications, issuer.status_lists, clock, authenticate),
    ):
        app.include_router(routes)

    @app.get("/healthz", tags=["health"])
    def health() -> dict[str, str | int]:
        """Say that the process answers, and whether its registry does, since when."""
        if sentinel is None:
            return {"status": "ok"}
        return sentinel.presence().to_health(not_sent=len(issuer.publications.waiting()))

    return app


def _sentinel(issuer: Issuer) -> Sentinel | None:
    """Return what notices that the registry is back, and publishes what waits at once."""
    if not issuer.publications.has_log:
        return None
    return Sentinel(
        issuer.publications.ask_log,
        clock=issuer.clock,
        on_return=[issuer.publications.send_waiting],
    )


def _identity(
    settings: IssuerSettings, keystore: KeyStore, http: HttpClient, clock: Clock
) -> tuple[SigningIdentity, StatusLog | None]:
    if settings.registry_url is None:
        return own_identity(keystore), None
    return organisation_identity(
        settings.name,
        keystore=keystore,
        registry=RegistryClient(http, settings.registry_url),
        clock=clock,
        path=settings.data_dir / _IDENTITY,
    )
