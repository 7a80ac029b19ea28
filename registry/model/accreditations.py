"""Accreditations: who may issue, verify or accredit which credential types, says whom, until when.

A root accredits itself; every other accreditation stands on one of its issuer's own, whose types
and period contain its own. Only organisations appear: did:webvh and did:web.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from registry.model.envelope import (
    Entry,
    digest_at,
    integer_at,
    moment_at,
    multihash_at,
    text_at,
)
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject
from ssi_core.period import from_timestamp
from ssi_core.strict_json import as_integer, as_texts

MAX_TYPES: Final = 64
# Evidence holds the whole chain, so its length is bounded.
MAX_CHAIN: Final = 8
ORGANISATION_METHODS: Final = frozenset({"webvh", "web"})
_MEMBERS: Final = frozenset(
    {
        *("id", "seq", "prev", "iss", "sub", "role", "types", "by"),
        *("nbf", "exp", "n", "ts", "proof"),
    }
)
_MAX_TYPE: Final = 256


class Role(StrEnum):
    """What an accreditation allows: to issue, to ask for, or to accredit others for its types."""

    ISSUE = "issue"
    VERIFY = "verify"
    ACCREDIT = "accredit"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccreditGrant:
    """What an `accredit.grant` entry says. Times are NumericDates."""

    id: str
    issuer: Did
    subject: Did
    role: Role
    types: tuple[str, ...]
    parent: str | None
    not_before: int
    expires: int

    @classmethod
    def parse(cls, entry: Entry) -> Self:
        """Read the members; the proof needs the issuer's keys, which the log prefix holds."""
        members = entry.members
        entry.require_members(_MEMBERS)
        if as_integer(members["seq"], at="/seq") != 0 or members["prev"] is not None:
            raise MalformedError("an accreditation begins its history", at="/seq")
        digest_at(members, "n")
        moment_at(members, "ts")
        not_before, expires = _period(members)
        return cls(
            id=entry.require_inception_id(),
            issuer=organisation_at(members, "iss"),
            subject=organisation_at(members, "sub"),
            role=role_at(members, "role"),
            types=_types(members),
            parent=None if members["by"] is None else multihash_at(members, "by"),
            not_before=not_before,
            expires=expires,
        )


def organisation_at(members: JsonObject, name: str) -> Did:
    """Return the member `name` if it is the DID of an organisation: persons' are never logged."""
    did = Did.parse(text_at(members, name), at=f"/{name}")
    if did.method not in ORGANISATION_METHODS:
        raise MalformedError("only organisations' DIDs stand in the log", at=f"/{name}")
    return did


def role_at(members: JsonObject, name: str) -> Role:
    """Return the member `name` if it is a role that can be accredited."""
    try:
        return Role(text_at(members, name))
    except ValueError:
        raise MalformedError("not a role that can be accredited", at=f"/{name}") from None


def _types(members: JsonObject) -> tuple[str, ...]:
    types = as_texts(members["types"], at="/types")
    if len(types) > MAX_TYPES or any(len(name) > _MAX_TYPE for name in types):
        raise MalformedError("too many types, or too long ones", at="/types")
    if list(types) != sorted(set(types)):
        raise MalformedError("types are sorted, each named once", at="/types")
    return types


def _period(members: JsonObject) -> tuple[int, int]:
    not_before, expires = integer_at(members, "nbf"), integer_at(members, "exp")
    from_timestamp(expires, at="/exp")
    if not_before >= expires:
        raise MalformedError("an accreditation expires after it begins", at="/exp")
    return not_before, expires
