"""Digests of what a credential refers to: https://www.w3.org/TR/vc-data-model-2.0/#integrity-of-related-resources."""

import hashlib
import re
from binascii import a2b_base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hmac import compare_digest
from types import MappingProxyType
from typing import Final, Self

from ssi_core.credential import members
from ssi_core.encoding import base64url_decode, multibase_decode
from ssi_core.errors import MalformedError, ProofError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_text, as_texts

_SRI: Final = re.compile(r"(sha256|sha384|sha512)-([A-Za-z0-9+/]+={0,2})(?:\?[\x21-\x7e]*)?")
# Multihash headers: function, then length.
_MULTIHASH: Final[Mapping[bytes, str]] = MappingProxyType(
    {
        b"\x12\x20": "sha256",
        b"\x20\x30": "sha384",
        b"\x13\x40": "sha512",
        b"\x16\x20": "sha3_256",
        b"\x15\x30": "sha3_384",
        b"\x14\x40": "sha3_512",
    }
)
# The W3C's own suite gives the digest of SHA-256 or SHA-384 without a multihash header.
_BARE: Final[Mapping[int, str]] = MappingProxyType({32: "sha256", 48: "sha384"})


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest and the function that it was made with, by its `hashlib` name."""

    algorithm: str
    value: bytes

    def fits(self, content: bytes) -> bool:
        """Say whether `content` has this digest."""
        return compare_digest(hashlib.new(self.algorithm, content).digest(), self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedResource:
    """A resource that the issuer saw, by URL, with the digests that it had."""

    id: str
    # One tuple for each way in which the digests are given: one digest of each has to fit.
    digests: tuple[tuple[Digest, ...], ...]
    at: str

    @classmethod
    def parse(cls, source: JsonObject, *, at: str) -> Self:
        """Read one `relatedResource`; it has an id and at least one digest."""
        if "mediaType" in source:
            members.media_type(source["mediaType"], at=f"{at}/mediaType")
        found = []
        if "digestSRI" in source:
            found.append(_parse_sri(source["digestSRI"], at=f"{at}/digestSRI"))
        if "digestMultibase" in source:
            found.append(_parse_multibase(source["digestMultibase"], at=f"{at}/digestMultibase"))
        if not found:
            raise MalformedError("a related resource has a digest", at=at)
        return cls(id=members.url(source.get("id"), at=f"{at}/id"), digests=tuple(found), at=at)

    def check(self, contents: Iterable[bytes]) -> None:
        """Return if one of `contents`, the known versions of the resource, has the digests."""
        for content in contents:
            if all(any(digest.fits(content) for digest in group) for group in self.digests):
                return
        raise ProofError("a related resource is not the one that the issuer saw", at=self.at)


def parse_all(document: JsonObject) -> tuple[RelatedResource, ...]:
    """Return the related resources of a document, each id once."""
    if "relatedResource" not in document:
        return ()
    found = tuple(
        RelatedResource.parse(item, at=at)
        for item, at in members.located(document["relatedResource"], at="/relatedResource")
    )
    if len({resource.id for resource in found}) != len(found):
        raise MalformedError("related resources have ids of their own", at="/relatedResource")
    return found


def _parse_sri(value: JsonValue, *, at: str) -> tuple[Digest, ...]:
    expressions = [expression for text in _texts(value, at=at) for expression in text.split()]
    matches = [_SRI.fullmatch(expression) for expression in expressions]
    if not matches or not all(matches):
        raise MalformedError("must be subresource integrity digests", at=at)
    return _strongest(
        Digest(match[1], _base64(match[2], at=at)) for match in matches if match is not None
    )


def _parse_multibase(value: JsonValue, *, at: str) -> tuple[Digest, ...]:
    return tuple(_multihash(text, at=at) for text in _texts(value, at=at))


def _multihash(text: str, *, at: str) -> Digest:
    data = base64url_decode(text[1:], at=at) if text[0] == "u" else multibase_decode(text, at=at)
    algorithm, value = _MULTIHASH.get(data[:2]), data[2:]
    if algorithm is None or len(value) != data[1]:
        algorithm, value = _BARE.get(len(data)), data
    if algorithm is None:
        raise MalformedError("must be a multihash of SHA-2 or SHA-3", at=at)
    return Digest(algorithm, value)


def _strongest(digests: Iterable[Digest]) -> tuple[Digest, ...]:
    # Subresource Integrity section 3.3.4: weaker digests beside a strong one do not count.
    found = tuple(digests)
    longest = max(len(digest.value) for digest in found)
    return tuple(digest for digest in found if len(digest.value) == longest)


def _base64(text: str, *, at: str) -> bytes:
    try:
        return a2b_base64(text, strict_mode=True)
    except ValueError:
        raise MalformedError("must be subresource integrity digests", at=at) from None


def _texts(value: JsonValue, *, at: str) -> Sequence[str]:
    return (as_text(value, at=at),) if isinstance(value, str) else as_texts(value, at=at)
