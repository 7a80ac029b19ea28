"""What a log prefix makes true of the log itself: its keys, its clock, its members, its end."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Self

from registry.model.envelope import (
    EntryType,
    Proof,
    integer_at,
    optional_integer,
    optional_text,
    text_at,
)
from registry.model.log_entries import Handover, Member, PolicyChange, allowed_at
from registry.model.snapshots import StateSnapshot
from ssi_core.errors import ConflictError, ProofError, RejectedError, TrustError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_array, as_integer, as_object, as_texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Successor:
    """Where a log goes on: the entry that says so, the next log, and what may still come here."""

    index: int
    origin: str
    key: str
    allows: tuple[EntryType, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRecord:
    """What a log prefix makes true of the log itself.

    `keys` are the Multikeys that it signs with, none before its first snapshot; `clock` is the time
    of its latest one, a NumericDate; `snapshots` counts them and `latest` is the last one's index.
    """

    keys: tuple[str, ...] = ()
    clock: int = 0
    snapshots: int = 0
    latest: int | None = None
    members: tuple[Member, ...] = ()
    quorum: int = 1
    policy: int | None = None
    policy_id: str | None = None
    policy_sequence: int = -1
    policy_digest: str | None = None
    successor: Successor | None = None

    @property
    def entries(self) -> tuple[int, ...]:
        """The indexes of the entries that say so, the snapshots apart."""
        found = (self.policy, None if self.successor is None else self.successor.index)
        return tuple(index for index in found if index is not None)

    def require_open(self, kind: EntryType) -> None:
        """Return if an entry of that type may still come."""
        following = self.successor
        if following is None or kind in following.allows or kind is EntryType.STATE_SNAPSHOT:
            return
        raise ConflictError("the log has been handed over to another", winner=following.index)

    def require_quorum(self, proofs: Sequence[Proof]) -> None:
        """Return if enough of those who speak for the log made `proofs`, and nobody else did.

        Without a policy the log's own key speaks for it alone.
        """
        at = "/proof"
        voices = {member.key for member in self.members} or set(self.keys)
        signers = [proof.own_key() for proof in proofs]
        if not voices:
            raise TrustError("the log has not yet said which key it has", at=at)
        if not voices >= set(signers) or len(signers) != len(set(signers)):
            raise ProofError("somebody signed who has no say, or twice", at=at)
        if len(signers) < self.quorum:
            raise ProofError("too few of those who speak for the log have signed", at=at)

    def to_json(self) -> JsonObject:
        """Return what a store keeps of this record."""
        return {
            "keys": list(self.keys),
            "clock": self.clock,
            "snapshots": self.snapshots,
            "latest": self.latest,
            "members": [member.to_json() for member in self.members],
            "quorum": self.quorum,
            "policy": self.policy,
            "policy_id": self.policy_id,
            "policy_seq": self.policy_sequence,
            "policy_digest": self.policy_digest,
            "next": None if self.successor is None else _written(self.successor),
        }

    @classmethod
    def from_json(cls, body: JsonObject) -> Self:
        """Read what `to_json` wrote."""
        following = body.get("next")
        members = as_array(body.get("members"), at="/members")
        return cls(
            keys=as_texts(body.get("keys"), at="/keys"),
            clock=integer_at(body, "clock"),
            snapshots=integer_at(body, "snapshots"),
            latest=optional_integer(body, "latest"),
            members=tuple(Member.from_json(item) for item in members),
            quorum=integer_at(body, "quorum"),
            policy=optional_integer(body, "policy"),
            policy_id=optional_text(body, "policy_id"),
            policy_sequence=as_integer(body.get("policy_seq"), at="/policy_seq"),
            policy_digest=optional_text(body, "policy_digest"),
            successor=None if following is None else _read(as_object(following, at="/next")),
        )


def snapshot(content: StateSnapshot, record: LogRecord, *, index: int, root: bytes) -> LogRecord:
    """Return the record after the snapshot at `index`; `root` is what it must say.

    The first one names the log's key; from then on, only a policy changes it.
    """
    signer = content.proof.own_key()
    if record.keys and signer not in record.keys:
        raise ProofError("the log itself takes its snapshots", at="/proof/verificationMethod")
    if (content.sequence, content.size) != (record.snapshots, index):
        raise ConflictError(
            "the snapshot is of another place in the log", at="/size", winner=record.latest
        )
    if content.root != root:
        raise RejectedError("the snapshot is not of the state that the entries make", at="/root")
    if content.taken_at < record.clock:
        raise RejectedError("the log's clock does not go back", at="/ts")
    return replace(
        record,
        keys=record.keys or (signer,),
        clock=content.taken_at,
        snapshots=record.snapshots + 1,
        latest=index,
    )


def change_policy(
    content: PolicyChange, record: LogRecord, *, index: int, entry_digest: str
) -> LogRecord:
    """Return the record under a new policy: one more than the last, signed as that one asks."""
    expected = (record.policy_sequence + 1, record.policy_digest)
    if (content.sequence, content.previous) != expected or (
        record.policy_id not in (None, content.id)
    ):
        raise ConflictError(
            "the policy does not follow the last one", at="/seq", winner=record.policy
        )
    record.require_quorum(content.proofs)
    return replace(
        record,
        keys=content.keys,
        members=content.members,
        quorum=content.quorum,
        policy=index,
        policy_id=content.id,
        policy_sequence=content.sequence,
        policy_digest=entry_digest,
    )


def hand_over(content: Handover, record: LogRecord, *, index: int) -> LogRecord:
    """Return the record of a log that ends in favour of another, once."""
    record.require_quorum(content.proofs)
    following = Successor(
        index=index, origin=content.next_origin, key=content.next_key, allows=content.allows
    )
    return replace(record, successor=following)


def _written(following: Successor) -> JsonObject:
    allows: Collection[JsonValue] = [kind.value for kind in following.allows]
    return {
        "index": following.index,
        "origin": following.origin,
        "key": following.key,
        "allows": list(allows),
    }


def _read(body: JsonObject) -> Successor:
    return Successor(
        index=integer_at(body, "index"),
        origin=text_at(body, "origin"),
        key=text_at(body, "key"),
        allows=allowed_at(body, "allows"),
    )
