"""What may happen to a grant after it was given: the entries that say so.

Each of them is signed with a key of the grant, and each proof says which; whether that key may do
it is for the log's state to decide.
"""

from dataclasses import dataclass
from typing import Self

from registry.model import profile
from registry.model.envelope import (
    Entry,
    Proof,
    digest_at,
    integer_at,
    multihash_at,
)
from registry.model.grants import ConsentGrant
from ssi_core.errors import ProofError
from ssi_core.strict_json import as_object


@dataclass(frozen=True, slots=True)
class ConsentRevoke:
    """What a `consent.revoke` entry says: that a grant ends."""

    id: str
    proof: Proof

    @classmethod
    def parse(cls, entry: Entry) -> Self:
        """Read the members. Whether the proof holds is open, and whose key it is, for the log."""
        return cls(entry.require_changed(), entry.proof())


@dataclass(frozen=True, slots=True)
class ConsentSuspend:
    """What a `consent.suspend` entry says: that a grant does not count until it is resumed.

    It names no predecessor, so that no race can lose it; its nonce makes each one another entry.
    """

    id: str
    proof: Proof

    @classmethod
    def parse(cls, entry: Entry) -> Self:
        """Read the members, as `ConsentRevoke` does."""
        grant_id = entry.require_changed("n")
        digest_at(entry.members, "n")
        return cls(grant_id, entry.proof())


@dataclass(frozen=True, slots=True)
class ConsentResume:
    """What a `consent.resume` entry says: that the suspension in the entry `previous` is over.

    It names which, so that one that was held back cannot undo a later suspension.
    """

    id: str
    previous: str
    proof: Proof

    @classmethod
    def parse(cls, entry: Entry) -> Self:
        """Read the members, as `ConsentRevoke` does."""
        grant_id = entry.require_changed("prev")
        return cls(grant_id, multihash_at(entry.members, "prev"), entry.proof())


@dataclass(frozen=True, slots=True)
class ConsentSupersede:
    """What a `consent.supersede` entry says: that `new` takes the place of the grant `id`.

    The new grant is a whole signed `consent.grant`, and begins where this entry stands.
    """

    id: str
    new: ConsentGrant
    proof: Proof

    @classmethod
    def parse(cls, entry: Entry) -> Self:
        """Read the members, and the grant within; both proofs must hold."""
        grant_id = entry.require_changed("new")
        new = as_object(entry.members["new"], at="/new")
        inner = Entry.parse(profile.render_checked(new))
        if inner.log != entry.log:
            raise ProofError("the new grant is for another log", at="/new/log")
        return cls(grant_id, ConsentGrant.parse(inner), entry.proof())


@dataclass(frozen=True, slots=True)
class ConsentRedact:
    """What a `consent.redact` entry says: that the bytes of a grant that is over are dropped.

    Whoever comes later, and finds nothing at `index`, learns here what stood there: the grant `id`,
    and the grant `old` that it superseded, if it did.
    """

    id: str
    index: int
    old: str | None
    proof: Proof

    @classmethod
    def parse(cls, entry: Entry) -> Self:
        """Read the members, as `ConsentRevoke` does."""
        grant_id, members = entry.require_changed("index", "old"), entry.members
        return cls(
            id=grant_id,
            index=integer_at(members, "index"),
            old=None if members["old"] is None else multihash_at(members, "old"),
            proof=entry.proof(),
        )
