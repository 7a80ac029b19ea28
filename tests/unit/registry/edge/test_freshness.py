from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.client.edge.freshness import (
    EMERGENCY,
    INSURER,
    ROUTINE_CARE,
    SUGGESTED,
    Answer,
    Basis,
    StalenessClass,
    basis,
    judge,
    limit,
    moment,
)
from ssi_core.errors import MalformedError
from tests.support.registry import AT

SPANS = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=90))


def on(age: timedelta, staleness: StalenessClass, allowed: timedelta = timedelta(days=9)) -> Basis:
    return basis(
        size=7,
        known_at=AT - age,
        at=AT,
        staleness=staleness,
        allowed=allowed,
        fresh_for=timedelta(minutes=1),
    )


@pytest.mark.parametrize(
    ("name", "hours", "flagged"),
    [
        ("research", 1, False),
        ("insurer", 1, False),
        ("routine_care", 24, False),
        ("emergency", 72, True),
        ("other", 1, False),
    ],
)
def test_each_class_has_its_patience(name: str, hours: int, *, flagged: bool) -> None:
    found = SUGGESTED[name]

    assert (found.limit, found.flagged) == (timedelta(hours=hours), flagged)


def test_what_time_it_is_is_never_less_than_a_witness_has_seen() -> None:
    later = AT + timedelta(hours=3)

    assert moment(AT, later) == later
    assert moment(later, AT) == later
    assert moment(AT, None) == AT


def test_the_strictest_of_class_policy_and_grant_counts() -> None:
    assert limit(ROUTINE_CARE, timedelta(hours=2), timedelta(hours=5)) == timedelta(hours=2)
    assert limit(INSURER, timedelta(days=2)) == timedelta(hours=1)
    assert limit(INSURER) == timedelta(hours=1)


def test_an_answer_says_how_old_it_is_and_of_how_much_of_the_log() -> None:
    found = on(timedelta(minutes=90, microseconds=7), ROUTINE_CARE)

    assert found.to_json() == {"size": 7, "age": 5400, "class": "routine_care"}


def test_what_is_too_old_is_neither_yes_nor_no() -> None:
    exactly, over = timedelta(hours=1), timedelta(hours=1, microseconds=1)

    assert judge(has_ended=False, on=on(exactly, INSURER)) is Answer.PERMIT
    assert judge(has_ended=False, on=on(over, INSURER)) is Answer.INDETERMINATE


def test_an_emergency_on_old_evidence_must_leave_an_audit_entry() -> None:
    assert on(timedelta(hours=71), EMERGENCY).must_be_audited
    assert not on(timedelta(seconds=5), EMERGENCY).must_be_audited
    assert not on(timedelta(hours=20), ROUTINE_CARE).must_be_audited


@given(SPANS, SPANS)
def test_an_end_is_an_end_however_old_the_evidence_is(age: timedelta, allowed: timedelta) -> None:
    assert judge(has_ended=True, on=on(age, EMERGENCY, allowed)) is Answer.DENY


@given(SPANS, SPANS, st.sampled_from(sorted(SUGGESTED)))
def test_no_policy_makes_a_class_more_patient(
    age: timedelta, allowed: timedelta, name: str
) -> None:
    found = judge(has_ended=False, on=on(age, SUGGESTED[name], allowed))

    assert (found is Answer.PERMIT) == (age <= min(allowed, SUGGESTED[name].limit))


def test_no_class_wants_evidence_of_the_future() -> None:
    with pytest.raises(MalformedError):
        StalenessClass(name="x", limit=timedelta(seconds=-1))
