"""Bundles of any type, and references between their resources.

Resolution follows https://hl7.org/fhir/R4/bundle.html#references, and by `Type/id` where an entry
has no RESTful fullUrl to compare with.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Self

from issuer.fhir.element import Element
from ssi_core import strict_json
from ssi_core.errors import MalformedError

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_VERSION: Final = re.compile(r"/_history/[^/]*\Z")
_RESTFUL: Final = re.compile(r"(?P<base>https?://.*/)?(?P<key>[A-Z][A-Za-z]{1,63}/[^/#?]{1,64})")


@dataclass(frozen=True, slots=True, kw_only=True)
class BundledResource:
    """A resource of a bundle; a contained one knows the resource that it is contained in."""

    kind: str
    element: Element
    full_url: str | None
    container: Element

    @property
    def key(self) -> str | None:
        """`Type/id`, if it has an id."""
        identifier = self.element.text("id")
        return None if identifier is None else f"{self.kind}/{identifier}"


@dataclass(frozen=True, slots=True)
class Bundle:
    """The resources of a bundle, once each, in its order."""

    resources: tuple[BundledResource, ...]
    _by_url: Mapping[str, BundledResource]
    _by_key: Mapping[str, tuple[BundledResource, ...]]

    @classmethod
    def parse(cls, text: bytes) -> Self:
        """Read a JSON bundle; refused when two different resources claim one identity."""
        body = text.removeprefix(_BYTE_ORDER_MARK)
        source = Element(strict_json.parse_object(body, max_bytes=len(body)), "")
        if source.text("resourceType") != "Bundle":
            raise MalformedError("the document is not a Bundle", at="/resourceType")
        is_history = source.text("type") == "history"
        unique: dict[str, BundledResource] = {}
        for resource in _entries(source):
            name = resource.full_url or resource.key or resource.element.at
            first = unique.setdefault(name, resource)
            # A history has the newest version first.
            if not is_history and first.element.source != resource.element.source:
                raise MalformedError("two resources have one identity", at=resource.element.at)
        return cls._of(tuple(unique.values()))

    @classmethod
    def _of(cls, resources: tuple[BundledResource, ...]) -> Self:
        by_key: dict[str, tuple[BundledResource, ...]] = {}
        for resource in resources:
            if (key := resource.key) is not None:
                by_key[key] = (*by_key.get(key, ()), resource)
        by_url = {item.full_url: item for item in resources if item.full_url is not None}
        return cls(resources, by_url, by_key)

    def of_kind(self, kind: str) -> tuple[BundledResource, ...]:
        """Return the resources of one type, contained ones left out."""
        return tuple(resource for resource in self.resources if resource.kind == kind)

    def find(self, reference: Element | None, *, of: BundledResource) -> BundledResource | None:
        """Return what a Reference element of the resource `of` points to, if it is here."""
        text = None if reference is None else reference.text("reference")
        if text is None:
            return None
        if text.startswith("#"):
            return _contained(text[1:], of)
        bare = _VERSION.sub("", text)
        return self._by_url.get(bare) or self._restful(bare, of)

    def _restful(self, text: str, of: BundledResource) -> BundledResource | None:
        match = _RESTFUL.fullmatch(text)
        if match is None:
            return None
        candidates = self._by_key.get(match["key"], ())
        if match["base"] is not None:
            # Another server's resource of that id is another resource.
            candidates = tuple(item for item in candidates if item.full_url is None)
        elif near := self._by_url.get(_base(of.full_url) + match["key"]):
            return near
        return candidates[0] if len(candidates) == 1 else None


def _entries(bundle: Element) -> Iterator[BundledResource]:
    for entry in bundle.children("entry"):
        resource = entry.child("resource")
        # Deletions and answers have none.
        if resource is not None:
            yield BundledResource(
                kind=_kind(resource),
                element=resource,
                full_url=entry.text("fullUrl"),
                container=resource,
            )


def _kind(resource: Element) -> str:
    kind = resource.text("resourceType")
    if kind is None:
        raise MalformedError("a resource names its type", at=resource.place("resourceType"))
    return kind


def _contained(identifier: str, of: BundledResource) -> BundledResource | None:
    for element in of.container.children("contained"):
        if element.text("id") == identifier:
            return BundledResource(
                kind=_kind(element), element=element, full_url=of.full_url, container=of.container
            )
    return None


def _base(full_url: str | None) -> str:
    match = None if full_url is None else _RESTFUL.fullmatch(full_url)
    return "" if match is None or match["base"] is None else match["base"]
