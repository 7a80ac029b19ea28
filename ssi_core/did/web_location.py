"""Where did:web and did:webvh keep their files: host, port and path segments of a DID.

The rules are those of did:webvh 1.0, "The DID to HTTPS Transformation", the stricter of the two:
https://identity.foundation/didwebvh/v1.0/#the-did-to-https-transformation
"""

import re
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import quote, unquote_to_bytes

import idna

from ssi_core.errors import MalformedError

_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_LABEL: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.ASCII)
# A browser reads a host whose last label is a number, in any base, as an IPv4 address.
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_PORT: Final = re.compile(r"[0-9]{1,5}", re.ASCII)
_MAX_HOST: Final = 253
_MAX_PORT: Final = 65_535
# The one name that needs no domain, so that a laptop can be a whole network.
_THIS_MACHINE: Final = "localhost"


@dataclass(frozen=True, slots=True)
class WebLocation:
    """A place on the web. `segments` are decoded; `url` encodes them again."""

    host: str
    port: int | None
    segments: tuple[str, ...]

    @classmethod
    def parse(cls, text: str, *, at: str = "/id") -> Self:
        """Read `host[%3Aport](:segment)*`, the part of a DID that says where it is kept."""
        authority, *segments = text.split(":")
        host, separator, port = _decode(authority, at).partition(":")
        return cls(
            _host(host, at),
            _port(port, at) if separator else None,
            tuple(_segment(_decode(segment, at), at) for segment in segments),
        )

    def url(self, *path: str) -> str:
        """Return the URL of `path` below this place; http only if the place is this machine."""
        scheme = "http" if self.host == _THIS_MACHINE else "https"
        authority = self.host if self.port is None else f"{self.host}:{self.port}"
        encoded = (quote(segment, safe="") for segment in (*self.segments, *path))
        return f"{scheme}://{authority}/{'/'.join(encoded)}"

    def document_url(self, name: str) -> str:
        """Return the URL of the DID's own file `name`: in `.well-known` if there is no path."""
        return self.url(name) if self.segments else self.url(".well-known", name)


def _decode(text: str, at: str) -> str:
    if _PERCENT.search(text):
        raise MalformedError("percent-encoding is not valid", at=at)
    try:
        return unquote_to_bytes(text).decode("utf-8")
    except UnicodeError:
        raise MalformedError("percent-encoding is not valid", at=at) from None


def _host(text: str, at: str) -> str:
    name = text.lower() if text.isascii() else _a_labels(text, at)
    labels = name.split(".")
    if len(name) > _MAX_HOST or not all(_LABEL.fullmatch(label) for label in labels):
        raise MalformedError("not a domain name", at=at)
    if _NUMBER.fullmatch(labels[-1]):
        raise MalformedError("an IP address is not a domain name", at=at)
    if len(labels) == 1 and name != _THIS_MACHINE:
        raise MalformedError("a domain name has more than one label", at=at)
    return name


def _a_labels(text: str, at: str) -> str:
    try:
        return idna.encode(text, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        raise MalformedError("not a domain name", at=at) from None


def _port(text: str, at: str) -> int:
    if _PORT.fullmatch(text) is None or not 1 <= int(text) <= _MAX_PORT:
        raise MalformedError("not a port", at=at)
    return int(text)


def _segment(text: str, at: str) -> str:
    forbidden = any(character in "/\\" or not character.isprintable() for character in text)
    if forbidden or text in ("", ".", "..") or text != text.strip():
        raise MalformedError("not a path segment", at=at)
    return text
