"""The HTTP(S) binding of DID resolution: `GET /1.0/identifiers/{did}`.

https://www.w3.org/TR/did-resolution/#bindings-https
"""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import unquote

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from ssi_core.adapters.identifier_request import (
    ANYTHING,
    Accepted,
    IdentifierRequest,
    Representation,
)
from ssi_core.did.dereferencing import (
    RESULT_TYPE,
    Dereferenced,
    dereference,
    dereferencing_failure,
    dereferencing_result,
)
from ssi_core.did.resolution import Form, Resolution, error_name, failure, result
from ssi_core.did.resolver import OptionsResolver
from ssi_core.errors import DidResolutionError, SsiError, UnavailableError
from ssi_core.json_types import JsonObject

_PREFIX: Final = "/1.0/identifiers/"
_FRESH: Final = MappingProxyType({"Cache-Control": "no-cache"})
# The specification's own table; what it does not name is a fault in what was asked.
_STATUS: Final[Mapping[str, HTTPStatus]] = MappingProxyType(
    {
        "notFound": HTTPStatus.NOT_FOUND,
        "representationNotSupported": HTTPStatus.NOT_ACCEPTABLE,
        "methodNotSupported": HTTPStatus.NOT_IMPLEMENTED,
        "featureNotSupported": HTTPStatus.NOT_IMPLEMENTED,
        # The specification has 500 for these two: docs/divergences.md.
        "invalidDidDocument": HTTPStatus.BAD_GATEWAY,
        "internalError": HTTPStatus.SERVICE_UNAVAILABLE,
    }
)
_PARAMETERS: Final = {
    "parameters": [
        {"name": name, "in": "query", "required": False, "schema": {"type": "string"}}
        for name in (
            "versionId",
            "versionTime",
            "versionNumber",
            "expandRelativeUrls",
            "service",
            "serviceType",
            "relativeRef",
            "verificationRelationship",
            "publicKeyFormat",
            "enableEncryptionKeyDerivation",
            "enableExperimentalPublicKeyTypes",
        )
    ]
}


_CONTENT: Final = {
    media_type: {"schema": {"type": "object"}}
    for media_type in (
        "application/did-resolution",
        "application/did-url-dereferencing",
        "application/did",
        "application/did+json",
        "application/did+ld+json",
        "application/ld+json",
        "text/uri-list",
        "application/json",
    )
}
# A path with a line feed in it is that of no route, and refused as anywhere else.
_REFUSED: Final = {**_CONTENT, "application/problem+json": {"schema": {"type": "object"}}}
_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": _CONTENT},
    303: {"description": "Where the DID URL leads."},
    410: {"description": "The same of a DID that has been deactivated.", "content": _CONTENT},
    "4XX": {"description": "Not resolved, and why.", "content": _REFUSED},
    "5XX": {"description": "Not resolved, and why.", "content": _CONTENT},
}


def identifier_routes(resolver: OptionsResolver) -> APIRouter:
    """Return the route under which others resolve DIDs, and dereference DID URLs, by `resolver`."""
    routes = APIRouter(tags=["DIDs"])

    @routes.get(
        _PREFIX + "{did:path}",
        response_class=JSONResponse,
        openapi_extra=_PARAMETERS,
        responses=_RESPONSES,
    )
    def resolve(request: Request, did: str) -> Response:
        """Resolve a DID, or dereference a DID URL, as the HTTP(S) binding of DID resolution says.

        `Accept` chooses between a result, `application/did-resolution` or the older
        `application/ld+json;profile="https://w3id.org/did-resolution"`, and the document alone.
        """
        text = _text_of(request, did)
        accepted = Accepted.parse(request.headers.get("accept", ""))
        try:
            if accepted is None:
                name = "representationNotSupported"
                raise DidResolutionError("the representation is not supported", error=name)
            asked = IdentifierRequest.parse(text, request.query_params.multi_items())
            return _answer(resolver, asked, accepted)
        except SsiError as error:
            return _refusal(error, accepted or ANYTHING, of_url=_looks_like_url(text))

    return routes


def _text_of(request: Request, decoded: str) -> str:
    """Return the DID or DID URL as it was before it became a part of a path.

    A DID has percent-encoding of its own, for a port, and not every client encodes it once more.
    """
    raw = bytes(request.scope.get("raw_path", b"")).decode("ascii", "replace").partition(_PREFIX)[2]
    if raw.startswith("did:") and "%25" not in raw:
        for encoded, delimiter in (("%23", "#"), ("%3F", "?"), ("%3f", "?")):
            raw = raw.replace(encoded, delimiter)
        return raw
    return unquote(raw) or decoded


def _looks_like_url(text: str) -> bool:
    return any(delimiter in text for delimiter in "/?#")


def _answer(resolver: OptionsResolver, asked: IdentifierRequest, accepted: Accepted) -> Response:
    resolution = resolver.resolve_with(asked.url.did, asked.options)
    kind = accepted.representation
    if not asked.dereferences and kind not in {Representation.DEREFERENCED, Representation.URLS}:
        return _resolved(resolution, accepted)
    found = dereference(
        asked.url, resolution, asked.selection, urls_wanted=kind is Representation.URLS
    )
    return _dereferenced(found, accepted)


def _resolved(resolution: Resolution, accepted: Accepted) -> Response:
    status = HTTPStatus.GONE if resolution.deactivated else HTTPStatus.OK
    if accepted.representation is Representation.DOCUMENT and resolution.document is not None:
        return _json(resolution.document.source, status, accepted.media_type)
    body = result(resolution, accepted.form)
    return _json(body, status, accepted.form.value)


def _dereferenced(found: Dereferenced, accepted: Accepted) -> Response:
    status = HTTPStatus.GONE if found.metadata.get("deactivated") is True else HTTPStatus.OK
    kind = accepted.representation
    if found.urls and kind is not Representation.OLDER_RESULT:
        return Response(
            status_code=HTTPStatus.SEE_OTHER, headers={**_FRESH, "Location": found.urls[0]}
        )
    if kind is Representation.URLS:
        name = "representationNotSupported"
        raise DidResolutionError("what was found is no list of URLs", error=name)
    if kind is Representation.DOCUMENT and found.content is not None:
        return _json(found.content, status, accepted.media_type)
    return _json(dereferencing_result(found, accepted.form), status, _url_result_type(accepted))


def _refusal(error: SsiError, accepted: Accepted, *, of_url: bool) -> Response:
    status = _STATUS.get(error_name(error), HTTPStatus.BAD_REQUEST)
    headers = {"Retry-After": "1"} if isinstance(error, UnavailableError) else {}
    if of_url:
        body = dereferencing_failure(error, accepted.form)
        return _json(body, status, _url_result_type(accepted), headers)
    return _json(failure(error, accepted.form), status, accepted.form.value, headers)


def _url_result_type(accepted: Accepted) -> str:
    return RESULT_TYPE if accepted.form is Form.CURRENT else accepted.form.value


def _json(
    body: JsonObject,
    status: HTTPStatus,
    media_type: str,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    return JSONResponse(body, status, media_type=media_type, headers={**_FRESH, **headers})
