"""The life of a grant in a log: every state that it can be in, and what may follow on it."""

from datetime import timedelta

import pytest

from registry.model.grant_changes import ConsentRedact
from registry.model.grant_records import GrantRecord
from registry.model.state import validate
from registry.model.status_map import Status
from registry.model.transitions import dropped_change
from registry.model.view import EmptyView, Overlay
from ssi_core.errors import ConflictError, NotFoundError, ProofError, RejectedError
from tests.support.registry import AT, Grant, SmallLog, grant, signer
from tests.support.small_state import Log, checked

GIVEN, OTHER = grant("given"), grant("other")
PAUSE = GIVEN.suspended()


def record(log: Log, given: Grant = GIVEN) -> GrantRecord:
    found = log.state.grant(given.id)
    assert found is not None
    return found


def redaction(raw: bytes) -> ConsentRedact | None:
    content = checked(raw).content
    return content if isinstance(content, ConsentRedact) else None


def status(log: Log, index: int) -> Status:
    return log.state.status_map().get(index)


def test_a_suspended_grant_counts_again_when_that_suspension_is_undone():
    log = Log(GIVEN.raw, PAUSE)

    suspended = status(log, 0)
    log.append(GIVEN.resumed(PAUSE))

    assert (suspended, status(log, 0)) == (Status.SUSPENDED, Status.IN_FORCE)


def test_a_resumption_that_was_held_back_does_not_undo_a_later_suspension():
    late = GIVEN.resumed(PAUSE)
    log = Log(GIVEN.raw, PAUSE, late, GIVEN.suspended(nonce=b"again"))

    with pytest.raises(ConflictError) as refused:
        log.append(GIVEN.resumed(PAUSE, GIVEN.key))

    assert (status(log, 0), refused.value.winner) == (Status.SUSPENDED, 3)


def test_a_grant_is_not_suspended_twice_nor_resumed_unless_it_is():
    log = Log(GIVEN.raw)

    with pytest.raises(ConflictError):
        log.append(GIVEN.resumed(PAUSE))
    log.append(PAUSE)
    with pytest.raises(ConflictError):
        log.append(GIVEN.suspended(nonce=b"again"))


@pytest.mark.parametrize("key", ["next_key", "revocation_key"])
def test_only_the_grants_own_key_suspends_and_resumes_it(key):
    log, other = Log(GIVEN.raw), getattr(GIVEN, key)

    with pytest.raises(ProofError):
        log.append(GIVEN.suspended(other))
    log.append(PAUSE)
    with pytest.raises(ProofError):
        log.append(GIVEN.resumed(PAUSE, other))


def test_a_suspended_grant_can_be_ended():
    log = Log(GIVEN.raw, PAUSE, GIVEN.revoked())

    assert (status(log, 0), record(log).entries) == (Status.ENDED, (0, 1, 2))


def test_what_shows_a_grant_shows_when_it_did_not_count():
    log = Log(GIVEN.raw, OTHER.raw, PAUSE, GIVEN.resumed(PAUSE))

    found = record(log)

    assert (found.status, found.changed, found.entries) == (Status.IN_FORCE, None, (0, 2, 3))
    assert GrantRecord.from_json(found.id, found.to_json()) == found


def test_of_very_many_suspensions_the_last_ones_are_kept_each_with_its_end():
    log = Log(GIVEN.raw)
    for number in range(20):
        pause = GIVEN.suspended(nonce=bytes([number]))
        log.append(pause)
        log.append(GIVEN.resumed(pause))

    assert record(log).paused == tuple(range(25, 41))


def test_a_grant_is_superseded_and_the_new_one_given_in_one_entry():
    log = Log(GIVEN.raw)

    change = log.append(GIVEN.superseded(OTHER))

    assert change.records == (record(log), record(log, OTHER))
    assert (status(log, 0), status(log, 1)) == (Status.SUPERSEDED, Status.IN_FORCE)
    assert record(log, OTHER).entries == (1,)


def test_of_a_replacement_that_is_refused_nothing_happens():
    log = Log(GIVEN.raw, OTHER.raw)

    for raw in (GIVEN.superseded(OTHER), GIVEN.superseded(grant("new"), signer("stranger"))):
        with pytest.raises((ConflictError, ProofError)):
            log.append(raw)

    assert log.state.grant(grant("new").id) is None
    assert (status(log, 0), status(log, 1)) == (Status.IN_FORCE, Status.IN_FORCE)


