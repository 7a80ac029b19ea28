"""Proof that a log does not do what a log does, kept for whoever must be told."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from registry.model.proof import EntryProof
from ssi_core.encoding import base64url_encode
from ssi_core.json_types import JsonObject
from ssi_core.period import to_rfc3339


class DivergenceKind(StrEnum):
    """What the log did."""

    FORK = "fork"
    SHORTER = "shorter"
    INADMISSIBLE = "inadmissible_entry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Divergence:
    """What was seen: the checkpoint that was believed before, the one that cannot be, and why.

    `entry` is the inadmissible entry, proved to stand in the tree of `shown`; where it came by
    upload, `uploaded` is the tlog-mirror request with the one package that has it.
    """

    kind: DivergenceKind
    reason: str
    believed: str | None
    shown: str
    at: datetime
    entry: EntryProof | None = None
    uploaded: bytes | None = None

    def to_json(self) -> JsonObject:
        """Return what is kept of it, with everything that others need to see for themselves."""
        return {
            "kind": self.kind,
            "reason": self.reason,
            "at": to_rfc3339(self.at),
            "believed": self.believed,
            "shown": self.shown,
            "entry": None if self.entry is None else self.entry.to_json(),
            "uploaded": None if self.uploaded is None else base64url_encode(self.uploaded),
        }


class DivergedError(Exception):
    """The log that is followed contradicts itself; following ends here, for good.

    Not for strangers: whoever follows keeps the evidence, and says what it does then.
    """

    def __init__(self, divergence: Divergence) -> None:
        super().__init__(divergence.reason)
        self.divergence = divergence


class ReplicaMemory(Protocol):
    """What a replica must remember beside the log."""

    def divergence(self) -> JsonObject | None:
        """Return what was kept of a divergence; nothing if there was none."""
        ...

    def keep_divergence(self, divergence: Divergence) -> None:
        """Keep the evidence, durably, if none is kept yet."""
        ...

    def newest(self) -> tuple[str, datetime] | None:
        """Return the note that was seen last, and as of when; nothing before the first."""
        ...

    def keep_newest(self, note: str, at: datetime) -> None:
        """Remember the note that was seen last."""
        ...
