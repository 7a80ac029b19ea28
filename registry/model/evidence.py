"""What a log shows about a grant, an accreditation or a status list, checked without trusting it.

Evidence is some of a log's entries with their places in one checkpoint. They are validated again, in
order, by the very function that admitted them. What evidence cannot show is that nothing was left
out: that the log's operator kept back no entry rests on the operator's signature and on the witnesses.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Self, TypeAlias, final

from registry.model import checkpoint as checkpoints
from registry.model.accreditations import AccreditationRecord, Role
from registry.model.checkpoint import VerifiedCheckpoint
from registry.model.envelope import Entry
from registry.model.grants import ConsentGrant, GrantRecord, GrantState
from registry.model.proof import EntryProof
from registry.model.signed_note import VerifierKey
from registry.model.state import CheckedEntry, check, require_issuer, validate
from registry.model.status_lists import StatusPublish
from registry.model.view import EmptyView, Overlay
from ssi_core.did.syntax import Did
from ssi_core.errors import (
    AccreditationError,
    GrantNotLoggedError,
    MalformedError,
    StaleError,
    StatusUndeterminedError,
)
from ssi_core.json_types import JsonObject
from ssi_core.keys import Ed25519PublicKey
from ssi_core.period import Period, from_timestamp
from ssi_core.strict_json import as_array, as_object, as_text

# A chain of eight accreditors, each with a long DID log.
MAX_ENTRIES: Final = 512


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


@dataclass(frozen=True, slots=True, kw_only=True)
@final
class LoggedGrant:
    """A grant as the log shows it at `known_at`. Only `verify_grant` makes one.

    Times are those of the log, widened to whole hours: the grant itself is at least as narrow.
    """

    id: str
    commitments: JsonObject
    not_before: datetime
    expires: datetime
    max_staleness: timedelta
    state: GrantState
    known_at: datetime
    index: int
    control_key: Ed25519PublicKey


@dataclass(frozen=True, slots=True, kw_only=True)
@final
class Accreditation:
    """An accreditation in force, with the whole chain below `root`. Made by verification only."""

    id: str
    subject: Did
    role: Role
    types: tuple[str, ...]
    root: Did
    chain: tuple[str, ...]
    period: Period
    known_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
@final
class StatusPublication:
    """The latest logged version of an issuer's status list. Made by verification only."""

    issuer: Did
    uri: str
    sequence: int
    digest: str
    published_at: datetime
    ttl: timedelta
    known_at: datetime


def verify_grant(
    evidence: GrantEvidence, *, grant_id: str, policy: LogPolicy, at: datetime
) -> LoggedGrant:
    """Return the grant with the state it has at `at`, which the caller then judges.

    Raises `GrantNotLoggedError`, `LogProofError`, or `StaleError` for a checkpoint that is too old.
    The grant's own `max_staleness` is for the decision to hold against `known_at`.
    """
    verified = policy.verify(evidence.checkpoint, at=at)
    replayed = _Replay(policy.origin, verified)
    for proof in _in_order(evidence.entries):
        replayed.append(proof)
    record = replayed.state.grant(grant_id)
    content = replayed.grants.get(grant_id)
    if record is None or content is None:
        raise GrantNotLoggedError("the log does not contain the grant")
    return LoggedGrant(
        id=grant_id,
        commitments=content.commitments,
        not_before=from_timestamp(content.not_before),
        expires=from_timestamp(content.expires),
        max_staleness=timedelta(seconds=content.max_staleness),
        state=_state(content, record, at=_now(verified, at)),
        known_at=verified.cosigned_at,
        index=record.granted,
        control_key=content.control_key,
    )


def verify_accreditation(
    evidence: AccreditationEvidence,
    *,
    subject: Did,
    role: Role | str,
    type: str,  # noqa: A002 - the word of accreditation entries, and of those who call this
    roots: Collection[Did],
    policy: LogPolicy,
    at: datetime,
) -> Accreditation:
    """Return an accreditation of `subject` that is in force and stands on one of `roots`.

    Raises `AccreditationError` if there is none, `LogProofError` or `StaleError` as above.
    """
    verified = policy.verify(evidence.checkpoint, at=at)
    replayed = _Replay(policy.origin, verified)
    for proof in _in_order(evidence.entries):
        replayed.append(proof)
    now = _now(verified, at)
    for record in replayed.state.accreditations():
        asked = (record.subject, record.role) == (subject, role) and type in record.types
        if asked and record.root in roots and _in_force(record, replayed.state, at=now):
            return _accreditation(record, known_at=verified.cosigned_at)
    raise AccreditationError("no accreditation in force covers this party for this type")


