"""Relative DID URLs in a DID document, written out (`expandRelativeUrls` of DID resolution)."""

from collections.abc import Mapping, Sequence
from typing import Final

from ssi_core.did.document import DidDocument, VerificationRelationship
from ssi_core.json_types import JsonValue

_RELATIONSHIPS: Final = frozenset(relationship.value for relationship in VerificationRelationship)
_LISTS: Final = _RELATIONSHIPS | {"verificationMethod", "service"}


def expanded(document: DidDocument) -> DidDocument:
    """Return `document` with the ids of methods and services, and references to them, absolute."""
    did = str(document.did)
    source = {
        name: _each(value, did, references=name in _RELATIONSHIPS) if name in _LISTS else value
        for name, value in document.source.items()
    }
    return DidDocument(document.did, source)


def _each(value: JsonValue, did: str, *, references: bool) -> JsonValue:
    if not isinstance(value, Sequence) or isinstance(value, str):
        return value
    return [_one(item, did, references=references) for item in value]


def _one(item: JsonValue, did: str, *, references: bool) -> JsonValue:
    if isinstance(item, Mapping):
        return {**item, "id": _absolute(item["id"], did)} if "id" in item else item
    return _absolute(item, did) if references else item


def _absolute(value: JsonValue, did: str) -> JsonValue:
    relative = isinstance(value, str) and value[:1] in {"#", "/", "?"}
    return f"{did}{value}" if relative else value
