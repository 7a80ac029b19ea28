"""Members that the data model speaks of again and again: URLs, types, texts, moments.

https://www.w3.org/TR/vc-data-model-2.0/. Each function returns what it checked, or raises
`MalformedError` with the JSON pointer of what is wrong.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from ssi_core import jcs
from ssi_core.errors import MalformedError, WorkLimitError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import from_date_time_stamp
from ssi_core.strict_json import as_object, as_text, as_texts

_URL: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):[^\x00-\x20\x7f<>\"{}|^`\\]+")
# Schemes whose URLs have a host (URL Standard, "special scheme").
_WITH_HOST: Final = frozenset({"http", "https", "ws", "wss", "ftp"})
_LANGUAGE_TAG: Final = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*", re.ASCII)
# Of one property: subjects, statuses, proofs and the like come by the handful.
MAX_OBJECTS: Final = 1_000
_DIRECTIONS: Final = ("ltr", "rtl")
_MEDIA_TYPE: Final = re.compile(r"[!#$&^_.+\w-]+/[!#$&^_.+\w-]+(?:\s*;.*)?", re.ASCII)


def url(value: JsonValue, *, at: str) -> str:
    """Return `value` if it is one absolute URL (section 4.4)."""
    text = as_text(value, at=at)
    match = _URL.fullmatch(text)
    if match is None or (match[1].lower() in _WITH_HOST and not _has_host(text)):
        raise MalformedError("must be an absolute URL", at=at)
    return text


def optional_url(member: JsonObject, name: str, *, at: str) -> str | None:
    """Return the URL called `name`, if there is such a member."""
    return url(member[name], at=f"{at}/{name}") if name in member else None


def types(member: JsonObject, *, at: str) -> tuple[str, ...]:
    """Return the `type` of an object: one or more terms or URLs (section 4.5)."""
    value = member.get("type")
    return (value,) if isinstance(value, str) and value else as_texts(value, at=f"{at}/type")


def located(value: JsonValue, *, at: str) -> tuple[tuple[JsonObject, str], ...]:
    """Return one object, or each of an array that is not empty, with its own pointer."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        if not value:
            raise MalformedError("must not be empty", at=at)
        if len(value) > MAX_OBJECTS:
            raise WorkLimitError("must not have more objects than allowed", at=at)
        places = [(item, f"{at}/{index}") for index, item in enumerate(value)]
        return tuple((as_object(item, at=place), place) for item, place in places)
    return ((as_object(value, at=at), at),)


def typed_objects(
    member: JsonObject, name: str, *, identified: bool = False
) -> tuple[JsonObject, ...]:
    """Return the objects called `name`, each with a `type`, and with its `id` a URL if it has one.

    `identified` asks for the `id`. Nothing is returned where there is no such member.
    """
    if name not in member:
        return ()
    found = located(member[name], at=f"/{name}")
    for item, at in found:
        types(item, at=at)
        if identified or "id" in item:
            url(item.get("id"), at=f"{at}/id")
    return tuple(item for item, _ in found)


def require_text(member: JsonObject, name: str, *, at: str = "") -> None:
    """Return if the member called `name` is text, one or more language value objects, or nothing.

    Sections 4.6 and 11.1.
    """
    if name not in member or isinstance(member[name], str):
        return
    for item, place in located(member[name], at=f"{at}/{name}"):
        _require_language_value(item, at=place)


def moment(member: JsonObject, name: str) -> datetime | None:
    """Return the moment called `name`, in UTC, if there is such a member (section 4.9)."""
    if name not in member:
        return None
    return from_date_time_stamp(as_text(member[name], at=f"/{name}"), at=f"/{name}")


def media_type(value: JsonValue, *, at: str) -> str:
    """Return `value` if it has the shape of a media type."""
    text = as_text(value, at=at)
    if _MEDIA_TYPE.fullmatch(text) is None:
        raise MalformedError("must be a media type", at=at)
    return text


def identified(value: JsonValue, *, at: str) -> str:
    """Return the URL that `value` is, or that it has as its `id`, as issuers and holders do."""
    if isinstance(value, Mapping):
        return url(value.get("id"), at=f"{at}/id")
    return url(value, at=at)


def require_context(document: JsonObject, *, first: Sequence[str]) -> str:
    """Return the first of the `@context` if it is one of `first`; the rest are URLs or objects.

    It is an ordered set (section 4.3), so nothing is there twice.
    """
    at = "/@context"
    value = document.get("@context")
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise MalformedError("must be an array that is not empty", at=at)
    begin = value[0]
    if not isinstance(begin, str) or begin not in first:
        raise MalformedError("must begin with the base context", at=f"{at}/0")
    seen: set[bytes] = set()
    for index, item in enumerate(value):
        if not isinstance(item, Mapping):
            url(item, at=f"{at}/{index}")
        # Compared by their canonical forms: each with each would take the square of their number.
        if (form := jcs.canonicalize(item)) in seen:
            raise MalformedError("must be there once", at=f"{at}/{index}")
        seen.add(form)
    return begin


def _has_host(text: str) -> bool:
    try:
        return bool(urlsplit(text).hostname)
    except ValueError:
        return False


def _require_language_value(value: JsonObject, *, at: str) -> None:
    if value.keys() - {"@value", "@language", "@direction"}:
        raise MalformedError("a language value object has no other members", at=at)
    if not isinstance(value.get("@value"), str):
        raise MalformedError("must be a string", at=f"{at}/@value")
    if "@language" in value:
        tag = value["@language"]
        if not isinstance(tag, str) or _LANGUAGE_TAG.fullmatch(tag) is None:
            raise MalformedError("must be a language tag", at=f"{at}/@language")
    if "@direction" in value and value["@direction"] not in _DIRECTIONS:
        raise MalformedError("must be ltr or rtl", at=f"{at}/@direction")
