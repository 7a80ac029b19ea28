"""Digests of JSON values: SHA-256 over their canonical form (RFC 8785), base64url."""

from hashlib import sha256
from typing import Final

from ssi_core import jcs
from ssi_core.encoding import base64url_encode
from ssi_core.json_types import JsonObject, JsonValue

_DOMAIN: Final = "consentry/contract/1"


def digest_of(value: JsonValue) -> str:
    """Return the digest of a JSON value."""
    return base64url_encode(sha256(jcs.canonicalize(value)).digest())


def mark_of(kind: str, *parts: JsonValue) -> str:
    """Return the mark of something that may happen once.

    It tells nothing to whoever cannot guess the parts, so one of them has to be secret or random.
    """
    return digest_of([_DOMAIN, kind, *parts])


def digest_of_terms(contract: str, version: int, terms: JsonObject) -> str:
    """Return what the parties sign: these terms, under this contract and no other."""
    return digest_of({"contract": contract, "version": version, "terms": terms})
