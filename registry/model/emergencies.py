"""Broken glass in the log: that it was broken, under a key of its own, and commitments to the rest.

The entry says neither who looked nor at whom. What it commits to is made, and opened again, by
`consent_contracts.break_glass_log`.
"""

from dataclasses import dataclass
from typing import Final, Self

from registry.model.envelope import Entry, Proof, digest_at, integer_at, moment_at, text_at
from registry.model.grants import HOUR, commitments_at
from ssi_core.errors import ConflictError, MalformedError, ProofError
from ssi_core.json_types import JsonObject

# Whose data, for whom, who looks, for what, at what, and why.
COMMITMENTS: Final = ("sub", "rcp", "act", "pur", "scp", "rsn")
_MEMBERS: Final = frozenset({"id", "ctl", "c", "n", "ts", "proof"})


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakGlass:
    """What an `access.breakglass` entry says."""

    id: str
    commitments: JsonObject
    broken_at: int
    proof: Proof

    @classmethod
    def parse(cls, entry: Entry) -> Self:
        """Read the members. The proof must name the entry's own key; whether it holds is open."""
        members = entry.members
        entry.require_members(_MEMBERS)
        digest_at(members, "n")
        proof = entry.proof()
        if proof.own_key() != text_at(members, "ctl"):
            raise ProofError("the entry's own key signs it", at="/proof/verificationMethod")
        broken_at = moment_at(members, "ts")
        if broken_at % HOUR:
            raise MalformedError("the time is cut to the hour", at="/ts")
        return cls(
            id=entry.require_inception_id(),
            commitments=commitments_at(members, COMMITMENTS),
            broken_at=broken_at,
            proof=proof,
        )


@dataclass(frozen=True, slots=True)
class EmergencyRecord:
    """What a log prefix makes true of one emergency: where it stands."""

    id: str
    logged: int

    @property
    def entries(self) -> tuple[int, ...]:
        """The index of the entry."""
        return (self.logged,)

    def to_json(self) -> JsonObject:
        """Return what a store keeps of this record."""
        return {"logged": self.logged}

    @classmethod
    def from_json(cls, emergency_id: str, body: JsonObject) -> Self:
        """Read what `to_json` wrote."""
        return cls(emergency_id, integer_at(body, "logged"))


def break_glass(
    content: BreakGlass, found: EmergencyRecord | None, *, index: int
) -> EmergencyRecord:
    """Return the record of an emergency that is told at `index`, once."""
    if found is not None:
        raise ConflictError("the log has an emergency of that id", at="/id", winner=found.logged)
    return EmergencyRecord(content.id, index)
