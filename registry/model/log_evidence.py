"""Which log a verifier believes, and the evidence that it is handed."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Self, TypeAlias

from registry.model import checkpoint as checkpoints
from registry.model.checkpoint import VerifiedCheckpoint
from registry.model.proof import EntryProof
from registry.model.signed_note import VerifierKey
from registry.model.status_proof import MAX_CHUNKS, ChunkProof
from ssi_core.errors import MalformedError, StaleError
from ssi_core.json_types import JsonObject
from ssi_core.strict_json import as_array, as_object, as_text

# A chain of eight accreditors with 256 versions each, what they have signed, and the snapshot.
MAX_ENTRIES: Final = 2_305


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPolicy:
    """Which log a verifier believes, which witnesses must have seen it, and how lately.

    Keys are C2SP vkeys. Every named witness must have cosigned; naming none is refused.
    """

    origin: str
    log_vkey: str
    witness_vkeys: tuple[str, ...]
    max_checkpoint_age: timedelta
    _log_key: VerifierKey = field(init=False, repr=False, compare=False)
    _witness_keys: tuple[VerifierKey, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        log_key = VerifierKey.parse(self.log_vkey, at="/log_vkey")
        witnesses = tuple(VerifierKey.parse(key, at="/witness_vkeys") for key in self.witness_vkeys)
        if log_key.name != self.origin or not witnesses:
            raise MalformedError("a log policy names the origin's own key and a witness")
        object.__setattr__(self, "_log_key", log_key)
        object.__setattr__(self, "_witness_keys", witnesses)

    def verify(self, note: str, *, at: datetime) -> VerifiedCheckpoint:
        """Return the checkpoint if it is this log's, cosigned, and not too old at `at`."""
        verified = checkpoints.verify(note, log_key=self._log_key, witness_keys=self._witness_keys)
        if at - verified.cosigned_at > self.max_checkpoint_age:
            raise StaleError("the checkpoint is older than the policy allows", at="/checkpoint")
        return verified


@dataclass(frozen=True, slots=True)
class LogEvidence:
    """Entries with their proofs, and the cosigned checkpoint that all of them are proved in.

    The last of them is the log's snapshot; `statuses` are chunks of the map that it is of.
    """

    entries: tuple[EntryProof, ...]
    checkpoint: str
    statuses: tuple[ChunkProof, ...] = ()

    def to_json(self) -> JsonObject:
        """Return the evidence as the registry's API writes it."""
        return {
            "entries": [entry.to_json() for entry in self.entries],
            "checkpoint": self.checkpoint,
            "statuses": [status.to_json() for status in self.statuses],
        }

    @classmethod
    def from_json(cls, body: JsonObject) -> Self:
        """Read what `to_json` wrote."""
        entries = _objects(body, "entries", most=MAX_ENTRIES)
        statuses = _objects(body, "statuses", most=MAX_CHUNKS)
        return cls(
            entries=tuple(EntryProof.from_json(item) for item in entries),
            checkpoint=as_text(body.get("checkpoint"), at="/checkpoint"),
            statuses=tuple(ChunkProof.from_json(item) for item in statuses),
        )


GrantEvidence: TypeAlias = LogEvidence
AccreditationEvidence: TypeAlias = LogEvidence
StatusEvidence: TypeAlias = LogEvidence


def _objects(body: JsonObject, name: str, *, most: int) -> list[JsonObject]:
    items = as_array(body.get(name), at=f"/{name}")
    if len(items) > most:
        raise MalformedError("evidence has more of these than allowed", at=f"/{name}")
    return [as_object(item, at=f"/{name}") for item in items]
