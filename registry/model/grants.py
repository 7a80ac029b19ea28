"""Consent in the log: a grant as commitments under a one-time key, and its end.

An entry says nothing about a person: five salted commitments of fixed size, keys that are used for
this grant alone, and times rounded to the hour.
"""

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Self

from registry.model.envelope import Entry, Proof, integer_at, multihash_at, multikey_hash, text_at
from ssi_core.errors import ConflictError, MalformedError, NotFoundError, ProofError
from ssi_core.json_types import JsonObject
from ssi_core.period import from_timestamp
from ssi_core.strict_json import as_integer, as_object, as_text

# The fields that a grant commits to: subject, recipient, purposes, scope, terms.
COMMITMENTS: Final = ("sub", "rcp", "pur", "scp", "trm")
_COMMITMENTS: Final = frozenset(COMMITMENTS)
# Coarse times tell less about who did what when.
HOUR: Final = 3600
_MEMBERS: Final = frozenset(
    {"id", "seq", "prev", "ctl", "nk", "rk", "nbf", "exp", "ms", "c", "n", "ts", "proof"}
)
_REVOKE_MEMBERS: Final = frozenset({"id", "ts", "proof"})
_MAX_STALENESS: Final = 366 * 86_400
# 32 bytes in base64url, whose last character has only four bits to say.
_DIGEST: Final = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]", re.ASCII)


class GrantState(StrEnum):
    """Where a grant is in its life, as the log shows it at some moment."""

    PENDING = "pending"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGrant:
    """What a `consent.grant` entry says. Times are NumericDates, `max_staleness` is in seconds.

    `control` is the Multikey of the grant's own key.
    """

    id: str
    control: str
    proof: Proof
    next_key_hash: str
    revocation_key_hash: str
    not_before: int
    expires: int
    max_staleness: int
    commitments: JsonObject

    @classmethod
    def parse(cls, entry: Entry) -> Self:
        """Read the members. The proof must name the grant's own key; whether it holds is open."""
        members = entry.members
        entry.require_members(_MEMBERS)
        control = text_at(members, "ctl")
        proof = entry.proof()
        if proof.own_key() != control:
            raise ProofError("a grant is signed with its own key", at="/proof/verificationMethod")
        not_before, expires = _period(members)
        _require_inception(members)
        return cls(
            id=entry.require_inception_id(),
            control=control,
            proof=proof,
            next_key_hash=multihash_at(members, "nk"),
            revocation_key_hash=multihash_at(members, "rk"),
            not_before=not_before,
            expires=expires,
            max_staleness=_max_staleness(members),
            commitments=_commitments(members),
        )


@dataclass(frozen=True, slots=True)
class ConsentRevoke:
    """What a `consent.revoke` entry says: that a grant ends. Its proof says with which key."""

    id: str
    proof: Proof

    @classmethod
    def parse(cls, entry: Entry) -> Self:
        """Read the members. Whether the proof holds is open, and whose key it is, for the log."""
        entry.require_members(_REVOKE_MEMBERS)
        from_timestamp(as_integer(entry.members["ts"], at="/ts"), at="/ts")
        return cls(multihash_at(entry.members, "id"), entry.proof())


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRecord:
    """What a log prefix makes true of one grant. `revoked` is the index of its end, if any."""

    id: str
    granted: int
    control: str
    next_key_hash: str
    revocation_key_hash: str
    revoked: int | None = None

    @property
    def entries(self) -> tuple[int, ...]:
        """The indexes of the entries that say so."""
        return (self.granted,) if self.revoked is None else (self.granted, self.revoked)

    def to_json(self) -> JsonObject:
        """Return what a store keeps of this record."""
        return {
            "granted": self.granted,
            "ctl": self.control,
            "nk": self.next_key_hash,
            "rk": self.revocation_key_hash,
            "revoked": self.revoked,
        }

    @classmethod
    def from_json(cls, grant_id: str, body: JsonObject) -> Self:
        """Read what `to_json` wrote."""
        revoked = body.get("revoked")
        return cls(
            id=grant_id,
            granted=as_integer(body.get("granted"), at="/granted"),
            control=as_text(body.get("ctl"), at="/ctl"),
            next_key_hash=as_text(body.get("nk"), at="/nk"),
            revocation_key_hash=as_text(body.get("rk"), at="/rk"),
            revoked=None if revoked is None else as_integer(revoked, at="/revoked"),
        )


def grant(content: ConsentGrant, found: GrantRecord | None, *, index: int) -> GrantRecord:
    """Return the record of a grant that begins at `index`: absent -> given."""
    if found is not None:
        raise ConflictError("the log has a grant of that id")
    return GrantRecord(
        id=content.id,
        granted=index,
        control=content.control,
        next_key_hash=content.next_key_hash,
        revocation_key_hash=content.revocation_key_hash,
    )


def revoke(content: ConsentRevoke, found: GrantRecord | None, *, index: int) -> GrantRecord:
    """Return the record of a grant that ends at `index`: given -> ended, which absorbs.

    No `prev` is asked for, so that no race can lose a withdrawal.
    """
    if found is None:
        raise NotFoundError("the log has no such grant", at="/id")
    committed = (found.next_key_hash, found.revocation_key_hash)
    multikey = content.proof.own_key()
    if multikey != found.control and multikey_hash(multikey) not in committed:
        raise ProofError("the key may not end this grant", at="/proof/verificationMethod")
    if found.revoked is not None:
        raise ConflictError("the grant has ended already", at="/id")
    return replace(found, revoked=index)


def _require_inception(members: JsonObject) -> None:
    if as_integer(members["seq"], at="/seq") != 0 or members["prev"] is not None:
        raise MalformedError("a grant begins its history: seq 0 and no prev", at="/seq")
    from_timestamp(as_integer(members["ts"], at="/ts"), at="/ts")
    _require_digest(members["n"], at="/n")


def _period(members: JsonObject) -> tuple[int, int]:
    not_before, expires = integer_at(members, "nbf"), integer_at(members, "exp")
    from_timestamp(expires, at="/exp")
    if not_before >= expires:
        raise MalformedError("a grant expires after it begins", at="/exp")
    if not_before % HOUR or expires % HOUR:
        raise MalformedError("a grant's times are whole hours", at="/nbf")
    return not_before, expires


def _max_staleness(members: JsonObject) -> int:
    seconds = integer_at(members, "ms")
    if seconds > _MAX_STALENESS:
        raise MalformedError("evidence older than a year is no evidence", at="/ms")
    return seconds


def _commitments(members: JsonObject) -> JsonObject:
    commitments = as_object(members["c"], at="/c")
    if commitments.keys() != _COMMITMENTS:
        raise MalformedError("a grant has exactly five commitments", at="/c")
    for name, digest in commitments.items():
        _require_digest(digest, at=f"/c/{name}")
    return commitments


def _require_digest(value: object, *, at: str) -> None:
    if not isinstance(value, str) or _DIGEST.fullmatch(value) is None:
        raise MalformedError("must be 32 bytes in base64url", at=at)
