"""Parts of a DID document: methods and services by their ids, and where services lead."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import unquote, urljoin, urlsplit

from ssi_core.did.document import DidDocument, VerificationRelationship
from ssi_core.errors import DidResolutionError
from ssi_core.json_types import JsonObject, JsonValue

_URL: Final = re.compile(r"https?://[!-~]+")
_WHOIS: Final = "/whois"


def part(
    document: DidDocument, fragment: str, relationship: VerificationRelationship | None
) -> JsonObject:
    """Return the method or service with the id `#fragment`, with the document's context.

    With `relationship` it must be a method that is authorised for it.
    """
    wanted = _absolute(document, f"#{fragment}")
    method = _with_id(document, wanted, _methods(document))
    if relationship is not None:
        _require_authorised(document, method, wanted, relationship)
    found = method or _with_id(document, wanted, _items(document, "service"))
    if found is None:
        raise DidResolutionError("the document has no such part", error="notFound")
    context = document.source.get("@context")
    return found if context is None else {"@context": context, **found}


def services(
    document: DidDocument, *, service_id: str | None, kind: str | None
) -> list[JsonObject]:
    """Return the services with this id, relative or absolute, and of this type, if given."""
    wanted = None if service_id is None else _absolute(document, _as_fragment(service_id))
    return [
        service
        for service in _items(document, "service")
        if (wanted is None or _absolute(document, service.get("id")) == wanted)
        and (kind is None or kind in _texts(service.get("type")))
    ]


def endpoints(
    selected: Iterable[JsonObject], *, relative_ref: str | None, fragment: str | None
) -> tuple[str, ...]:
    """Return the endpoint URLs of services, with `relative_ref` resolved against each.

    Endpoints that are maps are passed over. Raises `DidResolutionError` if there are no URLs.
    """
    urls = [url for service in selected for url in _texts(service.get("serviceEndpoint"))]
    if not urls:
        raise DidResolutionError("no service with a URL is selected", error="notFound")
    return tuple(_joined(url, relative_ref, fragment) for url in urls)


def place_of_path(document: DidDocument, path: str) -> str:
    """Return where a DID URL's `path` leads: did:webvh has services for that, and others none.

    https://identity.foundation/didwebvh/v1.0/#did-url-resolution
    """
    if document.did.method != "webvh":
        raise DidResolutionError("the DID method has no paths", error="notFound")
    if path == _WHOIS:
        return _endpoint_of(document, "#whois")
    for segment in path.split("/"):
        if unquote(segment) in {".", ".."} or "\\" in unquote(segment):
            raise DidResolutionError("a path stays below its DID", error="invalidDidUrl")
    return _web_address(_endpoint_of(document, "#files").removesuffix("/") + path)


def _with_id(
    document: DidDocument, wanted: str | None, items: Iterable[JsonObject]
) -> JsonObject | None:
    return next((item for item in items if _absolute(document, item.get("id")) == wanted), None)


def _require_authorised(
    document: DidDocument,
    method: JsonObject | None,
    wanted: str | None,
    relationship: VerificationRelationship,
) -> None:
    if method is None:
        error = "invalidVerificationMethod"
        raise DidResolutionError("not a verification method", error=error)
    if wanted not in document.method_ids(relationship):
        error = "invalidRelationshipForVerificationMethod"
        raise DidResolutionError("the method is not authorised for this", error=error)


def _endpoint_of(document: DidDocument, service_id: str) -> str:
    found = services(document, service_id=service_id, kind=None)
    return endpoints(found, relative_ref=None, fragment=None)[0]


def _joined(base: str, relative_ref: str | None, fragment: str | None) -> str:
    url = base
    if relative_ref is not None:
        try:
            url = urljoin(base, relative_ref)
            same = urlsplit(url)[:2] == urlsplit(base)[:2]
        except ValueError:
            same = False
        if not same:
            # Whoever wrote the DID URL chose the path, and not the host.
            raise DidResolutionError(
                "a relative reference stays at its host", error="invalidDidUrl"
            )
    if fragment is not None and "#" in url:
        raise DidResolutionError("two fragments meet", error="invalidDidUrl")
    return _web_address(url if fragment is None else f"{url}#{fragment}")


def _web_address(url: str) -> str:
    # It becomes a header, or is fetched; what another scheme means is for the caller to know.
    if _URL.fullmatch(url) is None:
        raise DidResolutionError("the service has no web address", at="/service", error="notFound")
    return url


def _methods(document: DidDocument) -> Iterator[JsonObject]:
    yield from _items(document, "verificationMethod")
    for relationship in VerificationRelationship:
        yield from _items(document, relationship.value)


def _items(document: DidDocument, name: str) -> Iterator[JsonObject]:
    listed = document.source.get(name)
    if isinstance(listed, Sequence) and not isinstance(listed, str):
        yield from (item for item in listed if isinstance(item, Mapping))


def _texts(value: JsonValue) -> list[str]:
    listed = [value] if isinstance(value, str) or not isinstance(value, Sequence) else value
    return [item for item in listed if isinstance(item, str)]


def _as_fragment(service_id: str) -> str:
    return service_id if service_id.startswith(("#", "did:")) else f"#{service_id}"


def _absolute(document: DidDocument, value: JsonValue) -> str | None:
    if not isinstance(value, str):
        return None
    return f"{document.did}{value}" if value.startswith("#") else value
