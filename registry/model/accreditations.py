"""Accreditations: who may issue, verify or accredit which credential types, says whom, until when.

A root accredits itself; every other accreditation stands on one of its issuer's own, whose types
and period contain its own. Only organisations appear: did:webvh and did:web.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Self

from registry.model.envelope import Entry, integer_at, multihash_at, text_at
from ssi_core.did.syntax import Did
from ssi_core.errors import (
    AccreditationError,
    ConflictError,
    MalformedError,
    NotFoundError,
    TrustError,
)
from ssi_core.json_types import JsonObject
from ssi_core.period import from_timestamp
from ssi_core.strict_json import as_integer, as_text, as_texts

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
_REVOKE_MEMBERS: Final = frozenset({"id", "iss", "ts", "proof"})
_MAX_TYPE: Final = 256
_NONCE_CHARACTERS: Final = 43


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
        _require_nonce(members)
        from_timestamp(integer_at(members, "ts"), at="/ts")
        not_before, expires = _period(members)
        return cls(
            id=entry.require_inception_id(),
            issuer=organisation_at(members, "iss"),
            subject=organisation_at(members, "sub"),
            role=_role(members),
            types=_types(members),
            parent=None if members["by"] is None else multihash_at(members, "by"),
            not_before=not_before,
            expires=expires,
        )


@dataclass(frozen=True, slots=True)
class AccreditRevoke:
    """What an `accredit.revoke` entry says: that an accreditation ends, and who says so."""

    id: str
    issuer: Did

    @classmethod
    def parse(cls, entry: Entry) -> Self:
        """Read the members; the proof needs the issuer's keys, which the log prefix holds."""
        entry.require_members(_REVOKE_MEMBERS)
        from_timestamp(integer_at(entry.members, "ts"), at="/ts")
        return cls(multihash_at(entry.members, "id"), organisation_at(entry.members, "iss"))


@dataclass(frozen=True, slots=True, kw_only=True)
class AccreditationRecord:
    """What a log prefix makes true of one accreditation.

    `chain` holds the ids from the root down to this one, `accreditors` who signed each of them.
    """

    id: str
    granted: int
    subject: Did
    role: Role
    types: tuple[str, ...]
    not_before: int
    expires: int
    chain: tuple[str, ...]
    accreditors: tuple[Did, ...]
    revoked: int | None = None

    @property
    def root(self) -> Did:
        """The organisation that accredited itself, on which the chain stands."""
        return self.accreditors[0]

    @property
    def entries(self) -> tuple[int, ...]:
        """The indexes of the entries that say so."""
        return (self.granted,) if self.revoked is None else (self.granted, self.revoked)

    def to_json(self) -> JsonObject:
        """Return what a store keeps of this record."""
        return {
            "granted": self.granted,
            "sub": str(self.subject),
            "role": self.role.value,
            "types": list(self.types),
            "nbf": self.not_before,
            "exp": self.expires,
            "chain": list(self.chain),
            "accreditors": [str(did) for did in self.accreditors],
            "revoked": self.revoked,
        }

    @classmethod
    def from_json(cls, accreditation_id: str, body: JsonObject) -> Self:
        """Read what `to_json` wrote."""
        revoked = body.get("revoked")
        accreditors = as_texts(body.get("accreditors"), at="/accreditors")
        return cls(
            id=accreditation_id,
            granted=as_integer(body.get("granted"), at="/granted"),
            subject=organisation_at(body, "sub"),
            role=_role(body),
            types=as_texts(body.get("types"), at="/types"),
            not_before=integer_at(body, "nbf"),
            expires=integer_at(body, "exp"),
            chain=as_texts(body.get("chain"), at="/chain"),
            accreditors=tuple(Did.parse(text) for text in accreditors),
            revoked=None if revoked is None else as_integer(revoked, at="/revoked"),
        )


def grant(
    content: AccreditGrant,
    found: AccreditationRecord | None,
    parents: tuple[AccreditationRecord, ...],
    *,
    index: int,
) -> AccreditationRecord:
    """Return the record of an accreditation that begins at `index`.

    `parents` are the records of the chain it stands on, from the root down; empty for a root.
    """
    if found is not None:
        raise ConflictError("the log has an accreditation of that id")
    if parents:
        _require_nested(content, parents)
    elif content.issuer != content.subject or content.role is not Role.ACCREDIT:
        raise AccreditationError("only a root accreditor accredits itself", at="/by")
    return AccreditationRecord(
        id=content.id,
        granted=index,
        subject=content.subject,
        role=content.role,
        types=content.types,
        not_before=content.not_before,
        expires=content.expires,
        chain=(*(parent.id for parent in parents), content.id),
        accreditors=(*(parents[-1].accreditors if parents else ()), content.issuer),
    )


def revoke(
    content: AccreditRevoke, found: AccreditationRecord | None, *, index: int
) -> AccreditationRecord:
    """Return the record of an accreditation that ends at `index`: given -> ended, which absorbs.

    Whoever signed it, or any accreditation above it, may end it.
    """
    if found is None:
        raise NotFoundError("the log has no such accreditation", at="/id")
    if content.issuer not in found.accreditors:
        raise TrustError("the issuer may not end this accreditation", at="/iss")
    if found.revoked is not None:
        raise ConflictError("the accreditation has ended already", at="/id")
    return replace(found, revoked=index)


def organisation_at(members: JsonObject, name: str) -> Did:
    """Return the member `name` if it is the DID of an organisation: persons' are never logged."""
    did = Did.parse(text_at(members, name), at=f"/{name}")
    if did.method not in ORGANISATION_METHODS:
        raise MalformedError("only organisations' DIDs stand in the log", at=f"/{name}")
    return did


def _require_nested(content: AccreditGrant, parents: tuple[AccreditationRecord, ...]) -> None:
    parent = parents[-1]
    if len(parents) >= MAX_CHAIN:
        raise AccreditationError("the chain is longer than allowed", at="/by")
    if parent.subject != content.issuer or parent.role is not Role.ACCREDIT:
        raise AccreditationError("the issuer has no such right to accredit", at="/by")
    if any(above.revoked is not None for above in parents):
        raise AccreditationError("the right to accredit has ended", at="/by")
    if not set(content.types) <= set(parent.types):
        raise AccreditationError("types go beyond the accreditor's own", at="/types")
    if content.not_before < parent.not_before or content.expires > parent.expires:
        raise AccreditationError("the period goes beyond the accreditor's own", at="/exp")


def _role(members: JsonObject) -> Role:
    try:
        return Role(text_at(members, "role"))
    except ValueError:
        raise MalformedError("not a role that can be accredited", at="/role") from None


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


def _require_nonce(members: JsonObject) -> None:
    if len(as_text(members["n"], at="/n")) != _NONCE_CHARACTERS:
        raise MalformedError("must be 32 bytes in base64url", at="/n")
