"""Proof values in CBOR (RFC 8949): three bytes that say which kind, and an array of components.

Read strictly: whatever is not encoded in the one deterministic way of section 4.2.1, has a tag,
or is followed by anything, is refused.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ssi_core import cbor
from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.errors import MalformedError, ProofError

_AT: Final = "/proof/proofValue"
_HEADER_BYTES: Final = 3
# Room for some four thousand signatures of ecdsa-sd-2023; a proof of bbs-2023 needs far less.
_MAX_CHARACTERS: Final = 400_000


def encode_proof_value(header: bytes, components: Sequence[Any]) -> str:
    """Return the multibase base64url form of `header` and `components`."""
    return "u" + base64url_encode(header + cbor.encode(list(components)))


def decode_proof_value(text: str, header: bytes, *, other: Mapping[bytes, str]) -> list[Any]:
    """Return the components of a proof value that begins with `header`.

    `other` says, by its header, what another known kind of proof is, so that a mistaken one is
    refused with its own reason: `ProofError`. Anything else that is not this: `MalformedError`.
    """
    if not text.startswith("u") or len(text) > _MAX_CHARACTERS:
        raise MalformedError("proof value is not base64url multibase", at=_AT)
    data = base64url_decode(text[1:], at=_AT)
    found, encoded = data[:_HEADER_BYTES], data[_HEADER_BYTES:]
    if found in other:
        raise ProofError(other[found], at=_AT)
    if found != header:
        raise MalformedError("proof value begins with unknown bytes", at=_AT)
    components = cbor.decode(encoded, at=_AT)
    if not isinstance(components, list):
        raise MalformedError("proof value is not an array", at=_AT)
    return components


def as_bytes(value: Any, length: int | None = None) -> bytes:
    """Return `value` if it is a byte string, of `length` bytes if that is given."""
    if not isinstance(value, bytes) or (length is not None and len(value) != length):
        raise MalformedError("a component of the proof value is not the bytes it should be", at=_AT)
    return value


def as_list(value: Any) -> list[Any]:
    """Return `value` if it is an array."""
    if not isinstance(value, list):
        raise MalformedError("a component of the proof value is not an array", at=_AT)
    return value


def as_map(value: Any) -> dict[Any, Any]:
    """Return `value` if it is a map."""
    if not isinstance(value, dict):
        raise MalformedError("a component of the proof value is not a map", at=_AT)
    return value


def as_index(value: Any) -> int:
    """Return `value` if it is an integer from 0 up that fits four bytes."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**32:
        raise MalformedError("a component of the proof value is not an index", at=_AT)
    return value


def as_indexes(value: Any) -> tuple[int, ...]:
    """Return `value` if it is an array of indexes in ascending order, each once."""
    indexes = tuple(map(as_index, as_list(value)))
    if list(indexes) != sorted(set(indexes)):
        raise MalformedError("indexes of the proof value are not in ascending order", at=_AT)
    return indexes


def as_pointer(value: Any) -> str:
    """Return `value` if it is text."""
    if not isinstance(value, str):
        raise MalformedError("a component of the proof value is not a JSON pointer", at=_AT)
    return value
