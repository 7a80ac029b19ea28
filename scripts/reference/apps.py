"""The services and the harness profile as applications to read routes from; nobody calls them."""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from consent_contracts.app import Custodian
from consent_contracts.app import create_app as create_custodian
from consentry.harness.app import Harness
from consentry.harness.app import create_app as create_harness
from consentry.harness.openid import open_openid
from issuer.adapters.settings import IssuerSettings
from issuer.app import create_app as create_issuer
from issuer.app import open_issuer
from registry.app import create_app as create_registry
from registry.dropped_app import create_app as create_dropped
from registry.listening import Listening
from registry.mirror_app import create_app as create_mirror
from registry.replica_app import create_app as create_replica
from registry.witness_app import create_app as create_witness
from verifier.app import Verifier
from verifier.app import create_app as create_verifier
from wallet.app import create_app as create_wallet

_URL: Final = "http://localhost"
_BYTES: Final = 1024


def applications() -> Mapping[str, FastAPI]:
    """Return each role's application. Routes ask for their service only when they are called."""
    nothing: Any = None
    # Its routes for DIDs are made of a resolver, which is asked for at once.
    registry: Any = SimpleNamespace(dids=nothing)
    verifier = Verifier(
        office=nothing,
        requests=nothing,
        responses=nothing,
        uses=nothing,
        results=nothing,
        withdrawals=nothing,
        log_events=nothing,
        rejudging=nothing,
    )
    harness = Harness(
        public_url=_URL,
        keys=nothing,
        issuing=nothing,
        verifying=nothing,
        lists=nothing,
        resolver=nothing,
    )
    custodian = Custodian(
        requests=nothing,
        grants=nothing,
        decisions=nothing,
        receipts=nothing,
        delegations=nothing,
        contracts=nothing,
        emergencies=nothing,
        endings=nothing,
        rights=nothing,
    )
    return {
        "Registry": create_registry(registry, listening=Listening(nothing, nothing, nothing)),
        "Replica": create_replica(registry),
        "Dropped log": create_dropped(nothing),
        "Witness": create_witness(nothing),
        "Mirror": create_mirror(nothing),
        "Issuer": _issuer(),
        "Verifier": create_verifier(verifier, admin_token=""),
        "Consent": create_custodian(custodian, admin_token="", public_url=_URL),
        "Wallet": create_wallet(nothing, token=""),
        "Harness": _harness(harness),
    }


def routes(app: FastAPI) -> Iterator[APIRoute]:
    """Yield every route of `app`, those of its routers included."""
    yield from _within(app.routes)


def _within(found: list[BaseRoute]) -> Iterator[APIRoute]:
    for route in found:
        if isinstance(route, APIRoute):
            yield route
        elif (router := getattr(route, "original_router", None)) is not None:
            yield from _within(router.routes)


def _issuer() -> FastAPI:
    # Its metadata is made when it starts, so this one is real, on a folder that is thrown away.
    with tempfile.TemporaryDirectory() as folder:
        settings = IssuerSettings(data_dir=Path(folder), registry_url=None)
        with open_issuer(settings, public_url=_URL) as issuer:
            return create_issuer(issuer, admin_token="", max_body_bytes=_BYTES)


def _harness(harness: Harness) -> FastAPI:
    with (
        tempfile.TemporaryDirectory() as folder,
        open_openid(Path(folder), public_url=_URL) as openid,
    ):
        return create_harness(harness, openid=openid)
