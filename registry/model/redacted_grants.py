"""What the log still tells of a grant whose bytes were dropped: that it is over, and since when."""

from dataclasses import dataclass
from datetime import datetime
from typing import final

from registry.model.envelope import Entry, moment_at
from registry.model.log_evidence import GrantEvidence, LogPolicy
from registry.model.pauses import Pause, pauses
from registry.model.replay import Replay
from registry.model.status_proof import ProvenStatuses
from ssi_core.errors import GrantNotLoggedError
from ssi_core.period import from_timestamp


@dataclass(frozen=True, slots=True)
class Signed:
    """The entry at `index`, and when its signer says that it was signed: to the hour, or second."""

    index: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
@final
class RedactedGrant:
    """A grant as the log shows it at `known_at`, without its entry. Only verification makes one.

    It was over when the entry `redacted` had it dropped. `ended` is what ended or replaced it, if
    that was shown: without it nothing proves that the grant was in force at any time before.
    `pauses` are the times, the last ones of them, in which it was suspended, as far as was shown.
    """

    id: str
    known_at: datetime
    redacted: Signed
    ended: Signed | None = None
    pauses: tuple[Pause, ...] = ()


def verify_redaction(
    evidence: GrantEvidence, *, grant_id: str, policy: LogPolicy, at: datetime
) -> RedactedGrant:
    """Return what is shown of a grant that was redacted.

    Raises `GrantNotLoggedError` if no redaction of it is shown, `LogProofError` for evidence that
    contradicts the log's map of states, and `StaleError` for a checkpoint that is too old. The keys
    of the grant are not known any more: that one of them ended it, those say who admitted that.
    """
    verified = policy.verify(evidence.checkpoint, at=at)
    replayed = Replay.of(evidence.entries, verified)
    record = replayed.state.grant(grant_id)
    if record is None or record.redacted is None:
        raise GrantNotLoggedError("the log does not show that the grant was redacted")
    ended: Signed | None = None
    if record.changed is not None and record.changed != record.redacted:
        proven = ProvenStatuses.prove(
            evidence.statuses,
            replayed.snapshot,
            tree_size=verified.size,
            log_key=policy.log_public_key.multikey,
        )
        proven.confirm(record.status, record.granted)
        ended = _signed(replayed.said, record.changed)
    # Else it may have expired before; or what ended it is left out, which the map does not tell.
    return RedactedGrant(
        id=grant_id,
        known_at=verified.cosigned_at,
        redacted=_signed(replayed.said, record.redacted),
        ended=ended,
        pauses=pauses(record, replayed.said),
    )


def _signed(said: dict[int, Entry], index: int) -> Signed:
    return Signed(index, from_timestamp(moment_at(said[index].members, "ts")))
