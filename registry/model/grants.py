"""Consent in the log: a grant as commitments under a one-time key.

An entry says nothing about a person: five salted commitments of fixed size, keys that are used for
this grant alone, and times rounded to the hour.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from registry.model.envelope import (
    Entry,
    EntryType,
    Proof,
    digest_at,
    integer_at,
    moment_at,
    multihash_at,
    text_at,
)
from ssi_core.errors import MalformedError, ProofError
from ssi_core.json_types import JsonObject
from ssi_core.period import from_timestamp
from ssi_core.strict_json import as_integer, as_object

# The fields that a grant commits to: subject, recipient, purposes, scope, terms.
COMMITMENTS: Final = ("sub", "rcp", "pur", "scp", "trm")
# Coarse times tell less about who did what when.
HOUR: Final = 3600
_MEMBERS: Final = frozenset(
    {"id", "seq", "prev", "ctl", "nk", "rk", "nbf", "exp", "ms", "c", "n", "ts", "proof"}
)
MAX_STALENESS: Final = 366 * 86_400


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
        if entry.type is not EntryType.CONSENT_GRANT:
            raise MalformedError("the entry is no grant", at="/t")
        entry.require_members(_MEMBERS)
        control = text_at(members, "ctl")
        proof = entry.proof()
        if proof.own_key() != control:
            raise ProofError("a grant is signed with its own key", at="/proof/verificationMethod")
        not_before, expires = period_of(members)
        require_inception(members)
        return cls(
            id=entry.require_inception_id(),
            control=control,
            proof=proof,
            next_key_hash=multihash_at(members, "nk"),
            revocation_key_hash=multihash_at(members, "rk"),
            not_before=not_before,
            expires=expires,
            max_staleness=max_staleness_of(members),
            commitments=commitments_at(members, COMMITMENTS),
        )


def commitments_at(members: JsonObject, names: tuple[str, ...]) -> JsonObject:
    """Return the member `c` if it has exactly these commitments, of 32 bytes each."""
    commitments = as_object(members.get("c"), at="/c")
    if commitments.keys() != set(names):
        raise MalformedError("the entry does not have exactly the commitments of its type", at="/c")
    for name in names:
        digest_at(commitments, name)
    return commitments


def require_hour(entry: Entry) -> None:
    """Return if `entry`, about consent, says no more of when it was signed than the hour.

    To the second, it would show by how much the clock of somebody's phone is off. New entries are
    held to this; a log may have older ones.
    """
    if not entry.type.startswith("consent."):
        return
    for members in (entry.members, entry.members.get("new")):
        if isinstance(members, Mapping) and moment_at(members, "ts") % HOUR:
            raise MalformedError("a consent entry says the hour and no more", at="/ts")


def require_inception(members: JsonObject) -> None:
    """Return if a grant begins its history, and says when and with which nonce."""
    if as_integer(members["seq"], at="/seq") != 0 or members["prev"] is not None:
        raise MalformedError("a grant begins its history: seq 0 and no prev", at="/seq")
    moment_at(members, "ts")
    digest_at(members, "n")


def period_of(members: JsonObject) -> tuple[int, int]:
    """Return when a grant begins and expires, both at whole hours."""
    not_before, expires = integer_at(members, "nbf"), integer_at(members, "exp")
    from_timestamp(expires, at="/exp")
    if not_before >= expires:
        raise MalformedError("a grant expires after it begins", at="/exp")
    if not_before % HOUR or expires % HOUR:
        raise MalformedError("a grant's times are whole hours", at="/nbf")
    return not_before, expires


def max_staleness_of(members: JsonObject) -> int:
    """Return for how many seconds evidence of a grant may be relied on."""
    seconds = integer_at(members, "ms")
    if seconds > MAX_STALENESS:
        raise MalformedError("evidence older than a year is no evidence", at="/ms")
    return seconds
