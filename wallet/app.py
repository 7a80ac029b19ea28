"""The wallet's composition root."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from fastapi import FastAPI, Request
from sqlalchemy import Engine

from registry.client import RegistryClient
from registry.client.edge import AlwaysTry, Pace, Sentinel, Watch
from registry.client.policy_file import read_pinned_log
from ssi_core.adapters import logging, openapi, problem_details
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.database import open_database
from ssi_core.adapters.did_resolver import HttpDidResolver
from ssi_core.adapters.evidence import HttpEvidence
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.reach import Reach
from ssi_core.adapters.server import require_bearer
from ssi_core.did.syntax import Did
from ssi_core.errors import (
    AuthenticationError,
    ConflictError,
    MalformedError,
    NotFoundError,
    SsiError,
)
from wallet.adapters.device_key import key_path, load_device_key, make_device_key
from wallet.adapters.settings import WalletSettings
from wallet.adapters.sql import SqlVaultStore
from wallet.api.credentials import credential_routes
from wallet.api.emergencies import emergency_routes
from wallet.api.grants import grant_routes
from wallet.api.history import history_routes
from wallet.api.questions import question_routes
from wallet.envelope import Passphrase, Unlock, UnlockedBy, unlocked_by
from wallet.ports import Outside
from wallet.service import Wallet
from wallet.trust import Custodian, Trust, TrustedLog, load_trust
from wallet.vault import Vault

_ABOUT: Final = (
    "One person's credentials, questions, grants and history, for that person's own programs."
)
_HTTP_SECONDS: Final = 5.0
_TOKEN_BYTES: Final = 32

Ask = Callable[[], str | None]
"""Asks a person for a passphrase; returns nothing where there is nobody to ask."""


@contextmanager
def open_wallet(
    settings: WalletSettings, *, ask: Ask, create: bool = False, must_be_new: bool = False
) -> Iterator[Wallet]:
    """Open the wallet that the settings name; with `create`, lay one out where there is none.

    Raises `NotFoundError` where there is none, `AuthenticationError` for a wrong passphrase,
    `ConflictError` if it `must_be_new` and is not.
    """
    path = settings.path
    if path is not None and not path.exists() and not create:
        raise NotFoundError("there is no wallet here yet; `wallet init` makes one", at=str(path))
    reach = settings.reach or Reach.default(settings.public_url)
    http = HttpClient(timeout=_HTTP_SECONDS, reach=reach)
    # Its person chose where the registry is; strangers choose the rest.
    registry_http = HttpClient(timeout=_HTTP_SECONDS, reach=Reach.ANY)
    engine = open_database(settings.database)
    connect = partial(_outside, http, registry_http, SystemClock())
    try:
        yield _wallet(engine, connect, settings, ask=ask, create=create, must_be_new=must_be_new)
    finally:
        engine.dispose()
        http.close()
        registry_http.close()


def create_app(
    wallet: Wallet, *, token: str, max_body_bytes: int = 2_097_152, watch: Watch | None = None
) -> FastAPI:
    """Return the wallet's API as an ASGI application; whoever calls it needs `token`."""
    watched = watch or AlwaysTry(SystemClock())

    def authenticate(request: Request) -> None:
        require_bearer(request, token)

    app = FastAPI(title="Wallet", docs_url=None, redoc_url=None)
    problem_details.install(app, max_body_bytes=max_body_bytes)
    openapi.describe(app, about=_ABOUT, max_body_bytes=max_body_bytes)
    app.include_router(credential_routes(wallet, authenticate))
    app.include_router(question_routes(wallet, authenticate))
    app.include_router(grant_routes(wallet, authenticate))
    app.include_router(emergency_routes(wallet, authenticate))
    app.include_router(history_routes(wallet, authenticate))

    @app.get("/healthz", tags=["health"])
    def health() -> dict[str, str | int]:
        """Say that the process answers, and whether the registry does, since when."""
        return watched.presence().to_health(not_sent=wallet.count_not_sent())

    return app


@contextmanager
def resuming(wallet: Wallet, *, every: float, pace: Pace | None = None) -> Iterator[Sentinel]:
    """Finish what was interrupted, now, every so many seconds, and when the registry is back."""
    stop = Event()

    def work() -> None:
        while True:
            try:
                wallet.resume(patient=True)
            except SsiError as error:
                logging.event("resume_failed", code=error.code)
            except Exception as error:  # noqa: BLE001 - a traceback here could quote values
                logging.event("unexpected", kind=type(error).__name__)
            if stop.wait(every):
                return

    sentinel = Sentinel(
        wallet.ask_registry,
        clock=SystemClock(),
        each_time=[wallet.resume_waiting],
        on_return=[wallet.resume],
        pace=pace,
    )
    thread = Thread(target=work, name="resume", daemon=True)
    thread.start()
    try:
        with sentinel:
            yield sentinel
    finally:
        stop.set()
        thread.join(_HTTP_SECONDS)