def verify_status_publication(
    evidence: StatusEvidence, *, issuer: Did, uri: str, digest: str, policy: LogPolicy, at: datetime
) -> StatusPublication:
    """Return the latest logged publication if it is of the list whose digest is `digest`.

    Raises `StatusUndeterminedError` if the log holds none, or one of another version.
    """
    verified = policy.verify(evidence.checkpoint, at=at)
    replayed = _Replay(policy.origin, verified)
    for proof in _in_order(evidence.entries):
        replayed.append(proof)
    found = replayed.publications.get((issuer, uri))
    if found is None:
        raise StatusUndeterminedError("the log holds no publication of this status list")
    if found.digest != digest:
        raise StatusUndeterminedError("the status list is not the version that the log holds")
    return StatusPublication(
        issuer=issuer,
        uri=uri,
        sequence=found.sequence,
        digest=found.digest,
        published_at=from_timestamp(found.published_at),
        ttl=timedelta(seconds=found.ttl),
        known_at=verified.cosigned_at,
    )


@final
class _Replay:
    """The state that a log has as far as some of its entries tell."""

    def __init__(self, origin: str, checkpoint: VerifiedCheckpoint) -> None:
        self._origin = origin
        self._checkpoint = checkpoint
        self.state = Overlay(EmptyView())
        self.grants: dict[str, ConsentGrant] = {}
        self.publications: dict[tuple[Did, str], StatusPublish] = {}

    def append(self, proof: EntryProof) -> None:
        proof.require_included(self._checkpoint)
        checked = check(Entry.parse(proof.raw), log=self._origin)
        self.state.move_to(proof.index)
        if isinstance(checked.content, StatusPublish):
            # Its predecessors are not in the evidence, so only the signature is checked again.
            self._publish(checked, checked.content)
            return
        self.state.apply(validate(checked, self.state))
        if isinstance(checked.content, ConsentGrant):
            self.grants[checked.content.id] = checked.content

    def _publish(self, checked: CheckedEntry, content: StatusPublish) -> None:
        require_issuer(checked.entry, content.issuer, self.state)
        self.publications[content.issuer, content.uri] = content


def _in_order(entries: Sequence[EntryProof]) -> list[EntryProof]:
    if len({entry.index for entry in entries}) != len(entries):
        raise MalformedError("evidence has an entry twice", at="/entries")
    return sorted(entries, key=lambda entry: entry.index)


def _now(checkpoint: VerifiedCheckpoint, at: datetime) -> datetime:
    # A witness has seen this much time pass, whatever a slow clock says.
    return max(at, checkpoint.cosigned_at)


def _state(content: ConsentGrant, record: GrantRecord, *, at: datetime) -> GrantState:
    if record.revoked is not None:
        return GrantState.WITHDRAWN
    if at < from_timestamp(content.not_before):
        return GrantState.PENDING
    return GrantState.ACTIVE if at < from_timestamp(content.expires) else GrantState.EXPIRED


def _in_force(record: AccreditationRecord, state: Overlay, *, at: datetime) -> bool:
    chain = [state.accreditation(accreditation_id) for accreditation_id in record.chain]
    histories = [state.did_log(did) for did in record.accreditors]
    return all(
        link is not None and link.revoked is None and at in _period(link) for link in chain
    ) and all(history is not None and not history.state.deactivated for history in histories)


def _period(record: AccreditationRecord) -> Period:
    return Period(from_timestamp(record.not_before), from_timestamp(record.expires))


def _accreditation(record: AccreditationRecord, *, known_at: datetime) -> Accreditation:
    return Accreditation(
        id=record.id,
        subject=record.subject,
        role=record.role,
        types=record.types,
        root=record.root,
        chain=record.chain,
        period=_period(record),
        known_at=known_at,
    )
