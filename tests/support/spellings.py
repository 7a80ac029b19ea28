"""Searching a document for what must not be in it, however it is spelled."""

import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from hashlib import md5, sha1, sha256
from typing import Any

from tests.support.released import leaves

_SHORTEST = 4
# What is shorter may be a part of something else by chance: 01701 is in 2017-01.
_BY_CHANCE = 6
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_NOT_PLAIN = re.compile(r"[^a-z0-9]+")


def plain(text: str) -> str:
    """Return `text` without case, spaces and punctuation."""
    return _NOT_PLAIN.sub("", text.casefold())


def found_in(document: Any, forbidden: Iterable[Any]) -> set[str]:
    """Return the spellings of `forbidden` that occur in a value or a member's name."""
    lines = {plain(str(each)) for each in leaves(document)}
    text = "\n".join(lines)
    return {
        spelling
        for value in forbidden
        for spelling in set(_spellings(value))
        if (spelling in lines if len(spelling) < _BY_CHANCE else spelling in text)
    }


def _spellings(value: Any) -> Iterator[str]:
    """Yield plain spellings that are long enough not to occur by chance."""
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int | float):
        # To two decimals or more; what is rounded further is no longer that value.
        for text in (repr(value), *(f"{value:.{places}f}" for places in range(2, 7))):
            if len(plain(text)) > _SHORTEST and "." in text and float(text) % 0.05:
                yield plain(text)
        return
    text = str(value)
    if match := _DATE.match(text):
        year, month, day = match.groups()
        yield from (year + month + day, day + month + year, month + day + year)
    if len(plain(text)) >= _SHORTEST:
        yield plain(text)
        yield plain(text)[::-1]
    if len(text) > 2 * _SHORTEST:
        raw = text.encode()
        for digest in (md5, sha1, sha256):
            yield digest(raw, usedforsecurity=False).hexdigest()[:16]
            yield plain(b64encode(digest(raw, usedforsecurity=False).digest()).decode())[:16]
        yield plain(urlsafe_b64encode(raw).decode())[: 4 * len(raw) // 3 - 2]
        yield raw.hex()
