"""Issuer and verifier of the profile, composed under one public URL with one key."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from fastapi import APIRouter

from consentry.harness.openid.certificates import Authority
from consentry.harness.openid.desk import Desk
from consentry.harness.openid.hooks import hook_routes
from consentry.harness.openid.immunization import CONFIGURATIONS, load_types
from consentry.harness.openid.nobody import NoLog, log_of_nobody
from consentry.harness.openid.own_evidence import OwnEvidence
from consentry.harness.openid.refusals import InvalidRoute
from issuer.adapters.identity import own_identity
from issuer.adapters.settings import IssuerSettings
from issuer.api.credential import credential_routes, nonce_routes, notification_routes
from issuer.api.metadata import metadata_routes
from issuer.api.status import status_list_routes
from issuer.api.token import token_routes
from issuer.app import Issuer
from issuer.app import assemble as assemble_issuer
from issuer.model.identity import SigningIdentity
from ssi_core.adapters.clock import Clock, SystemClock
from ssi_core.adapters.database import open_database
from ssi_core.adapters.did_resolver import HttpDidResolver
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.keystore import KeyStore
from ssi_core.adapters.reach import Reach
from ssi_core.did.syntax import Did
from ssi_core.keys import Signer
from verifier.adapters.current_evidence import CurrentEvidence
from verifier.adapters.memory import MemoryStore
from verifier.api.requests import request_routes
from verifier.api.responses import response_routes
from verifier.app import Verifier
from verifier.app import assemble as assemble_verifier
from verifier.office import Office

_NAME: Final = "Harness"
_DATABASE: Final = "openid.db"
_KEYS: Final = "openid.keys"
_AUTHORITY: Final = "openid-authority.pem"
_CLAIMS_KEY: Final = "claims"
_HTTP_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenId:
    """An issuer and a verifier that speak OpenID, and the desk at which a harness plays a person.

    `authority` certifies the verifier's key: wallets that are told of it believe the x509 prefixes.
    """

    issuer: Issuer
    verifier: Verifier
    desk: Desk
    authority: Authority
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asker:
    """The issuer's identity, as a verifier presents it."""

    did: Did
    assertion_signer: Signer
    assertion_key_id: str


@contextmanager
def open_openid(
    data_dir: Path,
    *,
    public_url: str,
    clock: Clock | None = None,
    passphrase: str | None = None,
    reach: Reach = Reach.LOCAL,
) -> Iterator[OpenId]:
    """Open issuer and verifier with what is in the data folder, made on first use.

    Every URL that they mint begins with `public_url`. Requests and answers live in memory. `reach`
    bounds where what a presentation names is fetched from.
    """
    time, http = clock or SystemClock(), HttpClient(timeout=_HTTP_SECONDS, reach=reach)
    keystore = KeyStore.unlock(data_dir / _KEYS, passphrase=passphrase)
    engine = open_database(f"sqlite:///{data_dir / _DATABASE}")
    try:
        identity = own_identity(keystore)
        issuer = assemble_issuer(
            IssuerSettings.read(display_name=_NAME),
            public_url=public_url,
            engine=engine,
            keystore=keystore,
            identity=identity,
            log=None,
            clock=time,
            configurations=CONFIGURATIONS,
            types=load_types(),
        )
        authority = Authority.open(data_dir / _AUTHORITY, keystore=keystore, at=time.now())
        office = _office(
            identity,
            public_url=public_url,
            authority=authority,
            keystore=keystore,
            at=time.now(),
        )
        verifier = _verifier(office, issuer, http, time)
        desk = Desk(issuer, verifier, time)
        yield OpenId(issuer=issuer, verifier=verifier, desk=desk, authority=authority, clock=time)
    finally:
        engine.dispose()
        http.close()


def openid_routes(openid: OpenId) -> Sequence[APIRouter]:
    """Return the protocols' own endpoints, and the hooks, which anybody may call."""
    issuer, clock = openid.issuer, openid.clock
    return (
        metadata_routes(issuer.metadata),
        token_routes(issuer.tokens, clock),
        nonce_routes(issuer.key_proofs, clock),
        credential_routes(issuer.tokens, issuer.credentials, clock),
        notification_routes(issuer.tokens, issuer.credentials, clock),
        status_list_routes(issuer.status_lists, clock),
        request_routes(openid.verifier.requests, route_class=InvalidRoute),
        response_routes(openid.verifier.responses, route_class=InvalidRoute),
        hook_routes(openid.desk, openid.authority),
    )


def _office(
    identity: SigningIdentity,
    *,
    public_url: str,
    authority: Authority,
    keystore: KeyStore,
    at: datetime,
) -> Office:
    host = urlsplit(public_url).hostname or ""
    return Office(
        identity=_Asker(
            did=Did.parse(identity.did),
            assertion_signer=identity.signer,
            assertion_key_id=identity.key_id,
        ),
        name=_NAME,
        public_url=public_url,
        policies={},
        log=log_of_nobody(),
        key=keystore.secret(_CLAIMS_KEY),
        certificate=authority.certify(identity.signer.public_key, host=host, at=at),
    )


def _verifier(office: Office, issuer: Issuer, http: HttpClient, clock: Clock) -> Verifier:
    others = CurrentEvidence(http, HttpDidResolver(http, clock), clock)
    return assemble_verifier(
        office,
        store=MemoryStore(),
        source=OwnEvidence(issuer.status_lists, office.public_url, others=others, clock=clock),
        log=NoLog(),
        clock=clock,
    )
