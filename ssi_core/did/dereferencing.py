"""Dereferencing a DID URL: the document, a part of it, or the place that it leads to.

https://www.w3.org/TR/did-resolution/#dereferencing
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from ssi_core.did import document_parts
from ssi_core.did.document import VerificationRelationship
from ssi_core.did.resolution import (
    DOCUMENT_TYPE,
    OLDER_CONTEXT,
    Form,
    Resolution,
    error_metadata,
)
from ssi_core.did.resolution_options import ResolutionOptions
from ssi_core.did.resolver import OptionsResolver
from ssi_core.did.syntax import DidUrl
from ssi_core.errors import DidResolutionError, SsiError
from ssi_core.json_types import JsonObject, JsonValue

URL_TYPE: Final = "text/uri-list"
RESULT_TYPE: Final = "application/did-url-dereferencing"
_PARAMETERS: Final = ("service", "serviceType", "relativeRef", "verificationRelationship")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What of a document a DID URL selects, beside its path and fragment."""

    service: str | None = None
    service_type: str | None = None
    relative_ref: str | None = None
    relationship: VerificationRelationship | None = None

    @classmethod
    def split(cls, parameters: Sequence[tuple[str, str]]) -> tuple[Self, list[tuple[str, str]]]:
        """Return what `parameters` select, and those that are for resolution instead."""
        own = {name: value for name, value in parameters if name in _PARAMETERS}
        others = [(name, value) for name, value in parameters if name not in _PARAMETERS]
        if len(own) + len(others) != len(parameters):
            raise DidResolutionError("a parameter is given once", error="invalidDidUrl")
        relationship = own.get("verificationRelationship")
        selection = cls(
            service=own.get("service"),
            service_type=own.get("serviceType"),
            relative_ref=own.get("relativeRef"),
            relationship=None if relationship is None else _relationship(relationship),
        )
        if selection.relative_ref is not None and not selection.names_service:
            raise DidResolutionError("a relative reference is of a service", error="invalidDidUrl")
        return selection, others

    @property
    def names_service(self) -> bool:
        """Whether services are selected, by id or by type."""
        return self.service is not None or self.service_type is not None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is selected: the whole document is meant."""
        return self == type(self)()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dereferenced:
    """What a DID URL stands for: `content`, or `urls` where it can be had. `metadata` is of it."""

    content: JsonObject | None = None
    urls: tuple[str, ...] = ()
    metadata: JsonObject = field(default_factory=dict)

    @property
    def content_type(self) -> str:
        """The media type of what was found."""
        return URL_TYPE if self.urls else DOCUMENT_TYPE


def dereference(
    url: DidUrl, resolution: Resolution, selection: Selection, *, urls_wanted: bool = False
) -> Dereferenced:
    """Return what `url` stands for, in the document that its DID resolved to.

    With `urls_wanted`, a selected service is returned as its endpoints. Raises `DidResolutionError`
    that says why there is nothing.
    """
    if (document := resolution.document) is None:
        return Dereferenced(metadata=resolution.metadata)
    about: JsonObject = {"deactivated": True} if resolution.deactivated else {}
    if selection.names_service:
        services = document_parts.services(
            document, service_id=selection.service, kind=selection.service_type
        )
        if urls_wanted or selection.relative_ref is not None:
            urls = document_parts.endpoints(
                services, relative_ref=selection.relative_ref, fragment=url.fragment
            )
            return Dereferenced(urls=urls, metadata=about)
        source = {**document.source, "service": services}
        return Dereferenced(content=source, metadata=resolution.metadata)
    if url.path:
        place = document_parts.place_of_path(document, url.path)
        return Dereferenced(urls=(place,), metadata=about)
    if url.fragment is not None:
        found = document_parts.part(document, url.fragment, selection.relationship)
        return Dereferenced(content=found, metadata=about)
    return Dereferenced(content=document.source, metadata=resolution.metadata)


def resolve_url(resolver: OptionsResolver, url: DidUrl) -> Dereferenced:
    """Return what `url` stands for: its parameters say which version, and which part.

    Raises what `OptionsResolver.resolve_with` does, and `DidResolutionError`.
    """
    selection, others = Selection.split(url.parameters)
    resolution = resolver.resolve_with(url.did, ResolutionOptions.parse(others))
    return dereference(url, resolution, selection)


def dereferencing_result(found: Dereferenced, form: Form = Form.CURRENT) -> JsonObject:
    """Return the result for `found`; older readers want it where a document would be."""
    metadata: JsonObject = {"contentType": found.content_type}
    content: JsonValue = list(found.urls) if found.urls else found.content
    return _result(content, metadata, found.metadata, form)


def dereferencing_failure(error: SsiError, form: Form = Form.CURRENT) -> JsonObject:
    """Return the result that says why there is nothing."""
    content: JsonValue = None if form is Form.CURRENT else {}
    return _result(content, error_metadata(error, form), {}, form)


def _result(content: JsonValue, metadata: JsonObject, about: JsonObject, form: Form) -> JsonObject:
    if form is Form.CURRENT:
        return {
            "dereferencingMetadata": metadata,
            "contentStream": content,
            "contentMetadata": about,
        }
    return {
        "@context": OLDER_CONTEXT,
        "didDocument": content,
        "didDereferencingMetadata": metadata,
        "didDocumentMetadata": about,
    }


def _relationship(name: str) -> VerificationRelationship:
    try:
        return VerificationRelationship(name)
    except ValueError:
        at = "/verificationRelationship"
        raise DidResolutionError("no such relationship", at=at, error="invalidOptions") from None
