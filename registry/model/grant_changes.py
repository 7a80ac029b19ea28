"""What may happen to a grant after it was given: the entries that say so.

Each of them is signed with a key of the grant, and each proof says which; whether that key may do
it is for the log's state to decide.
"""

from dataclasses import dataclass
from typing import Final, Self

from registry.model import profile
from registry.model.envelope import (
    Entry,
    Proof,
    digest_at,
    integer_at,
    moment_at,
    multihash_at,
)
from registry.model.grants import ConsentGrant
from ssi_core.errors import ProofError
from ssi_core.strict_json import as_object

_REVOKE: Final = frozenset({"id", "ts", "proof"})
_SUSPEND: Final = frozenset({"id", "n", "ts", "proof"})
_RESUME: Final = frozenset({"id", "prev", "ts", "proof"})
_SUPERSEDE: Final = frozenset({"id", "new", "ts", "proof"})
_REDACT: Final = frozenset({"id", "index", "old", "ts", "proof"})


@dataclass(frozen=True, slots=True)
class ConsentRevoke:
    """What a `consent.revoke` entry says: that a grant ends."""

    id: str
    proof: Proof

    @classmethod
    def parse(cls, entry: Entry) -> Self:
        """Read the members. Whether the proof holds is open, and whose key it is, for the log."""
        entry.require_members(_REVOKE)
        moment_at(entry.members, "ts")
        return cls(multihash_at(entry.members, "id"), entry.proof())


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
        entry.require_members(_SUSPEND)
        moment_at(entry.members, "ts")
        digest_at(entry.members, "n")
        return cls(multihash_at(entry.members, "id"), entry.proof())


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
        entry.require_members(_RESUME)
        moment_at(entry.members, "ts")
        members = entry.members
        return cls(multihash_at(members, "id"), multihash_at(members, "prev"), entry.proof())


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
        entry.require_members(_SUPERSEDE)
        moment_at(entry.members, "ts")
        new = as_object(entry.members["new"], at="/new")
        inner = Entry.parse(profile.render_checked(new))
        if inner.log != entry.log:
            raise ProofError("the new grant is for another log", at="/new/log")
        return cls(multihash_at(entry.members, "id"), ConsentGrant.parse(inner), entry.proof())


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
        members = entry.members
        entry.require_members(_REDACT)
        moment_at(members, "ts")
        return cls(
            id=multihash_at(members, "id"),
            index=integer_at(members, "index"),
            old=None if members["old"] is None else multihash_at(members, "old"),
            proof=entry.proof(),
        )
