"""Which URLs we fetch at all: https, and plain http on this very machine."""

import re
from ipaddress import ip_address
from typing import Final

import httpx

from ssi_core.errors import MalformedError, RejectedError

_MAX_CHARACTERS: Final = 8192
_HOST: Final = re.compile(rb"[a-z0-9._:-]+")
_PORTS: Final = range(1, 65_536)


def safe_url(url: str, *, allow_http_loopback: bool = True) -> httpx.URL:
    """Return `url` parsed, if it is one that we fetch; raise `RejectedError` if not.

    Fetch what is returned and not the text: another parser could read another host in it.
    """
    try:
        parsed = httpx.URL(url)
        known_port = parsed.port is None or parsed.port in _PORTS
        known_host = _HOST.fullmatch(parsed.raw_host) is not None
    except (httpx.InvalidURL, ValueError, TypeError):
        raise MalformedError("not a URL") from None
    if not (parsed.scheme and known_host and known_port) or len(url) > _MAX_CHARACTERS:
        raise MalformedError("not a complete URL")
    if parsed.userinfo:
        raise MalformedError("a URL names no user here")
    if parsed.scheme == "https":
        return parsed
    if parsed.scheme == "http" and allow_http_loopback and is_loopback(parsed.host):
        return parsed
    raise RejectedError("a URL must be https, or http on a loopback host")


def require_safe_url(url: str) -> None:
    """Return if `url` is https, or http to this very machine; raise `RejectedError` if not."""
    safe_url(url)


def is_loopback(host: str) -> bool:
    """Say whether `host` names this machine itself."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
