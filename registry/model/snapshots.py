"""Snapshots: what the log itself says, last in every batch, of the state that its entries make.

The log's key signs the root of the status map of all entries before. Everybody who has those makes
the same root, so a log that leaves a withdrawal out of its map has signed what proves it.
"""

from dataclasses import dataclass
from typing import Final, Self

from registry.model.envelope import Entry, Proof, digest_at, integer_at, moment_at
from ssi_core.encoding import base64url_decode

_MEMBERS: Final = frozenset({"seq", "size", "root", "ts", "proof"})


@dataclass(frozen=True, slots=True, kw_only=True)
class StateSnapshot:
    """What a `state.snapshot` entry says; it stands at index `size`.

    `root` is that of the status map of the `size` entries before, `taken_at` the log's own clock.
    """

    sequence: int
    size: int
    root: bytes
    taken_at: int
    proof: Proof

    @classmethod
    def parse(cls, entry: Entry) -> Self:
        """Read the members; whether the root is right is for those who have the entries."""
        members = entry.members
        entry.require_members(_MEMBERS)
        return cls(
            sequence=integer_at(members, "seq"),
            size=integer_at(members, "size"),
            root=base64url_decode(digest_at(members, "root"), at="/root"),
            taken_at=moment_at(members, "ts"),
            proof=entry.proof(),
        )
