"""Attribute names and values as AnonCreds compares and signs them.

https://hyperledger.github.io/anoncreds-spec/#encoding-attribute-data
"""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from ssi_core.errors import MalformedError

_INTEGER: Final = re.compile(r"[+-]?[0-9]+", re.ASCII)
_LEAST, _MOST = -(2**31), 2**31 - 1
# A longer run of digits is no integer of 32 bits, leading zeros apart, which are refused.
_MAX_DIGITS: Final = 64
_MAX_CHARACTERS: Final = 65_536


def normalized(name: str) -> str:
    """Return an attribute's name as it is compared: without spaces, in small letters."""
    return name.replace(" ", "").lower()


def encode(raw: str, *, at: str) -> str:
    """Return the number that is signed for `raw`, in decimal digits.

    An integer of 32 bits is itself, so that predicates can be asked of it; anything else is the
    SHA-256 of its UTF-8. An integer has one spelling: `007` and `+7` are refused.
    """
    if "\0" in raw:
        # The library would sign what stands before it.
        raise MalformedError("an attribute value has no NUL", at=at)
    if len(raw) > _MAX_CHARACTERS:
        raise MalformedError("an attribute value is larger than allowed", at=at)
    if _INTEGER.fullmatch(raw) is not None:
        if len(raw) > _MAX_DIGITS or str(int(raw)) != raw:
            raise MalformedError("an integer is written in its shortest form", at=at)
        if _LEAST <= int(raw) <= _MOST:
            return raw
    try:
        return str(int.from_bytes(sha256(raw.encode("utf-8")).digest(), "big"))
    except UnicodeEncodeError:
        raise MalformedError("an attribute value is text", at=at) from None


def require_values(values: Mapping[str, str]) -> None:
    """Return if every value can be signed; at least one is needed."""
    if not values:
        raise MalformedError("a credential has attributes", at="/values")
    for raw in values.values():
        encode(raw, at="/values")


def as_predicate_value(value: object, *, at: str) -> int:
    """Return `value` if it is an integer of 32 bits."""
    if isinstance(value, int) and not isinstance(value, bool) and _LEAST <= value <= _MOST:
        return value
    raise MalformedError("a predicate compares with an integer of 32 bits", at=at)
