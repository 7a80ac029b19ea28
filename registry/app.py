"""The registry's composition root."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from fastapi import FastAPI
from pydantic import Field
from pydantic_settings import SettingsConfigDict

from registry.adapters.anchor_place import AnchorPlace
from registry.adapters.http_witness import HttpWitness
from registry.adapters.policy_memory_file import FilePolicyMemory
from registry.adapters.proof_workers import ProofWorkers
from registry.adapters.sql import PAGE_BYTES, SqlLogStore
from registry.adapters.witness_file import FileWitnessMemory
from registry.api.anchor import anchor_routes
from registry.api.asked_most import ASKED_MOST, ASKED_OF_THE_WRITER
from registry.api.dids import did_routes
from registry.api.entries import entry_routes
from registry.api.evidence import evidence_routes
from registry.api.health import health_routes
from registry.api.proofs import proof_routes
from registry.api.statuses import status_routes
from registry.api.subscriptions import subscription_routes
from registry.api.tiles import tile_routes
from registry.api.trust import trust_routes
from registry.client.policy_file import read_policy
from registry.listening import MAX_SUBSCRIPTIONS, Listening
from registry.model.signed_note import VerifierKey
from registry.ports import Clock, LogStore
from registry.service.dropping_ports import DroppableLogStore
from registry.service.publication import Oversight
from registry.service.registry import LogKeys, Registry
from registry.service.sequencer import Pace
from registry.web.routes import explorer_routes
from ssi_core.adapters import direct_route, openapi, problem_details
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.database import open_database
from ssi_core.adapters.http import HttpClient, require_safe_url
from ssi_core.adapters.keystore import KeyStore
from ssi_core.adapters.reach import Reach
from ssi_core.adapters.settings import ServiceSettings
from ssi_core.errors import MalformedError

_ABOUT: Final = (
    "A log of accreditations, organisations' identifiers, status lists and "
    "commitments to consents, with proofs; and trust queries (TRQP 2.0) over it."
)
_DATABASE: Final = "registry.db"
_KEYS: Final = "registry.keys"
_WITNESS: Final = "registry.witness"
_POLICY: Final = "registry.policy"
DID_WITNESS: Final = "did-witness"
"""The name of the key with which a registry witnesses DIDs, for as long as they live."""
# For a whole exchange; who waits for a checkpoint waits for less.
_WITNESS_SECONDS: Final = 3.0


class RegistrySettings(ServiceSettings):
    """What the registry is told; its own are the database and the log's origin."""

    model_config = SettingsConfigDict(env_prefix="CONSENTRY_REGISTRY_")

    database: str | None = None
    origin: str | None = None
    workers: int | None = Field(default=None, ge=0, le=64)
    witnesses: tuple[str, ...] = ()
    policy: Path | None = None
    reach: Reach | None = None
    max_subscriptions: int = Field(default=MAX_SUBSCRIPTIONS, ge=0, le=100_000)
    anchor_rpc: str | None = None
    anchor_contract: str | None = None
    anchor_seconds: int = Field(default=15, ge=1, le=86_400)

    def anchored_at(self) -> AnchorPlace | None:
        """Return where to anchor the log, if anywhere."""
        if self.anchor_rpc is None or self.anchor_contract is None:
            if self.anchor_rpc or self.anchor_contract:
                raise MalformedError("an anchor has a node and a contract", at="/anchor_rpc")
            return None
        every = timedelta(seconds=self.anchor_seconds)
        return AnchorPlace(rpc=self.anchor_rpc, contract=self.anchor_contract, every=every)


@contextmanager
def open_registry(
    *,
    data_dir: Path,
    public_url: str,
    database: str | None = None,
    origin: str | None = None,
    passphrase: str | None = None,
    workers: int | None = None,
    clock: Clock | None = None,
    pace: Pace | None = None,
    oversight: Oversight | None = None,
    anchor: AnchorPlace | None = None,
) -> Iterator[Registry]:
    """Open the log in `data_dir`, or begin it; no server is needed to use it.

    `database` is SQLite in `data_dir` by default. `origin` names a new log, by default after
    `public_url`; a log that exists keeps its name. Proofs in large batches are verified by
    `workers` processes, by default one for each core but the first. `oversight` is what
    `open_oversight` gives; without it nobody else watches the log. `anchor` is where the log shows
    how far it has come; without it, nowhere.
    """
    with ExitStack() as stack:
        store = stack.enter_context(open_log(data_dir=data_dir, database=database))
        count = (os.cpu_count() or 1) - 1 if workers is None else workers
        verifier = stack.enter_context(closing(ProofWorkers(count)))
        keystore = keys_in(data_dir, passphrase=passphrase)
        name = _origin(store) or origin or _named_after(public_url)
        met = FilePolicyMemory(data_dir / _POLICY)
        oversight = replace(oversight or Oversight(), met=met)
        anchoring = None
        if anchor is not None:
            opened = anchor.opened(store, keystore=keystore, origin=name)
            anchoring = stack.enter_context(opened)
            oversight = replace(oversight, anchored=anchoring.size)
        registry = Registry(
            store,
            origin=name,
            public_url=public_url,
            keys=_keys(keystore),
            memory=FileWitnessMemory(data_dir / _WITNESS),
            verifier=verifier,
            clock=clock or SystemClock(),
            pace=pace,
            oversight=oversight,
            anchoring=anchoring,
        )
        yield stack.enter_context(registry)


