"""The composition root of the harness profile."""

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastapi import FastAPI

from consentry.harness.api.issuing import issuing_routes
from consentry.harness.api.status_lists import status_list_routes
from consentry.harness.api.verifying import verifying_routes
from consentry.harness.context_folder import read_contexts
from consentry.harness.contexts import harness_contexts
from consentry.harness.issuing import Issuing
from consentry.harness.keys import HarnessKeys, did_of
from consentry.harness.openid import OpenId, openid_routes
from consentry.harness.own_lists import WithOwnLists
from consentry.harness.ports import Clock, EvidenceSource
from consentry.harness.settings import HarnessSettings
from consentry.harness.status_lists import StatusLists
from consentry.harness.verifying import Verifying
from ssi_core.adapters import problem_details
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.did_resolver import HttpDidResolver
from ssi_core.adapters.evidence import HttpEvidence
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.identifier_routes import identifier_routes
from ssi_core.adapters.keystore import KeyStore
from ssi_core.did.resolver import OptionsResolver
from ssi_core.rdf.contexts import Contexts
from ssi_core.rdf.json_ld import JsonLd

_KEYS: Final = "harness.keys"
_NAME: Final = "harness"
_HTTP_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Harness:
    """Everything that the profile does, ready to be called."""

    public_url: str
    keys: HarnessKeys
    issuing: Issuing
    verifying: Verifying
    lists: StatusLists
    resolver: OptionsResolver


def assemble(
    keys: HarnessKeys,
    *,
    public_url: str,
    contexts: Contexts,
    source: EvidenceSource,
    resolver: OptionsResolver,
    clock: Clock,
) -> Harness:
    """Return the use cases over these adapters."""
    json_ld = JsonLd(contexts)
    lists = StatusLists(keys, public_url=public_url, json_ld=json_ld, clock=clock)
    source = WithOwnLists(source, lists)
    return Harness(
        public_url=public_url,
        keys=keys,
        issuing=Issuing(keys, lists=lists, json_ld=json_ld, source=source, clock=clock),
        verifying=Verifying(
            json_ld=json_ld,
            source=source,
            clock=clock,
            # Base proofs are not for verifiers, so another key of ours signs those lists.
            status_issuers=frozenset({str(did_of(keys.ed25519))}),
        ),
        lists=lists,
        resolver=resolver,
    )


def create_app(
    harness: Harness, *, openid: OpenId | None = None, max_body_bytes: int = 16_777_216
) -> FastAPI:
    """Return the profile as an ASGI application; OpenID is spoken if `openid` is there."""
    app = FastAPI(title="Harness", docs_url=None, redoc_url=None)
    problem_details.install(app, max_body_bytes=max_body_bytes)
    app.include_router(issuing_routes(harness.issuing, harness.keys))
    app.include_router(verifying_routes(harness.verifying))
    app.include_router(status_list_routes(harness.lists))
    app.include_router(identifier_routes(harness.resolver))
    for routes in () if openid is None else openid_routes(openid):
        app.include_router(routes)
    return app


@contextmanager
def data_folder(settings: HarnessSettings) -> Iterator[Path]:
    """Return the data folder; one for this time only, removed at the end, if none is set."""
    if "data_dir" in settings.model_fields_set:
        yield settings.data_dir
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@contextmanager
def open_harness(settings: HarnessSettings, *, folder: Path, public_url: str) -> Iterator[Harness]:
    """Open the profile with the keys in `folder`, which are made on first use."""
    contexts = harness_contexts()
    if settings.contexts is not None:
        contexts = contexts.with_more(read_contexts(settings.contexts))
    clock, http = SystemClock(), HttpClient(timeout=_HTTP_SECONDS, reach=settings.reach)
    resolver = HttpDidResolver(http, clock)
    with closing(http):
        yield assemble(
            _keys(KeyStore.unlock(folder / _KEYS, passphrase=settings.given_passphrase)),
            public_url=public_url,
            contexts=contexts,
            source=HttpEvidence(http, resolver, clock),
            resolver=resolver,
            clock=clock,
        )


def _keys(keystore: KeyStore) -> HarnessKeys:
    return HarnessKeys(
        ed25519=keystore.ed25519(_NAME),
        p256=keystore.p256(_NAME),
        p384=keystore.p384(_NAME),
        bls12381_g2=keystore.bls12381_g2(_NAME),
    )
