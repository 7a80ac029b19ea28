"""Which log a verifier believes, and the evidence that it is handed."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Self, TypeAlias

from registry.model import checkpoint as checkpoints
from registry.model.checkpoint import VerifiedCheckpoint
from registry.model.proof import EntryProof
from registry.model.quorum import Quorum
from registry.model.signed_note import VerifierKey
from registry.model.tlog_policy import TlogPolicy
from ssi_core.errors import MalformedError, StaleError
from ssi_core.json_types import JsonObject
from ssi_core.strict_json import as_array, as_object, as_text

# A chain of eight accreditors with 256 versions each, and what they have signed.
MAX_ENTRIES: Final = 2_304


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPolicy:
    """Which log a verifier believes, which witnesses must have seen it, and how lately.

    `quorum` says which of them are enough. Keys are C2SP vkeys. Instead of a quorum `witness_vkeys`
    may name witnesses that must all have cosigned; neither of both is refused, and so are both.
    """

    origin: str
    log_vkey: str
    witness_vkeys: tuple[str, ...] = ()
    max_checkpoint_age: timedelta
    quorum: Quorum | None = None
    _log_key: VerifierKey = field(init=False, repr=False, compare=False)
    _quorum: Quorum = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        log_key = VerifierKey.parse(self.log_vkey, at="/log_vkey")
        witnesses = tuple(VerifierKey.parse(key, at="/witness_vkeys") for key in self.witness_vkeys)
        if log_key.name != self.origin or (self.quorum is None) != bool(witnesses):
            raise MalformedError("a log policy names the origin's own key and a witness")
        quorum = self.quorum or Quorum.all_of(witnesses)
        object.__setattr__(self, "_log_key", log_key)
        object.__setattr__(self, "_quorum", quorum)

    @classmethod
    def of(
        cls, policy: TlogPolicy, *, max_checkpoint_age: timedelta, origin: str | None = None
    ) -> Self:
        """Return what a policy file says of the log `origin`, or of the only one that it names.

        `quorum none` is refused: without a witness nobody says when.
        """
        logs = [log for log in policy.logs if origin in {None, log.key.name}]
        if len(logs) != 1 or policy.quorum is None:
            raise MalformedError("a policy file names the log once, and a quorum of witnesses")
        return cls(
            origin=logs[0].key.name,
            log_vkey=str(logs[0].key),
            quorum=policy.quorum,
            max_checkpoint_age=max_checkpoint_age,
        )

    @classmethod
    def pinned(
        cls,
        *,
        origin: str,
        log_vkey: str,
        witness_vkeys: tuple[str, ...],
        policy: str | None,
        max_checkpoint_age: timedelta,
    ) -> Self:
        """Return what was kept of a log: the text of its policy file, or keys without one."""
        if policy is None:
            return cls(
                origin=origin,
                log_vkey=log_vkey,
                witness_vkeys=witness_vkeys,
                max_checkpoint_age=max_checkpoint_age,
            )
        read = cls.of(
            TlogPolicy.parse(policy.encode("utf-8", "replace")),
            origin=origin,
            max_checkpoint_age=max_checkpoint_age,
        )
        if read.log_vkey != log_vkey:
            raise MalformedError("the policy names another key of the log")
        return read

    def verify(self, note: str, *, at: datetime) -> VerifiedCheckpoint:
        """Return the checkpoint if it is this log's, cosigned, and not too old at `at`."""
        verified = checkpoints.verify_quorum(note, log_key=self._log_key, quorum=self._quorum)
        if at - verified.cosigned_at > self.max_checkpoint_age:
            raise StaleError("the checkpoint is older than the policy allows", at="/checkpoint")
        return verified


@dataclass(frozen=True, slots=True)
class LogEvidence:
    """Entries with their proofs, and the cosigned checkpoint that all of them are proved in."""

    entries: tuple[EntryProof, ...]
    checkpoint: str

    def to_json(self) -> JsonObject:
        """Return the evidence as the registry's API writes it."""
        entries = [entry.to_json() for entry in self.entries]
        return {"entries": entries, "checkpoint": self.checkpoint}

    @classmethod
    def from_json(cls, body: JsonObject) -> Self:
        """Read what `to_json` wrote."""
        items = as_array(body.get("entries"), at="/entries")
        if len(items) > MAX_ENTRIES:
            raise MalformedError("evidence has more entries than allowed", at="/entries")
        entries = tuple(EntryProof.from_json(as_object(item, at="/entries")) for item in items)
        return cls(entries, as_text(body.get("checkpoint"), at="/checkpoint"))


GrantEvidence: TypeAlias = LogEvidence
AccreditationEvidence: TypeAlias = LogEvidence
StatusEvidence: TypeAlias = LogEvidence
