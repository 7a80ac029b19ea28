"""The DID resolution result, as a resolver answers over HTTP and a client reads it.

https://www.w3.org/TR/did-resolution/#did-resolution-result
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ssi_core.did.document import DidDocument
from ssi_core.did.syntax import Did
from ssi_core.errors import (
    DeactivatedError,
    DidMethodError,
    MalformedError,
    NotFoundError,
    OverloadedError,
    ProofError,
    RejectedError,
    SsiError,
    UnavailableError,
)
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_object

INVALID_DID: Final = "invalidDid"
NOT_FOUND: Final = "notFound"
METHOD_NOT_SUPPORTED: Final = "methodNotSupported"
INTERNAL_ERROR: Final = "internalError"

# The nearest ancestor of an error decides its name.
_NAMES: Final[Mapping[type[Exception], str]] = MappingProxyType(
    {
        MalformedError: INVALID_DID,
        RejectedError: INVALID_DID,
        NotFoundError: NOT_FOUND,
        DidMethodError: METHOD_NOT_SUPPORTED,
        OverloadedError: INTERNAL_ERROR,
        UnavailableError: INTERNAL_ERROR,
        SsiError: INTERNAL_ERROR,
    }
)


def result(document: DidDocument, *, metadata: JsonObject | None = None) -> JsonObject:
    """Return the result for `document`; if `metadata` says deactivated, without the document."""
    kept = metadata or {}
    content_type = "application/did+ld+json" if "@context" in document.source else None
    return {
        "didDocument": None if kept.get("deactivated") is True else document.source,
        "didResolutionMetadata": {"contentType": content_type or "application/did+json"},
        "didDocumentMetadata": kept,
    }


def failure(error: SsiError) -> JsonObject:
    """Return the result that says why there is no document; a deactivated DID is no error."""
    if isinstance(error, DeactivatedError):
        return _without_document({}, {"deactivated": True})
    details = {"type": f"urn:consentry:problem:{error.code}", "title": error.reason}
    return _without_document({"error": error_name(error), "problemDetails": details}, {})


def error_name(error: SsiError) -> str:
    """Return the name that DID resolution has for `error`."""
    return next(_NAMES[kind] for kind in type(error).__mro__ if kind in _NAMES)


def parse_result(did: Did, body: JsonObject) -> DidDocument:
    """Return the document in another resolver's result, or raise what the result says.

    The document must name itself `did`: a resolver that follows a moved DID says so in the log,
    which `did.webvh` reads; here nothing proves it.
    """
    about = as_object(body.get("didDocumentMetadata") or {}, at="/didDocumentMetadata")
    if about.get("deactivated") is True:
        raise DeactivatedError("the DID has been deactivated")
    resolution = as_object(body.get("didResolutionMetadata") or {}, at="/didResolutionMetadata")
    if (error := resolution.get("error")) is not None:
        raise _error_named(error)
    source = as_object(body.get("didDocument"), at="/didDocument")
    document = DidDocument.parse(source)
    if document.did != did:
        raise ProofError("the document is of another DID", at="/didDocument/id")
    return document


def _error_named(name: JsonValue) -> SsiError:
    match name:
        case "invalidDid" | "invalidDidUrl" | "invalidDidDocument":
            return MalformedError("the resolver says that the DID is invalid")
        case "notFound":
            return NotFoundError("the resolver does not find the DID")
        case "methodNotSupported":
            return DidMethodError("the resolver does not support the DID method")
        case _:
            return UnavailableError("the resolver answered with an error of its own")


def _without_document(resolution: JsonObject, about: JsonObject) -> JsonObject:
    return {
        "didDocument": None,
        "didResolutionMetadata": resolution,
        "didDocumentMetadata": about,
    }
