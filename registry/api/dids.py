"""Hosted DIDs over HTTP: the files of did:webvh, and the HTTP(S) binding of DID resolution.

https://www.w3.org/TR/did-resolution/#bindings-https
"""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Final, TypedDict
from urllib.parse import unquote

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from registry.service import Registry
from ssi_core.adapters.problem_details import status_of
from ssi_core.did.syntax import Did
from ssi_core.did.webvh import WebvhResolution
from ssi_core.errors import MalformedError, NotFoundError, SsiError
from ssi_core.json_types import JsonObject
from ssi_core.period import from_rfc3339

_RESULT: Final = "application/did-resolution"
_DOCUMENT_TYPES: Final = ("application/did+json", "application/did+ld+json", "application/did")
_PREFIX: Final = "/1.0/identifiers/"
_ERROR_PREFIX: Final = "https://www.w3.org/ns/did#"
_FRESH: Final = {"Cache-Control": "no-cache"}
_MAX_DIGITS: Final = 9
_VERSION: Final = {
    "parameters": [
        {"name": name, "in": "query", "required": False, "schema": {"type": "string"}}
        for name in ("versionId", "versionTime", "versionNumber")
    ]
}


class _Version(TypedDict, total=False):
    version_id: str
    version_time: datetime
    version_number: int


def did_routes(registry: Registry) -> APIRouter:
    """Return the routes under which the DIDs that `registry` hosts are found."""
    routes = APIRouter(tags=["DIDs"])

    @routes.get(_PREFIX + "{did:path}", response_class=JSONResponse, openapi_extra=_VERSION)
    def resolve(request: Request, did: str) -> Response:
        """Resolve a DID that lives here, as the HTTP(S) binding of DID resolution says."""
        try:
            resolution = registry.dids.resolve(
                _requested(request, did), **_version(request.query_params)
            )
        except SsiError as error:
            return JSONResponse(_failure(error), status_of(error), media_type=_RESULT)
        return _resolved(resolution, request.headers.get("accept", ""))

    @routes.get("/{path:path}/did.jsonl", response_class=Response)
    def read_log(path: str) -> Response:
        """Return the log of the DID that lives at `path`."""
        return Response(registry.dids.log_file(path), media_type="text/jsonl", headers=_FRESH)

    @routes.get("/{path:path}/did-witness.json", response_class=JSONResponse)
    def read_witness(path: str) -> JSONResponse:
        """Return what witnesses say of the DID that lives at `path`."""
        return JSONResponse(registry.dids.witness_file(path), headers=_FRESH)

    return routes


def _requested(request: Request, decoded: str) -> Did:
    # A DID with a port has %3A of its own, which only some clients encode once more for the path.
    raw = bytes(request.scope.get("raw_path", b"")).decode("ascii", "replace").partition(_PREFIX)[2]
    as_it_is = raw.startswith("did:") and "%25" not in raw
    return Did.parse(raw if as_it_is else unquote(raw) or decoded, at="/did")


def _version(parameters: Mapping[str, str]) -> _Version:
    asked: _Version = {}
    if "versionId" in parameters:
        asked["version_id"] = parameters["versionId"]
    if "versionTime" in parameters:
        asked["version_time"] = from_rfc3339(parameters["versionTime"], at="/query/versionTime")
    if "versionNumber" in parameters:
        number = parameters["versionNumber"]
        if not number.isascii() or not number.isdecimal() or len(number) > _MAX_DIGITS:
            raise MalformedError("versionNumber is a number", at="/query/versionNumber")
        asked["version_number"] = int(number)
    return asked


def _resolved(resolution: WebvhResolution, accept: str) -> Response:
    deactivated = resolution.state.deactivated
    status = HTTPStatus.GONE if deactivated else HTTPStatus.OK
    asked = [item.partition(";")[0].strip() for item in accept.split(",")]
    for media_type in _DOCUMENT_TYPES:
        if media_type in asked:
            return JSONResponse(resolution.document.source, status, media_type=media_type)
    result: JsonObject = {
        "didDocument": resolution.document.source,
        "didResolutionMetadata": {"contentType": _DOCUMENT_TYPES[0]},
        "didDocumentMetadata": resolution.metadata,
    }
    return JSONResponse(result, status, media_type=_RESULT, headers=_FRESH)


def _failure(error: SsiError) -> JsonObject:
    match error:
        case MalformedError():
            code = "INVALID_DID"
        case NotFoundError():
            code = "NOT_FOUND"
        case _:
            code = "INTERNAL_ERROR"
    return {
        "didDocument": None,
        "didResolutionMetadata": {"error": {"type": _ERROR_PREFIX + code, "title": error.reason}},
        "didDocumentMetadata": {},
    }
