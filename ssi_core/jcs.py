"""The JSON Canonicalization Scheme, RFC 8785."""

import json
import re
from typing import Final

import rfc8785

from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonValue

# A fraction, or an integer of 16 digits or more, wherever compact JSON can have a number.
# Text that looks like one costs only time. Fixed beginnings make each search several times faster.
_AWKWARD: Final = r"-?(?:[0-9]{16}|[0-9]+[.eE])"
_IN_OBJECT, _IN_ARRAY, _FIRST_IN_ARRAY, _ALONE = (
    re.compile(before + _AWKWARD, re.ASCII) for before in ('":', ",", r"\[", r"\A")
)
# Made once, and without looking for circles, in which it would fall as deep as it may.
_ENCODER: Final = json.JSONEncoder(
    ensure_ascii=False,
    check_circular=False,
    allow_nan=False,
    sort_keys=True,
    separators=(",", ":"),
)


def canonicalize(value: JsonValue) -> bytes:
    """Return the canonical bytes; integers beyond 2^53, NaN and lone surrogates are refused."""
    try:
        text = _ENCODER.encode(value)
        # The standard library's encoder, several times faster, writes the canonical form of all but
        # fractions and long integers, and sorts member names below the surrogates alike.
        if _sorts_alike(text) and not _has_awkward_number(text):
            return text.encode("utf-8")
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, ValueError, RecursionError, TypeError):
        raise MalformedError("the value has no canonical JSON form") from None


def _sorts_alike(text: str) -> bool:
    return text.isascii() or max(text) < "\ud800"


def _has_awkward_number(text: str) -> bool:
    return bool(
        _IN_OBJECT.search(text)
        or _IN_ARRAY.search(text)
        or _FIRST_IN_ARRAY.search(text)
        or _ALONE.search(text)
    )
