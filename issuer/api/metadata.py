"""Metadata, offers and type metadata: what anybody may read."""

from urllib.parse import urlsplit

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from issuer.api.oauth import NO_STORE
from issuer.service.metadata import Metadata
from issuer.service.offers import Offers
from ssi_core.adapters.clock import Clock
from ssi_core.errors import NotFoundError
from ssi_core.protocol.openid4vci import AUTHORIZATION_SERVER, CREDENTIAL_ISSUER, JWT_VC_ISSUER


def metadata_routes(metadata: Metadata) -> APIRouter:
    """Return the well-known documents, and the type metadata of every credential."""
    routes = APIRouter(tags=["metadata"])
    documents = {
        CREDENTIAL_ISSUER: metadata.credential_issuer(),
        AUTHORIZATION_SERVER: metadata.authorization_server(),
        JWT_VC_ISSUER: metadata.jwt_vc_issuer(),
    }
    # Behind a proxy our identifier may have a path, which then stands at the end.
    suffixes = {"", urlsplit(metadata.issuer).path.rstrip("/")}

    def serve(name: str) -> None:
        def read() -> JSONResponse:
            return JSONResponse(documents[name])

        for suffix in suffixes:
            routes.add_api_route(f"/.well-known/{name}{suffix}", read, name=name)

    for name in documents:
        serve(name)

    @routes.get("/types/{name}")
    def read_type(name: str) -> JSONResponse:
        """Return the type metadata of the credentials of one configuration."""
        if name not in metadata.types:
            raise NotFoundError("there is no such type")
        return JSONResponse(metadata.types[name].source)

    return routes


def offer_routes(offers: Offers, clock: Clock) -> APIRouter:
    """Return the route behind the links of offers."""
    routes = APIRouter(tags=["issuance"])

    @routes.get("/offers/{reference}")
    def read_offer(reference: str) -> JSONResponse:
        """Return a Credential Offer while it can be used."""
        return JSONResponse(offers.show(reference, at=clock.now()).render(), headers=NO_STORE)

    return routes