def token_path(settings: WalletSettings) -> Path:
    """Return where the API's token is kept when none is configured: beside the wallet."""
    if (store := settings.path) is None:
        raise MalformedError("a wallet on a database server needs its token from outside")
    return store.with_name(store.name + ".token")


def change_passphrase(wallet: Wallet, settings: WalletSettings, passphrase: str) -> None:
    """Open with `passphrase` from now on; a device key that opened the wallet is removed."""
    wallet.change_unlock(Passphrase(passphrase))
    if settings.path is not None:
        key_path(settings.path).unlink(missing_ok=True)


def _wallet(
    engine: Engine,
    connect: Callable[[str | None], Outside],
    settings: WalletSettings,
    *,
    ask: Ask,
    create: bool,
    must_be_new: bool,
) -> Wallet:
    store = SqlVaultStore(engine)
    header = store.load_header()
    if header is not None and must_be_new:
        raise ConflictError("there is a wallet here already")
    if header is None:
        if not create:
            raise NotFoundError("there is no wallet here yet; `wallet init` makes one")
        unlock = _new_unlock(settings, ask)
        Wallet.create(store, unlock, connect(None))
    else:
        unlock = _unlock(header, settings, ask)
    vault = Vault.open(store, unlock)
    trust = _believed(load_trust(vault), settings)
    wallet = Wallet(vault, connect(trust.registry_url))
    if trust != wallet.trust():
        wallet.change_trust(trust)
    return wallet


def _outside(
    http: HttpClient, registry_http: HttpClient, clock: SystemClock, registry_url: str | None
) -> Outside:
    resolver = HttpDidResolver(http, clock, registry_url=registry_url, registry_http=registry_http)
    return Outside(
        http=http,
        clock=clock,
        resolver=resolver,
        evidence=HttpEvidence(http, resolver, clock),
        registry=None if registry_url is None else RegistryClient(registry_http, registry_url),
    )


def _believed(kept: Trust, settings: WalletSettings) -> Trust:
    """Return what the wallet is to believe: what it is told now, else what it was told before."""
    roots = tuple(Did.parse(text, at="/roots") for text in settings.roots)
    url = settings.registry_url or kept.registry_url
    # Another registry has another log; its key is pinned when it is first met.
    log = kept.log if url == kept.registry_url else None
    return replace(
        kept,
        registry_url=url,
        log=log if settings.log_policy is None else _log_of(settings.log_policy),
        roots=roots or kept.roots,
        certificates=_certificates(settings.certificates) or kept.certificates,
        custodians=tuple(Custodian.parse(text) for text in settings.custodians) or kept.custodians,
    )


def _log_of(path: Path) -> TrustedLog:
    told = read_pinned_log(path)
    return TrustedLog(
        origin=told.origin, vkey=told.vkey, witnesses=told.witnesses, policy=told.policy
    )


def _certificates(paths: Collection[Path]) -> tuple[bytes, ...]:
    try:
        found = [x509.load_pem_x509_certificates(path.read_bytes()) for path in paths]
    except (OSError, ValueError):
        raise MalformedError("a certificate file cannot be read", at="/certificates") from None
    return tuple(item.public_bytes(Encoding.DER) for items in found for item in items)


def _new_unlock(settings: WalletSettings, ask: Ask) -> Unlock:
    given = _given_passphrase(settings) or ask()
    if given:
        return Passphrase(given)
    if settings.path is None:
        raise AuthenticationError("a wallet on a database server needs a passphrase")
    return make_device_key(settings.path)


def _unlock(header: bytes, settings: WalletSettings, ask: Ask) -> Unlock:
    if unlocked_by(header) is UnlockedBy.DEVICE_KEY and settings.path is not None:
        return load_device_key(settings.path)
    given = _given_passphrase(settings) or ask()
    if not given:
        raise AuthenticationError("this wallet opens with a passphrase")
    return Passphrase(given)


def _given_passphrase(settings: WalletSettings) -> str | None:
    return None if settings.passphrase is None else settings.passphrase.get_secret_value()
