"""Members of consent documents, taken out by type and within bounds."""

import ipaddress
import re
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Final, TypeVar
from urllib.parse import urlsplit

from ssi_core.encoding import base64url_decode
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import from_timestamp, to_timestamp
from ssi_core.strict_json import as_array, as_integer, as_text

_T = TypeVar("_T")
SECOND: Final = timedelta(seconds=1)
YEAR: Final = timedelta(days=366)
MAX_LIST: Final = 256

_SHA256_BYTES: Final = 32
_MAX_NAME: Final = 256
_MAX_URL: Final = 2048
# Control characters, and those that turn the direction of writing and so can hide what is said.
_NOT_IN_PROSE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_NOT_IN_NAME: Final = re.compile(_NOT_IN_PROSE.pattern + "|[\t\n\u2028\u2029]")
_HOST: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?", re.ASCII)
_URL: Final = re.compile(r"[A-Za-z0-9:/?&=%._~!$'()*+,;@\[\]-]+", re.ASCII)


def require_known(source: JsonObject, names: Collection[str], *, at: str) -> None:
    """Refuse members beyond `names`: one that is not understood here could be a restriction."""
    if not source.keys() <= set(names):
        raise MalformedError("has a member that is not known here", at=at)


def as_list(value: JsonValue, *, at: str) -> list[tuple[JsonValue, str]]:
    """Return the elements of an array of 1 to 256, each with its pointer."""
    items = as_array(value, at=at)
    if not 0 < len(items) <= MAX_LIST:
        raise MalformedError("must have between 1 and 256 elements", at=at)
    return [(item, f"{at}/{index}") for index, item in enumerate(items)]


def as_distinct(value: JsonValue, read: Callable[..., _T], *, at: str) -> frozenset[_T]:
    """Return what `read` makes of each element of an array of 1 to 256, none of them twice."""
    items = as_list(value, at=at)
    found = frozenset(read(item, at=pointer) for item, pointer in items)
    if len(found) != len(items):
        raise MalformedError("an element stands here twice", at=at)
    return found


def as_moment(value: JsonValue, *, at: str) -> datetime:
    """Return the moment that a NumericDate names."""
    return from_timestamp(as_integer(value, at=at), at=at)


def as_duration(value: JsonValue, *, at: str) -> timedelta:
    """Return a span of 1 second to 1 year, given in seconds."""
    # A `timedelta` holds less than an integer of JSON does.
    within = max(0, min(as_integer(value, at=at), 10**9))
    return require_duration(timedelta(seconds=within), at=at)


def require_duration(span: timedelta, *, at: str) -> timedelta:
    """Return `span` if it is whole seconds, at least one and at most a year of them."""
    if not SECOND <= span <= YEAR or span % SECOND:
        raise MalformedError("must be whole seconds, between one and a year", at=at)
    return span


def require_whole_seconds(moment: datetime, *, at: str) -> None:
    """Refuse a moment that a NumericDate cannot hold: without zone, or with a fraction."""
    if moment.tzinfo is None or moment.microsecond:
        raise MalformedError("must be a whole second, with a time zone", at=at)
    from_timestamp(to_timestamp(moment), at=at)


def seconds(span: timedelta) -> int:
    """Return the whole seconds of `span`."""
    return span // SECOND


def require_digest(text: str, *, at: str) -> str:
    """Return `text` if it is the base64url form of 32 bytes: a SHA-256 digest or a thumbprint."""
    if len(base64url_decode(text, at=at)) != _SHA256_BYTES:
        raise MalformedError("must be a SHA-256 digest in base64url", at=at)
    return text


def as_digest(value: JsonValue, *, at: str) -> str:
    """Return `value` if it is the base64url form of 32 bytes."""
    return require_digest(as_text(value, at=at), at=at)


def require_name(text: str, *, at: str, maximum: int = _MAX_NAME) -> str:
    """Return `text` if it is one line that shows as it is: a name, an identifier, an origin."""
    if not 0 < len(text) <= maximum or _NOT_IN_NAME.search(text) or text != text.strip():
        raise MalformedError("must be one short line of visible text", at=at)
    return text


def require_prose(text: str, *, at: str, maximum: int) -> str:
    """Return `text` if a person can read it: not empty, not too long, nothing that hides."""
    if len(text) > maximum:
        raise MalformedError("text is longer than allowed", at=at)
    if not text.strip() or _NOT_IN_PROSE.search(text):
        raise MalformedError("must be readable text", at=at)
    return text


def require_web_url(text: str, *, at: str) -> str:
    """Return `text` if it is an https URL, or an http one on this machine's loopback."""
    if len(text) > _MAX_URL or _URL.fullmatch(text) is None:
        raise MalformedError("not a URL", at=at)
    try:
        parts = urlsplit(text)
        host = parts.hostname if parts.port is None or parts.port else None
    except ValueError:
        raise MalformedError("not a URL", at=at) from None
    if not host or "@" in parts.netloc:
        raise MalformedError("not a URL", at=at)
    address = _address(host)
    if address is None and ("[" in parts.netloc or _HOST.fullmatch(host) is None):
        raise MalformedError("not a URL", at=at)
    on_loopback = host == "localhost" if address is None else address.is_loopback
    if parts.scheme == "https" or (parts.scheme == "http" and on_loopback):
        return text
    raise MalformedError("must be an https URL, or http on loopback", at=at)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
