"""What a log shows about a grant, an accreditation or a status list, checked without trusting it.

Evidence is some of a log's entries with their places in one checkpoint. They are validated again,
in order, by the very function that admitted them. That nothing which ended or suspended them was
left out, the status map proves: the checkpoint's last entry is the log's snapshot of that map.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import final

from registry.model.accreditation_chain import Chains, Standing
from registry.model.accreditation_records import AccreditationRecord
from registry.model.accreditations import Role
from registry.model.checkpoint import VerifiedCheckpoint
from registry.model.grants import ConsentGrant, GrantState
from registry.model.log_evidence import (
    AccreditationEvidence,
    GrantEvidence,
    LogEvidence,
    LogPolicy,
    StatusEvidence,
)
from registry.model.pauses import Pause, pauses
from registry.model.proof import EntryProof
from registry.model.replay import Replay
from registry.model.status_map import Status
from registry.model.status_proof import ProvenStatuses
from registry.model.strict_keys import strict_multikey
from registry.model.waiting import ahead
from ssi_core.did.syntax import Did
from ssi_core.errors import (
    AccreditationError,
    GrantNotLoggedError,
    LogProofError,
    NotFoundError,
    StatusUndeterminedError,
)
from ssi_core.json_types import JsonObject
from ssi_core.keys import Ed25519PublicKey
from ssi_core.period import Period, from_timestamp

__all__ = [
    "Accreditation",
    "AccreditationEvidence",
    "EntryProof",
    "GrantEvidence",
    "GrantState",
    "LogEvidence",
    "LogPolicy",
    "LoggedBreakGlass",
    "LoggedGrant",
    "StatusEvidence",
    "StatusPublication",
    "verify_accreditation",
    "verify_emergency",
    "verify_grant",
    "verify_status_publication",
]


@dataclass(frozen=True, slots=True, kw_only=True)
@final
class LoggedGrant:
    """A grant as the log shows it at `known_at`. Only `verify_grant` makes one.

    Times are those of the log, widened to whole hours: the grant itself is at least as narrow.
    `changed` is the index of the entry that suspended or ended it, if that was shown. `pauses` are
    the times, the last ones of them, in which it was suspended, as far as the log tells.
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
    changed: int | None = None
    pauses: tuple[Pause, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
@final
class Accreditation:
    """An accreditation in force, with the whole chain below `root`. Made by verification only.

    With `compromised_since` it has ended, or a link above it has: then it covers what was issued
    before that moment, and nothing else.
    """

    id: str
    subject: Did
    role: Role
    types: tuple[str, ...]
    root: Did
    chain: tuple[str, ...]
    period: Period
    known_at: datetime
    compromised_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
@final
class LoggedBreakGlass:
    """An emergency as the log shows it at `known_at`. Only `verify_emergency` makes one.

    `body` is the whole entry, `tree_size` the size of the tree that it is proved in.
    """

    id: str
    index: int
    tree_size: int
    body: JsonObject
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
    replayed = Replay.of(evidence.entries, verified)
    record = replayed.state.grant(grant_id)
    content = replayed.grants.get(grant_id)
    if record is None or content is None:
        raise GrantNotLoggedError("the log does not contain the grant")
    proven = _statuses(evidence, replayed, verified, policy)
    status = proven.confirm(record.status, record.granted)
    still = status in {Status.IN_FORCE, Status.SUSPENDED}
    if still and ahead(replayed.state, evidence.waiting, log=policy.origin):
        later = replayed.state.grant(grant_id)
        status = status if later is None else later.status
    return LoggedGrant(
        id=grant_id,
        commitments=content.commitments,
        not_before=from_timestamp(content.not_before),
        expires=from_timestamp(content.expires),
        max_staleness=timedelta(seconds=content.max_staleness),
        state=_state(content, status, at=_now(verified, at)),
        known_at=verified.cosigned_at,
        index=record.granted,
        control_key=strict_multikey(content.control, at="/ctl"),
        changed=record.changed if status is record.status else None,
        pauses=pauses(record, replayed.said),
    )


def verify_emergency(
    evidence: LogEvidence, *, emergency_id: str, policy: LogPolicy, at: datetime
) -> LoggedBreakGlass:
    """Return the emergency if the log holds it; raise `NotFoundError` if it is not shown.

    An emergency is told once and never ends, so no status is asked for.
    """
    verified = policy.verify(evidence.checkpoint, at=at)
    replayed = Replay.of(evidence.entries, verified)
    record = replayed.state.emergency(emergency_id)
    if record is None:
        raise NotFoundError("the log does not show this emergency")
    return LoggedBreakGlass(
        id=emergency_id,
        index=record.logged,
        tree_size=verified.size,
        body=replayed.emergencies[emergency_id].members,
        known_at=verified.cosigned_at,
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
    issued_at: datetime | None = None,
) -> Accreditation:
    """Return an accreditation of `subject` that is in force and stands on one of `roots`.

    With `issued_at`, one counts too that ended because a key was compromised after that moment; a
    thief of the key can date back, so somebody else must have seen that moment.
    Raises `AccreditationError` if there is none, `LogProofError` or `StaleError` as above.
    """
    verified = policy.verify(evidence.checkpoint, at=at)
    replayed = Replay.of(evidence.entries, verified)
    asked = [
        record
        for record in replayed.state.accreditations()
        if (record.subject, record.role) == (subject, role)
        and type in record.types
        and record.root in roots
    ]
    if asked:
        proven = _statuses(evidence, replayed, verified, policy)
        chains = Chains(replayed.state, proven, now=_now(verified, at), issued_at=issued_at)
        for record in asked:
            if (standing := chains.find(record)) is not None:
                return _accreditation(record, standing, known_at=verified.cosigned_at)
    raise AccreditationError("no accreditation in force covers this party for this type")


def verify_status_publication(
    evidence: StatusEvidence, *, issuer: Did, uri: str, digest: str, policy: LogPolicy, at: datetime
) -> StatusPublication:
    """Return the latest logged publication if it is of the list whose digest is `digest`.

    Raises `StatusUndeterminedError` if the log holds none, or one of another version; and
    `LogProofError` for an answer that leaves the latest one out.
    """
    verified = policy.verify(evidence.checkpoint, at=at)
    replayed = Replay.of(evidence.entries, verified)
    found = replayed.publications.get((issuer, uri))
    if found is None:
        raise StatusUndeterminedError("the log holds no publication of this status list")
    proven = _statuses(evidence, replayed, verified, policy)
    if proven.of(replayed.published_at[issuer, uri]) is not Status.IN_FORCE:
        raise LogProofError("the evidence leaves out a later publication")
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


def _now(checkpoint: VerifiedCheckpoint, at: datetime) -> datetime:
    # A witness has seen this much time pass, whatever a slow clock says.
    return max(at, checkpoint.cosigned_at)


def _statuses(
    evidence: LogEvidence, replayed: Replay, verified: VerifiedCheckpoint, policy: LogPolicy
) -> ProvenStatuses:
    return ProvenStatuses.prove(
        evidence.statuses,
        replayed.snapshot,
        tree_size=verified.size,
        log_key=policy.log_public_key.multikey,
    )


def _state(content: ConsentGrant, status: Status, *, at: datetime) -> GrantState:
    if status is Status.ENDED:
        return GrantState.WITHDRAWN
    if status is Status.SUPERSEDED:
        return GrantState.SUPERSEDED
    if at >= from_timestamp(content.expires):
        return GrantState.EXPIRED
    if status is Status.SUSPENDED:
        return GrantState.SUSPENDED
    return GrantState.PENDING if at < from_timestamp(content.not_before) else GrantState.ACTIVE


def _accreditation(
    record: AccreditationRecord, standing: Standing, *, known_at: datetime
) -> Accreditation:
    return Accreditation(
        id=record.id,
        subject=record.subject,
        role=record.role,
        types=record.types,
        root=record.root,
        chain=record.chain,
        period=standing.period,
        known_at=known_at,
        compromised_since=standing.compromised_since,
    )
