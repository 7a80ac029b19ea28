"""Hosted DIDs over HTTP: the files of did:webvh, and the HTTP(S) binding of DID resolution."""

from typing import Final, final

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from registry.service.served import ServedLog
from ssi_core.adapters.identifier_routes import identifier_routes
from ssi_core.did.resolution import Resolution
from ssi_core.did.resolution_options import ResolutionOptions
from ssi_core.did.syntax import Did

_FRESH: Final = {"Cache-Control": "no-cache"}


def did_routes(registry: ServedLog) -> APIRouter:
    """Return the routes under which the DIDs that `registry` hosts are found."""
    routes = APIRouter(tags=["DIDs"])
    routes.include_router(identifier_routes(_Hosted(registry)))

    @routes.get(
        "/{path:path}/did.jsonl",
        response_class=Response,
        responses={200: {"content": {"text/jsonl": {"schema": {"type": "string"}}}}},
    )
    def read_log(path: str) -> Response:
        """Return the log of the DID that lives at `path`."""
        return Response(registry.dids.log_file(path), media_type="text/jsonl", headers=_FRESH)

    @routes.get("/{path:path}/did-witness.json", response_class=JSONResponse)
    def read_witness(path: str) -> JSONResponse:
        """Return what witnesses say of the DID that lives at `path`."""
        return JSONResponse(registry.dids.witness_file(path), headers=_FRESH)

    return routes


@final
class _Hosted:
    """Resolves what the registry hosts; asks for it only when a request comes."""

    def __init__(self, registry: ServedLog) -> None:
        self._registry = registry

    def resolve_with(self, did: Did, options: ResolutionOptions) -> Resolution:
        return self._registry.dids.resolve_with(did, options)