@contextmanager
def open_oversight(*, witnesses: Sequence[str], policy: Path | None = None) -> Iterator[Oversight]:
    """Give the witnesses of others that cosign a log, each as `<url>=<vkey>`.

    Those that the policy file (C2SP tlog-policy) gives a URL are among them.
    """
    read = None if policy is None else read_policy(policy)
    http = HttpClient(timeout=_WITNESS_SECONDS, reach=Reach.ANY)
    try:
        found = [_named(text) for text in witnesses]
        if read is not None:
            found += [(one.url, one.key) for one in read.witnesses if one.url is not None]
        urls = dict.fromkeys(url for url, _ in found)
        for url in urls:
            require_safe_url(url)
        yield Oversight(
            witnesses=tuple(
                HttpWitness(http, url, tuple(dict.fromkeys(key for at, key in found if at == url)))
                for url in urls
            ),
            policy=read,
        )
    finally:
        http.close()


@contextmanager
def open_log(*, data_dir: Path, database: str | None = None) -> Iterator[DroppableLogStore]:
    """Open the store of the log in `data_dir`, without its keys."""
    engine = open_database(database or f"sqlite:///{data_dir / _DATABASE}", page_bytes=PAGE_BYTES)
    try:
        yield SqlLogStore(engine)
    finally:
        engine.dispose()


def keys_in(data_dir: Path, *, passphrase: str | None = None) -> KeyStore:
    """Open the registry's own keys, or begin them."""
    return KeyStore.unlock(data_dir / _KEYS, passphrase=passphrase)


def create_app(
    registry: Registry, *, listening: Listening | None = None, max_body_bytes: int = 2_097_152
) -> FastAPI:
    """Return the registry as an ASGI application; without `listening`, nobody can subscribe."""
    app = FastAPI(title="Registry", docs_url=None, redoc_url=None)
    problem_details.install(app, max_body_bytes=max_body_bytes)
    openapi.describe(app, about=_ABOUT, max_body_bytes=max_body_bytes)
    # What is asked for most comes first, for routes are tried in order.
    app.include_router(evidence_routes(registry))
    app.include_router(status_routes(registry))
    app.include_router(entry_routes(registry))
    app.include_router(proof_routes(registry))
    app.include_router(health_routes(registry))
    app.include_router(tile_routes(registry))
    app.include_router(trust_routes(registry))
    app.include_router(explorer_routes(registry))
    if listening is not None:
        app.include_router(
            subscription_routes(
                listening.subscriptions, feed=listening.feed, delivery=listening.delivery
            )
        )
    app.include_router(anchor_routes(registry))
    app.include_router(did_routes(registry))
    direct_route.put_first(app, *ASKED_MOST, ASKED_OF_THE_WRITER, max_body_bytes=max_body_bytes)
    return app


def _named(text: str) -> tuple[str, VerifierKey]:
    # A vkey may end in "=" signs, and has none before them; a URL may have them anywhere.
    url, _, vkey = text.rstrip("=").rpartition("=")
    padding = text[len(text.rstrip("=")) :]
    if not url:
        raise MalformedError("a witness is <url>=<vkey>", at="/witnesses")
    return url, VerifierKey.parse(vkey + padding, at="/witnesses")


def _origin(store: LogStore) -> str | None:
    with store.snapshot() as log:
        head = log.head()
    return None if head is None else head.origin


def _named_after(public_url: str) -> str:
    parts = urlsplit(public_url)
    return f"{parts.netloc}{parts.path.rstrip('/')}/log"


def _keys(keystore: KeyStore) -> LogKeys:
    return LogKeys(
        log=keystore.ed25519("log"),
        witness=keystore.ed25519("witness"),
        did_witness=keystore.ed25519(DID_WITNESS),
    )
