"""URLs that messages may name: https, or http to this very machine."""

from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from ssi_core.errors import MalformedError

_MAX_CHARACTERS: Final = 4096


def require_endpoint(text: str, *, at: str) -> str:
    """Return `text` if it is an https URL, or an http one on a loopback host, without fragment."""
    parts = split(text, at=at)
    loopback = parts.scheme == "http" and _is_loopback(parts.hostname or "")
    if not (parts.scheme == "https" or loopback) or parts.fragment:
        raise MalformedError("must be an https URL, or http on a loopback host", at=at)
    if parts.username is not None or parts.password is not None:
        raise MalformedError("a URL names no user", at=at)
    return text


def host_of(text: str, *, at: str) -> str:
    """Return the host of a URL, in lower case."""
    return split(text, at=at).hostname or ""


def split(text: str, *, at: str) -> SplitResult:
    """Take an absolute URL with a host apart; anything else is refused."""
    if len(text) > _MAX_CHARACTERS or not text.isascii() or not text.isprintable() or " " in text:
        raise MalformedError("not a URL", at=at)
    try:
        parts = urlsplit(text)
        _port = parts.port
    except ValueError:
        raise MalformedError("not a URL", at=at) from None
    if not parts.scheme or not parts.hostname:
        raise MalformedError("not an absolute URL", at=at)
    return parts


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
