"""What became of an accreditation that somebody has relied on: whether every link still stands."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import final

from registry.model.accreditation_records import AccreditationRecord
from registry.model.did_logs import DidLogRecord
from registry.model.envelope import Entry, moment_at
from registry.model.log_evidence import AccreditationEvidence, LogPolicy
from registry.model.pauses import Pause, pauses
from registry.model.replay import Replay
from registry.model.status_map import Status
from registry.model.status_proof import ProvenStatuses
from ssi_core.errors import LogProofError, NotFoundError
from ssi_core.period import from_timestamp


@dataclass(frozen=True, slots=True)
class Ending:
    """What took an accreditation its ground: the entry at `index`, and from when on.

    `since` is the signer's own word. Both are missing where the map of states proves the end and
    the entry itself was not shown.
    """

    index: int | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
@final
class LoggedAccreditation:
    """An accreditation as the log shows it at `known_at`. Only verification makes one.

    `ending` is the earliest thing that took it its ground: an end or a suspension of itself or of a
    link above it, a compromise, or the end of a DID that signed one. That it expired is none.
    `pauses` are the times, of each link the last ones, in which it was suspended, as far as the
    log tells.
    """

    id: str
    known_at: datetime
    ending: Ending | None
    pauses: tuple[tuple[Pause, ...], ...] = ()


def verify_accreditation_history(
    evidence: AccreditationEvidence, *, accreditation_id: str, policy: LogPolicy, at: datetime
) -> LoggedAccreditation:
    """Return what the log shows of an accreditation, which need not be in force any more.

    Raises `NotFoundError` if it is not shown, `LogProofError` for evidence that leaves something
    out, and `StaleError` for a checkpoint that is too old.
    """
    verified = policy.verify(evidence.checkpoint, at=at)
    replayed = Replay.of(evidence.entries, verified)
    record = replayed.state.accreditation(accreditation_id)
    if record is None:
        raise NotFoundError("the log does not show this accreditation")
    proven = ProvenStatuses.prove(
        evidence.statuses,
        replayed.snapshot,
        tree_size=verified.size,
        log_key=policy.log_public_key.multikey,
    )
    endings = tuple(_endings(record, replayed, proven))
    return LoggedAccreditation(
        id=record.id,
        known_at=verified.cosigned_at,
        ending=min(endings, key=_from_when, default=None),
        pauses=tuple(
            pauses(link, replayed.said)
            for link in map(replayed.state.accreditation, record.chain)
            if link is not None
        ),
    )


def _from_when(ending: Ending) -> datetime:
    # In doubt it never counted.
    return ending.since or datetime.min.replace(tzinfo=UTC)


def _endings(
    record: AccreditationRecord,
    replayed: Replay,
    proven: ProvenStatuses,
) -> Iterator[Ending]:
    for accreditation_id in record.chain:
        link = replayed.state.accreditation(accreditation_id)
        if link is None:
            raise LogProofError("the evidence leaves out a link of the chain")
        status = proven.confirm(link.status, link.granted)
        if status is not Status.IN_FORCE:
            yield _ending_of(link, replayed.said) if status is link.status else Ending()
    for did in set(record.accreditors):
        history = replayed.state.did_log(did)
        if history is None:
            raise LogProofError("the evidence leaves out a DID that signed the chain")
        yield from _end_of_did(history, proven)


def _ending_of(link: AccreditationRecord, said: dict[int, Entry]) -> Ending:
    if link.changed is None:
        return Ending()
    moments = [moment_at(said[link.changed].members, "ts")]
    if link.compromised_since is not None:
        moments.append(link.compromised_since)
    return Ending(link.changed, from_timestamp(min(moments)))


def _end_of_did(history: DidLogRecord, proven: ProvenStatuses) -> Iterator[Ending]:
    last = history.entries[-1]
    status = proven.of(last)
    if status is Status.SUPERSEDED:
        raise LogProofError("the evidence leaves out a later version of a DID")
    if status is not Status.IN_FORCE:
        yield Ending(last, history.state.version_time if history.state.deactivated else None)