@pytest.mark.parametrize("end", [GIVEN.revoked(), GIVEN.superseded(OTHER)])
def test_what_is_over_absorbs_everything(end):
    log = Log(GIVEN.raw, end)
    before = log.state.records()

    for raw in (
        GIVEN.raw,
        GIVEN.revoked(GIVEN.next_key),
        PAUSE,
        GIVEN.resumed(PAUSE),
        GIVEN.superseded(grant("new")),
    ):
        with pytest.raises(ConflictError):
            log.append(raw)

    assert log.state.records() == before


@pytest.mark.parametrize(
    "raw",
    [GIVEN.revoked(), PAUSE, GIVEN.resumed(PAUSE), GIVEN.superseded(OTHER), GIVEN.redacted(0)],
)
def test_nothing_happens_to_a_grant_that_was_never_given(raw):
    with pytest.raises(NotFoundError):
        Log().append(raw)


@pytest.mark.parametrize("key", ["key", "next_key", "revocation_key"])
def test_a_grant_that_is_over_is_redacted_by_any_key_that_may_end_it(key):
    log = Log(GIVEN.raw, GIVEN.revoked())

    change = log.append(GIVEN.redacted(0, getattr(GIVEN, key)))

    assert change.redacted == (0,)
    assert (record(log).terms, record(log).entries, status(log, 0)) == (None, (), Status.ENDED)


def test_a_grant_in_force_is_not_redacted():
    for raws in ([GIVEN.raw], [GIVEN.raw, PAUSE]):
        with pytest.raises(RejectedError):
            Log(*raws).append(GIVEN.redacted(0))


def test_a_grant_that_expired_by_the_logs_own_clock_is_redacted_and_has_ended():
    end = AT.replace(minute=0) + timedelta(days=30, hours=1)
    early, late = (end - timedelta(seconds=1), end)

    for at, outcome in ((early, None), (late, Status.ENDED)):
        log = Log(GIVEN.raw, SmallLog([GIVEN.raw]).snapshot(at=at))
        if outcome is None:
            with pytest.raises(RejectedError):
                log.append(GIVEN.redacted(0))
        else:
            log.append(GIVEN.redacted(0))
            assert status(log, 0) is outcome


def test_a_redaction_names_the_entry_it_drops_and_what_that_took_the_place_of():
    log = Log(GIVEN.raw, GIVEN.superseded(OTHER), OTHER.revoked())

    for wrong in (OTHER.redacted(0, old=GIVEN.id), OTHER.redacted(1)):
        with pytest.raises(RejectedError):
            log.append(wrong)
    with pytest.raises(ProofError):
        log.append(OTHER.redacted(1, signer("stranger"), old=GIVEN.id))
    change = log.append(OTHER.redacted(1, old=GIVEN.id))

    assert change.redacted == (1,)


def test_a_redacted_grant_absorbs_everything():
    log = Log(GIVEN.raw, GIVEN.revoked(), GIVEN.redacted(0))

    for raw in (GIVEN.raw, GIVEN.revoked(GIVEN.next_key), GIVEN.redacted(0, GIVEN.next_key)):
        with pytest.raises(ConflictError) as refused:
            log.append(raw)
        assert refused.value.winner in (0, 2)


def test_whoever_comes_after_a_redaction_makes_the_same_state_of_what_is_left():
    third = grant("third")
    raws = [
        GIVEN.raw,
        PAUSE,
        GIVEN.superseded(OTHER),
        OTHER.superseded(third),
        third.revoked(),
        GIVEN.redacted(0),
        OTHER.redacted(2, old=GIVEN.id),
        third.redacted(3, old=OTHER.id),
    ]
    whole = Log(*raws)
    gone = {content.index: content for raw in raws[5:] if (content := redaction(raw))}

    state = Overlay(EmptyView())
    for index, raw in enumerate(raws):
        found = gone.get(index)
        change = validate(checked(raw), state) if found is None else dropped_change(found, state)
        state.apply(change)

    assert gone.keys() == {0, 2, 3}
    assert whole.state.redacted() == (0, 2, 3)
    assert set(state.records()) == set(whole.state.records())
    assert state.status_map().root(8) == whole.state.status_map().root(8)
