"""Which log a verifier believes, and the evidence that it is handed."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Self, TypeAlias

from registry.model import checkpoint as checkpoints
from registry.model.checkpoint import VerifiedCheckpoint
from registry.model.proof import EntryProof
from registry.model.quorum import Quorum
from registry.model.signed_note import VerifierKey
from registry.model.status_proof import MAX_CHUNKS, ChunkProof
from registry.model.tlog_policy import TlogPolicy
from ssi_core.errors import AlgorithmError, MalformedError, StaleError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import Ed25519PublicKey
from ssi_core.strict_json import as_array, as_object, as_text, as_texts

# A chain of eight accreditors with 256 versions each, what they have signed, and the snapshot.
MAX_ENTRIES: Final = 2_305
MAX_WAITING: Final = 16


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

    @property
    def log_public_key(self) -> Ed25519PublicKey:
        """The key that the log signs its checkpoints and snapshots with."""
        key = self._log_key.public_key
        if not isinstance(key, Ed25519PublicKey):
            raise AlgorithmError("a log signs with a plain Ed25519 key", at="/log_vkey")
        return key

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
    """Entries with their proofs, and the cosigned checkpoint that all of them are proved in.

    The last of them is the log's snapshot; `statuses` are chunks of the map that it is of.
    `waiting` are signed entries that end or suspend the grant, and are on their way into the log:
    a replica that is cut off shows what was handed in there.
    """

    entries: tuple[EntryProof, ...]
    checkpoint: str
    statuses: tuple[ChunkProof, ...] = ()
    waiting: tuple[bytes, ...] = ()

    def to_json(self) -> JsonObject:
        """Return the evidence as the registry's API writes it."""
        body: dict[str, JsonValue] = {
            "entries": [entry.to_json() for entry in self.entries],
            "checkpoint": self.checkpoint,
            "statuses": [status.to_json() for status in self.statuses],
        }
        if self.waiting:
            body["waiting"] = [raw.decode() for raw in self.waiting]
        return body

    @classmethod
    def from_json(cls, body: JsonObject) -> Self:
        """Read what `to_json` wrote."""
        entries = _objects(body, "entries", most=MAX_ENTRIES)
        statuses = _objects(body, "statuses", most=MAX_CHUNKS)
        waiting = as_texts(body["waiting"], at="/waiting") if "waiting" in body else ()
        if len(waiting) > MAX_WAITING:
            raise MalformedError("evidence has more entries than allowed", at="/waiting")
        return cls(
            entries=tuple(EntryProof.from_json(item) for item in entries),
            checkpoint=as_text(body.get("checkpoint"), at="/checkpoint"),
            statuses=tuple(ChunkProof.from_json(item) for item in statuses),
            waiting=tuple(text.encode() for text in waiting),
        )


GrantEvidence: TypeAlias = LogEvidence
AccreditationEvidence: TypeAlias = LogEvidence
StatusEvidence: TypeAlias = LogEvidence


def _objects(body: JsonObject, name: str, *, most: int) -> list[JsonObject]:
    items = as_array(body.get(name), at=f"/{name}")
    if len(items) > most:
        raise MalformedError("evidence has more of these than allowed", at=f"/{name}")
    return [as_object(item, at=f"/{name}") for item in items]
