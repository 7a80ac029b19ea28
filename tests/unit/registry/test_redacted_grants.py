"""What the log still tells of a grant whose bytes were dropped, and what a verifier makes of it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from registry.adapters.memory import MemoryLogStore, MemoryWitnessMemory
from registry.client.edge import Reliance, StaleUse
from registry.client.edge.findings import finding_of_redacted
from registry.client.edge.stale_uses import EndedMeanwhile, Finding, Undetermined
from registry.model import entry
from registry.model.evidence import LogEvidence, LogPolicy, verify_grant
from registry.model.redacted_grants import RedactedGrant, Signed, verify_redaction
from registry.ports import LogSnapshot, LogStore, StateRow
from registry.service.fsck import fsck
from registry.service.registry import LogKeys, Registry
from ssi_core import strict_json
from ssi_core.adapters.clock import FixedClock
from ssi_core.errors import GrantNotLoggedError, LogProofError
from tests.support.passing_store import PassingStore
from tests.support.registry import AT, ORIGIN, POLICY, SmallLog, grant, signer

HOUR = timedelta(hours=1)
TEN = AT.replace(minute=0, second=0, microsecond=0) + 5 * HOUR
NOW = AT + timedelta(days=2)
GIVEN, OTHER = grant("given"), grant("other")


class OldRows:
    """A snapshot of a log whose redactions forgot the suspensions, as they did once."""

    def __init__(self, log: LogSnapshot) -> None:
        self._log = log

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    def rows(self, kind: str, keys: Iterable[str]) -> Mapping[str, StateRow]:
        return {key: _old(row) for key, row in self._log.rows(kind, list(keys)).items()}

    def all_rows(self) -> Iterator[StateRow]:
        return map(_old, self._log.all_rows())


class OldStore(PassingStore):
    """A store that was begun by a version that did so."""

    @contextmanager
    def snapshot(self) -> Iterator[Any]:
        with self.real.snapshot() as log:
            yield OldRows(log)


def _old(row: StateRow) -> StateRow:
    body = json.loads(row.body)
    if body.get("redacted") is not None:
        body.pop("paused", None)
    return replace(row, body=strict_json.render(body))


def opened(store: LogStore, *, at: datetime = NOW) -> Registry:
    return Registry(
        store,
        origin=ORIGIN,
        public_url="http://localhost:8100",
        keys=LogKeys(log=signer("log"), witness=signer("w"), did_witness=signer("dw")),
        memory=MemoryWitnessMemory(),
        clock=FixedClock(at),
    )


def policy_of(registry: Registry) -> LogPolicy:
    return LogPolicy(
        origin=ORIGIN,
        log_vkey=str(registry.log_key),
        witness_vkeys=(str(registry.witness_key),),
        max_checkpoint_age=timedelta(minutes=5),
    )


def logged(
    *raws: bytes, one: str = GIVEN.id, store: LogStore | None = None, at: datetime = NOW
) -> tuple[RedactedGrant, list[bytes | None]]:
    """What a registry with these entries shows of a grant that was redacted, and its entries."""
    store = store or MemoryLogStore()
    with opened(store, at=at) as registry:
        for raw in raws:
            registry.submit(raw)
        evidence = LogEvidence.from_json(registry.reader.grant(one).to_json())
        policy, entries = policy_of(registry), list(registry.reader.entries(0, limit=99))
    fsck(store)
    with pytest.raises(GrantNotLoggedError):
        verify_grant(evidence, grant_id=one, policy=policy, at=at)
    return verify_redaction(evidence, grant_id=one, policy=policy, at=at), entries


def revoked(at: datetime) -> bytes:
    return entry.consent_revoke(log=ORIGIN, grant_id=GIVEN.id, signer=GIVEN.key, at=at)


def redacted(at: datetime) -> bytes:
    return entry.consent_redact(
        log=ORIGIN, grant_id=GIVEN.id, index=0, signer=GIVEN.key, at=at, superseded=None
    )


def paused(begins: datetime, ends: datetime) -> tuple[bytes, bytes]:
    pause = entry.consent_suspend(log=ORIGIN, grant_id=GIVEN.id, signer=GIVEN.key, at=begins)
    return pause, entry.consent_resume(suspension=pause, signer=GIVEN.key, at=ends)


def finding(found: RedactedGrant, *, used: datetime) -> Finding:
    use = StaleUse(
        id="use",
        relied_on=Reliance.on_grant(GIVEN.id),
        decided_at=used,
        known_at=AT,
        size=2,
        staleness="other",
        flagged=False,
    )
    return finding_of_redacted(use, found)


def test_its_end_is_proved_with_its_place_and_time_and_a_use_is_judged_by_that():
    end = revoked(TEN)
    found, entries = logged(GIVEN.raw, end, redacted(TEN + 3 * HOUR))

    place = entries.index(end)
    assert GIVEN.raw not in entries
    assert found.ended == Signed(place, TEN)
    judged = EndedMeanwhile(NOW, place, TEN)
    assert finding(found, used=TEN + HOUR) == judged
    assert finding(found, used=TEN - HOUR) == judged
    assert found.redacted.at == TEN + 3 * HOUR


def test_a_suspension_that_was_over_is_told_after_the_redaction_too():
    pause, resumption = paused(TEN, TEN + HOUR)
    found, entries = logged(
        GIVEN.raw, pause, resumption, revoked(TEN + 9 * HOUR), redacted(TEN + 9 * HOUR)
    )

    during, after = (finding(found, used=TEN + hours * HOUR) for hours in (1, 3))

    assert during == EndedMeanwhile(NOW, entries.index(pause), TEN)
    assert after == EndedMeanwhile(NOW, entries.index(revoked(TEN + 9 * HOUR)), TEN + 9 * HOUR)


def test_what_took_its_place_tells_when_it_ended_unless_that_was_dropped_too():
    superseding = entry.consent_supersede(
        grant_id=GIVEN.id, new=OTHER.raw, signer=GIVEN.key, at=TEN
    )
    raws = (GIVEN.raw, superseding, redacted(TEN + 3 * HOUR))
    found, entries = logged(*raws)
    place = entries.index(superseding)
    more = (*raws, OTHER.revoked(), OTHER.redacted(place, old=GIVEN.id))

    gone, _ = logged(*more)
    other, entries = logged(*more, one=OTHER.id)

    assert found.ended == Signed(place, TEN)
    assert finding(found, used=TEN - HOUR) == EndedMeanwhile(NOW, place, TEN)
    assert gone.ended is None
    assert finding(gone, used=TEN - HOUR) == Undetermined(NOW)
    assert other.ended is not None
    assert other.ended.index == entries.index(OTHER.revoked())


def test_an_end_that_only_the_redaction_tells_is_proved_for_the_time_after_it_alone():
    found, entries = logged(GIVEN.raw, revoked(TEN), redacted(TEN))
    unsaid = replace(found, ended=None)

    after, before = (finding(unsaid, used=TEN + hours * HOUR) for hours in (0, -1))

    assert after == EndedMeanwhile(NOW, entries.index(redacted(TEN)), TEN)
    assert before == Undetermined(NOW)


def test_of_one_that_expired_nobody_proves_that_nothing_ended_it_before():
    store = MemoryLogStore()
    late = AT + timedelta(days=31)
    pause, resumption = paused(TEN, TEN + HOUR)
    with opened(store) as registry:
        for raw in (GIVEN.raw, pause, resumption):
            registry.submit(raw)
    with opened(store, at=late) as registry:
        registry.submit(OTHER.raw)

    found, entries = logged(redacted(late), store=store, at=late)

    assert found.ended is None
    assert finding(found, used=TEN - HOUR) == Undetermined(late)
    assert finding(found, used=TEN) == EndedMeanwhile(late, entries.index(pause), TEN)


def test_of_one_whose_suspensions_were_forgotten_only_the_redaction_is_shown():
    raws = (GIVEN.raw, *paused(TEN, TEN + HOUR), revoked(TEN + 2 * HOUR), redacted(TEN + 3 * HOUR))

    found, _ = logged(*raws, store=OldStore(MemoryLogStore()))

    assert (found.ended, found.pauses) == (None, ())
    assert finding(found, used=TEN - HOUR) == Undetermined(NOW)
    assert isinstance(finding(found, used=TEN + 3 * HOUR), EndedMeanwhile)


RAWS = (GIVEN.raw, GIVEN.revoked(), GIVEN.redacted(0))


def test_a_redaction_that_the_map_of_states_contradicts_proves_nothing():
    honest = SmallLog(RAWS)
    other = SmallLog([GIVEN.raw, OTHER.raw, OTHER.raw]).evidence(1)

    assert looked(honest.evidence(1, 2)).ended is not None
    with pytest.raises(LogProofError):
        looked(replace(honest.evidence(1, 2), statuses=()))
    with pytest.raises(LogProofError):
        looked(replace(honest.evidence(1, 2), statuses=other.statuses))


def test_a_redaction_of_a_place_that_comes_later_is_none():
    with pytest.raises(LogProofError):
        looked(SmallLog([GIVEN.redacted(1), OTHER.raw]).evidence(0))


def test_a_grant_of_which_neither_is_shown_is_not_in_the_log():
    for shown in (SmallLog(RAWS).evidence(0, 1), SmallLog([OTHER.raw]).evidence(0)):
        with pytest.raises(GrantNotLoggedError):
            looked(shown)


def looked(evidence: LogEvidence) -> RedactedGrant:
    return verify_redaction(evidence, grant_id=GIVEN.id, policy=POLICY, at=AT)
