"""The JSON Canonicalization Scheme, RFC 8785."""

import rfc8785

from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonValue


def canonicalize(value: JsonValue) -> bytes:
    """Return the canonical bytes; integers beyond 2^53, NaN and lone surrogates are refused."""
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, ValueError, RecursionError, TypeError):
        raise MalformedError("the value has no canonical JSON form") from None
