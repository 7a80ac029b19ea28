"""What a log shows about a grant, an accreditation or a status list, checked without trusting it.

Evidence is some of a log's entries with their places in one checkpoint. They are validated again,
in order, by the very function that admitted them. What evidence cannot show is that nothing was
left out: that the operator keeps back no entry is for mirrors of the whole log to notice.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import final

from registry.model.accreditation_records import AccreditationRecord
from registry.model.accreditations import Role
from registry.model.checkpoint import VerifiedCheckpoint
from registry.model.grant_records import GrantRecord
from registry.model.grants import ConsentGrant, GrantState
from registry.model.log_evidence import (
    AccreditationEvidence,
    GrantEvidence,
    LogEvidence,
    LogPolicy,
    StatusEvidence,
)
from registry.model.proof import EntryProof
from registry.model.replay import Replay
from registry.model.status_map import Status
from registry.model.strict_keys import strict_multikey
from registry.model.view import Overlay
from registry.model.waiting import ahead
from ssi_core.did.syntax import Did
from ssi_core.errors import AccreditationError, GrantNotLoggedError, StatusUndeterminedError
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
    "LoggedGrant",
    "StatusEvidence",
    "StatusPublication",
    "verify_accreditation",
    "verify_grant",
    "verify_status_publication",
]


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
    replayed = Replay.of(evidence.entries, verified)
    ahead(replayed.state, evidence.waiting, log=policy.origin)
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
        control_key=strict_multikey(content.control, at="/ctl"),
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
    replayed = Replay.of(evidence.entries, verified)
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
    replayed = Replay.of(evidence.entries, verified)
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


def _now(checkpoint: VerifiedCheckpoint, at: datetime) -> datetime:
    # A witness has seen this much time pass, whatever a slow clock says.
    return max(at, checkpoint.cosigned_at)


def _state(content: ConsentGrant, record: GrantRecord, *, at: datetime) -> GrantState:
    if record.is_over:
        return GrantState.WITHDRAWN
    if at < from_timestamp(content.not_before):
        return GrantState.PENDING
    return GrantState.ACTIVE if at < from_timestamp(content.expires) else GrantState.EXPIRED


def _in_force(record: AccreditationRecord, state: Overlay, *, at: datetime) -> bool:
    chain = [state.accreditation(accreditation_id) for accreditation_id in record.chain]
    histories = [state.did_log(did) for did in record.accreditors]
    return all(
        link is not None and link.status is Status.IN_FORCE and at in _period(link)
        for link in chain
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
