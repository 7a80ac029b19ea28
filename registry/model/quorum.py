"""Which cosignatures are enough: k of n witnesses, or of groups of them.

https://c2sp.org/tlog-policy (Defining a witness group)
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self, TypeAlias

from registry.model.cosignature import COSIGNATURE_TYPES
from registry.model.signed_note import VerifierKey
from ssi_core.errors import AlgorithmError, MalformedError

Member: TypeAlias = "VerifierKey | Quorum"


@dataclass(frozen=True, slots=True)
class Quorum:
    """At least `threshold` of its members: a witness that cosigned, or a group that is met."""

    threshold: int
    members: tuple[Member, ...]

    def __post_init__(self) -> None:
        if not 1 <= self.threshold <= len(self.members):
            raise MalformedError("a quorum asks for at least one of its members, and at most all")
        keys = self.keys
        if any(key.signature_type not in COSIGNATURE_TYPES for key in keys):
            raise AlgorithmError("a witness signs with a cosignature key")
        if len({key.public_key for key in keys}) != len(keys):
            raise MalformedError("each witness counts in one way only")

    @classmethod
    def all_of(cls, keys: Sequence[VerifierKey]) -> Self:
        """Return the quorum that every one of `keys` must be part of; none is refused."""
        return cls(len(keys), tuple(keys))

    @property
    def keys(self) -> tuple[VerifierKey, ...]:
        """Every witness that can be part of it, in order."""
        found: list[VerifierKey] = []
        for member in self.members:
            found += member.keys if isinstance(member, Quorum) else (member,)
        return tuple(found)

    def reached_at(self, times: Mapping[VerifierKey, datetime]) -> datetime | None:
        """Return the latest moment since which enough have cosigned; nothing if too few have."""
        reached = [
            member.reached_at(times) if isinstance(member, Quorum) else times.get(member)
            for member in self.members
        ]
        known = sorted((at for at in reached if at is not None), reverse=True)
        return known[self.threshold - 1] if len(known) >= self.threshold else None

    def is_met_by(self, keys: Collection[VerifierKey]) -> bool:
        """Say whether these witnesses alone are enough."""
        met = [
            member.is_met_by(keys) if isinstance(member, Quorum) else member in keys
            for member in self.members
        ]
        return sum(met) >= self.threshold

    def is_blocked_without(self, keys: Collection[VerifierKey]) -> bool:
        """Say whether every quorum that there can be has one of `keys` in it.

        With k of n it takes n - k + 1 of them.
        """
        return not self.is_met_by([key for key in self.keys if key not in keys])
