"""Accreditations that are suspended, resumed and ended, and who may do it."""

from datetime import timedelta

import pytest

from registry.model.accreditation_records import AccreditationRecord
from registry.model.status_map import Status
from ssi_core.errors import (
    AccreditationError,
    ConflictError,
    MalformedError,
    NotFoundError,
    TrustError,
)
from tests.support.registry import AT, organisation
from tests.support.small_state import Log

AUTHORITY, REGION, CLINIC = (organisation(name) for name in ("authority", "region", "clinic"))
ROOT = AUTHORITY.accredits(AUTHORITY.did, role="accredit")
REGIONAL = AUTHORITY.accredits(REGION.did, role="accredit", parent=ROOT)
CHILD = REGION.accredits(CLINIC.did, parent=REGIONAL)
CHILD_INDEX = 5


@pytest.fixture
def log() -> Log:
    return Log(AUTHORITY.op, REGION.op, CLINIC.op, ROOT, REGIONAL, CHILD)


def status(log: Log) -> Status:
    return log.state.status_map().get(CHILD_INDEX)


@pytest.mark.parametrize("above", [REGION, AUTHORITY])
def test_who_gave_it_or_stands_above_suspends_and_resumes_an_accreditation(log, above):
    pause = above.suspends(CHILD)

    log.append(pause)
    suspended = status(log)
    log.append(above.resumes(pause))

    assert (suspended, status(log)) == (Status.SUSPENDED, Status.IN_FORCE)


def test_what_those_above_have_suspended_those_below_do_not_resume(log):
    pause = AUTHORITY.suspends(CHILD)
    log.append(pause)

    with pytest.raises(TrustError):
        log.append(REGION.resumes(pause))
    log.append(AUTHORITY.resumes(pause))

    assert status(log) is Status.IN_FORCE


def test_what_those_below_have_suspended_those_above_may_resume(log):
    pause = REGION.suspends(CHILD)
    log.append(pause)

    log.append(AUTHORITY.resumes(pause))

    assert status(log) is Status.IN_FORCE


def test_the_accredited_have_no_say(log):
    for raw in (CLINIC.suspends(CHILD), CLINIC.ends(CHILD), CLINIC.resumes(REGION.suspends(CHILD))):
        with pytest.raises(TrustError):
            log.append(raw)


def test_an_accreditation_is_not_suspended_twice_and_not_resumed_unless_it_is(log):
    pause = REGION.suspends(CHILD)

    with pytest.raises(ConflictError):
        log.append(REGION.resumes(pause))
    log.append(pause)
    with pytest.raises(ConflictError) as refused:
        log.append(AUTHORITY.suspends(CHILD))

    assert refused.value.winner == CHILD_INDEX + 1


def test_nobody_accredits_on_a_right_that_is_suspended(log):
    pause = AUTHORITY.suspends(REGIONAL)
    another = REGION.accredits(AUTHORITY.did, parent=REGIONAL)
    log.append(pause)

    with pytest.raises(AccreditationError):
        log.append(another)
    log.append(AUTHORITY.resumes(pause))

    assert isinstance(log.append(another).records[0], AccreditationRecord)


def test_an_accreditation_that_has_ended_absorbs_everything(log):
    pause = REGION.suspends(CHILD)
    for raw in (pause, AUTHORITY.ends(CHILD)):
        log.append(raw)

    for raw in (CHILD, REGION.ends(CHILD), AUTHORITY.suspends(CHILD), REGION.resumes(pause)):
        with pytest.raises(ConflictError):
            log.append(raw)

    assert status(log) is Status.ENDED


def test_nothing_happens_to_an_accreditation_that_was_never_given(log):
    unknown = REGION.accredits(CLINIC.did, parent=REGIONAL)

    for raw in (REGION.ends(unknown), REGION.suspends(unknown)):
        with pytest.raises(NotFoundError):
            log.append(raw)


def test_a_compromise_is_told_of_after_it_began(log):
    with pytest.raises(MalformedError):
        log.append(REGION.ends(CHILD, since=AT + timedelta(seconds=1)))

    change = log.append(REGION.ends(CHILD, since=AT))

    assert change.records[0].compromised_since == AT.timestamp()


def test_each_publication_and_each_version_of_a_did_takes_the_place_of_the_last(log):
    first = CLINIC.publishes()
    for raw in (first, CLINIC.publishes(previous=first), CLINIC.updates(deactivate=True)):
        log.append(raw)

    found = [log.state.status_map().get(index) for index in (6, 7, 2, 8)]

    assert found == [Status.SUPERSEDED, Status.IN_FORCE, Status.SUPERSEDED, Status.ENDED]
