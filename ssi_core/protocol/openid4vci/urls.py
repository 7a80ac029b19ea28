"""Credential Issuer Identifiers and the well-known URLs that belong to them (section 12.2)."""

from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from ssi_core.errors import MalformedError

CREDENTIAL_ISSUER: Final = "openid-credential-issuer"
AUTHORIZATION_SERVER: Final = "oauth-authorization-server"
JWT_VC_ISSUER: Final = "jwt-vc-issuer"
_MAX_CHARACTERS: Final = 2048
_MAX_PORT: Final = 65_535


def require_issuer_identifier(text: str, *, at: str) -> str:
    """Return `text` if it is a URL without query and fragment: https, or http on loopback."""
    parts = _split(text, at)
    if parts.query or parts.fragment or "?" in text or "#" in text:
        raise MalformedError("an issuer identifier has no query and no fragment", at=at)
    return text


def require_url(text: str, *, at: str) -> str:
    """Return `text` if it is an https URL, or http on a loopback host."""
    _split(text, at)
    return text


def well_known_url(issuer: str, name: str) -> str:
    """Return where the metadata called `name` of `issuer` is: between its host and its path."""
    parts = _split(issuer, "/credential_issuer")
    return f"{parts.scheme}://{parts.netloc}/.well-known/{name}{parts.path.rstrip('/')}"


def _split(text: str, at: str) -> SplitResult:
    # Python's parser drops tabs and line ends, so what it says is about another text.
    if len(text) > _MAX_CHARACTERS or not text.isascii() or not text.isprintable() or " " in text:
        raise MalformedError("not a URL", at=at)
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise MalformedError("not a URL", at=at) from None
    if not host or "@" in parts.netloc or not (port is None or 0 < port <= _MAX_PORT):
        raise MalformedError("not a URL of a host", at=at)
    if parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host)):
        return parts
    raise MalformedError("a URL must be https, or http on a loopback host", at=at)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
