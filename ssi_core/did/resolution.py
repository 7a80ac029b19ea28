"""DID resolution results: what a resolver found, written for others and read from them.

https://www.w3.org/TR/did-resolution/#did-resolution-result
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Final

from ssi_core.did import relative_urls
from ssi_core.did.document import DidDocument
from ssi_core.did.resolution_options import ResolutionOptions
from ssi_core.did.syntax import Did
from ssi_core.errors import (
    DeactivatedError,
    DidMethodError,
    DidResolutionError,
    MalformedError,
    NotFoundError,
    ProofError,
    RejectedError,
    SsiError,
    UnavailableError,
)
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_object

DOCUMENT_TYPE: Final = "application/did"
_ERROR_PREFIX: Final = "https://www.w3.org/ns/did#"
_SECURITY_PREFIX: Final = "https://w3id.org/security#"
OLDER_CONTEXT: Final = "https://w3id.org/did-resolution/v1"
_CAPITAL: Final = re.compile(r"(?<!^)(?=[A-Z])")
# Controlled Identifiers section 3.5 has these; DID Resolution and DID methods have the others.
_OF_SECURITY: Final = frozenset(
    {"invalidVerificationMethod", "invalidRelationshipForVerificationMethod"}
)
# The nearest ancestor of an error decides its name.
_NAMES: Final[Mapping[type[Exception], str]] = MappingProxyType(
    {
        MalformedError: "invalidDid",
        RejectedError: "invalidDid",
        NotFoundError: "notFound",
        DidMethodError: "methodNotSupported",
        SsiError: "internalError",
    }
)


class Form(Enum):
    """Which reader a result is for.

    `CURRENT` has errors as problem details, `OLDER` as a name, which is what deployed clients
    read, with problem details beside it as did:webvh asks.
    """

    CURRENT = "application/did-resolution"
    OLDER = 'application/ld+json;profile="https://w3id.org/did-resolution"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What resolving a DID led to. `metadata` is about the document.

    There is no document of a DID that has ended, unless one of its earlier versions was asked for.
    """

    document: DidDocument | None
    metadata: JsonObject = field(default_factory=dict)

    @property
    def deactivated(self) -> bool:
        """Whether the DID has ended."""
        return self.metadata.get("deactivated") is True

    def current_document(self) -> DidDocument:
        """Return the document, if the DID has not ended; raise `DeactivatedError` if it has."""
        if self.deactivated or self.document is None:
            raise DeactivatedError("the DID has been deactivated")
        return self.document


def finished(resolution: Resolution, options: ResolutionOptions) -> Resolution:
    """Return `resolution` with what `options` ask of every method done to its document."""
    if resolution.document is None or not options.expand_relative_urls:
        return resolution
    document = relative_urls.expanded(resolution.document)
    return Resolution(document=document, metadata=resolution.metadata)


def result(resolution: Resolution, form: Form = Form.CURRENT) -> JsonObject:
    """Return the result for `resolution`."""
    document = resolution.document
    return {
        **_context(form),
        "didDocument": None if document is None else document.source,
        "didResolutionMetadata": {"contentType": DOCUMENT_TYPE} if document is not None else {},
        "didDocumentMetadata": resolution.metadata,
    }


def failure(error: SsiError, form: Form = Form.CURRENT) -> JsonObject:
    """Return the result that says why there is no document."""
    return {
        **_context(form),
        "didDocument": None if form is Form.CURRENT else {},
        "didResolutionMetadata": error_metadata(error, form),
        "didDocumentMetadata": {},
    }


def error_metadata(error: SsiError, form: Form) -> JsonObject:
    """Return the metadata that says why: rules, never values."""
    details = {"type": error_type(error_name(error)), "title": error.reason}
    if form is Form.CURRENT:
        return {"error": details}
    return {"error": error_name(error), "problemDetails": details}


def error_name(error: SsiError) -> str:
    """Return the name that DID resolution has for `error`."""
    if isinstance(error, DidResolutionError):
        return error.error
    return next(_NAMES[kind] for kind in type(error).__mro__ if kind in _NAMES)


def error_type(name: str) -> str:
    """Return the URL of the error called `name`: `invalidDid` is `...#INVALID_DID`."""
    prefix = _SECURITY_PREFIX if name in _OF_SECURITY else _ERROR_PREFIX
    return prefix + _CAPITAL.sub("_", name).upper()


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
        raise _error_called(error)
    source = as_object(body.get("didDocument"), at="/didDocument")
    document = DidDocument.parse(source)
    if document.did != did:
        raise ProofError("the document is of another DID", at="/didDocument/id")
    return document


def _error_called(error: JsonValue) -> SsiError:
    called = error.get("type") if isinstance(error, Mapping) else error
    for name, found in _CALLED.items():
        if called in (name, error_type(name)):
            return found[0](found[1])
    return UnavailableError("the resolver answered with an error of its own")


def _context(form: Form) -> JsonObject:
    return {} if form is Form.CURRENT else {"@context": OLDER_CONTEXT}


_INVALID: Final = (MalformedError, "the resolver says that the DID is invalid")
_CALLED: Final[Mapping[str, tuple[type[SsiError], str]]] = MappingProxyType(
    {
        "invalidDid": _INVALID,
        "invalidDidUrl": _INVALID,
        "invalidDidDocument": _INVALID,
        "invalidPublicKey": _INVALID,
        "invalidPublicKeyLength": _INVALID,
        "notFound": (NotFoundError, "the resolver does not find the DID"),
        "methodNotSupported": (DidMethodError, "the resolver does not support the DID method"),
    }
)
