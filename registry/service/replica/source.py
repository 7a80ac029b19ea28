"""What a follower needs from the log that it follows, and from whoever pays the bill of trust."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol, Self, final

from registry.model import checkpoint as checkpoints
from registry.model.checkpoint import Checkpoint
from registry.model.dropped_log import DroppedLog
from registry.model.log_evidence import LogPolicy
from registry.model.signed_note import SignedNote, VerifierKey
from registry.model.tlog_policy import TlogPolicy
from registry.model.transfer import Shown
from ssi_core.errors import MalformedError

MAX_PAGE: Final = 1_000
_ANY_AGE: Final = timedelta.max


class Source(Protocol):
    """Another's log, read from afar. What it says is verified; what it does not say is unknown."""

    def checkpoint(self) -> str:
        """Return the log's newest checkpoint, as a note."""
        ...

    def witnessed(self) -> str:
        """Return the newest checkpoint that enough witnesses have cosigned, as a note."""
        ...

    def run(self, start: int, *, limit: int) -> Sequence[Shown]:
        """Return up to `limit` entries in order, from index `start` on; none beyond the end.

        Raises `GoneError` if the log was dropped.
        """
        ...

    def handover(self) -> DroppedLog:
        """Return where the log went, if it was dropped."""
        ...

    def inclusion(self, index: int, *, size: int) -> tuple[bytes, ...]:
        """Return the path of entry `index` in the tree of `size`."""
        ...

    def consistency(self, old_size: int, new_size: int) -> tuple[bytes, ...]:
        """Return the proof that the tree of `new_size` begins with that of `old_size`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A checkpoint that the log signed, and the time for which it is known to be the newest."""

    size: int
    root: bytes
    note: str
    at: datetime


class Trust(Protocol):
    """Says which checkpoints are the log's own."""

    def read(self, note: str, *, at: datetime) -> Seen:
        """Return the checkpoint if it is to be believed; `at` is when it was received."""
        ...


@final
class PolicyTrust:
    """Believes what satisfies a log policy. However old it is: whoever reads is told the age."""

    def __init__(self, policy: LogPolicy) -> None:
        """Take a policy for which no checkpoint is too old."""
        self._policy = policy

    def read(self, note: str, *, at: datetime) -> Seen:
        """Return the checkpoint if the log signed it and the policy's witnesses cosigned it."""
        found = self._policy.verify(note, at=at)
        return Seen(size=found.size, root=found.root, note=note, at=found.cosigned_at)


@final
class KeyTrust:
    """Believes what the log's key signed. Without a witness nobody else says when that was."""

    def __init__(self, log_key: VerifierKey) -> None:
        self._log_key = log_key

    def read(self, note: str, *, at: datetime) -> Seen:
        """Return the checkpoint if the log signed it; it counts as of when it was received."""
        found = checkpoints.read(note, log_key=self._log_key)
        return Seen(size=found.size, root=found.root, note=note, at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """Which log is believed, and on whose word: a policy, whose quorum may be none."""

    policy: TlogPolicy
    log_key: VerifierKey
    trust: Trust

    @classmethod
    def of(cls, policy: TlogPolicy) -> Self:
        """Return what a policy says about the only log that it names."""
        if len(policy.logs) != 1:
            raise MalformedError("a policy names the log that is to be followed, and no other")
        key = policy.logs[0].key
        if policy.quorum is None:
            return cls(policy=policy, log_key=key, trust=KeyTrust(key))
        trust = PolicyTrust(LogPolicy.of(policy, max_checkpoint_age=_ANY_AGE))
        return cls(policy=policy, log_key=key, trust=trust)


def size_of(note: str) -> int:
    """Return the size that a note speaks of; who signed it was asked when it was stored."""
    return Checkpoint.parse(SignedNote.parse(note).text).size
