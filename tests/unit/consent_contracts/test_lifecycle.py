from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_contracts.lifecycle import (
    Consent,
    ExpiredConsent,
    GivenConsent,
    GrantState,
    RefusedConsent,
    RequestedConsent,
    SupersededConsent,
    SuspendedConsent,
    WithdrawnConsent,
    expire,
    give,
    recorded_state,
    refuse,
    resume,
    settle,
    supersede,
    suspend,
    withdraw,
)
from ssi_core.errors import ConflictError, ConsentError, MalformedError
from tests.support.consent import (
    AT,
    END,
    HOLDER_KEY,
    SECOND,
    START,
    make_consent_request,
    make_grant,
    scope_item,
)

REQUEST = make_consent_request()
GRANT = REQUEST.grant(holder_keys=[HOLDER_KEY], scope=[scope_item("code")])
REQUESTED = RequestedConsent(REQUEST, START)
GIVEN = give(REQUESTED, GRANT, at=START)
SUSPENDED = suspend(GIVEN, at=AT)
TERMINAL: list[Consent] = [
    refuse(REQUESTED, at=AT),
    withdraw(GIVEN, at=AT),
    supersede(GIVEN, by="zOther", at=AT),
    expire(GIVEN, at=END),
]
TRANSITIONS: dict[str, Callable[..., Any]] = {
    "give": lambda consent, at: give(consent, GRANT, at=at),
    "refuse": lambda consent, at: refuse(consent, at=at),
    "suspend": lambda consent, at: suspend(consent, at=at),
    "resume": lambda consent, at: resume(consent, at=at),
    "withdraw": lambda consent, at: withdraw(consent, at=at),
    "supersede": lambda consent, at: supersede(consent, by="zNext", at=at),
    "expire": lambda consent, at: expire(consent, at=at),
}
# Which transitions there are; every other pair is refused.
EDGES = {
    RequestedConsent: {"give", "refuse"},
    GivenConsent: {"suspend", "withdraw", "supersede"},
    SuspendedConsent: {"resume", "withdraw", "supersede"},
}


def test_a_consent_is_requested_given_suspended_resumed_and_withdrawn() -> None:
    resumed = resume(SUSPENDED, at=AT + SECOND)

    withdrawn = withdraw(resumed, at=AT + 2 * SECOND)

    assert resumed == GivenConsent(GRANT, START)
    assert withdrawn == WithdrawnConsent(GRANT, AT + 2 * SECOND)


def test_a_suspended_consent_can_be_withdrawn_and_superseded() -> None:
    assert isinstance(withdraw(SUSPENDED, at=AT), WithdrawnConsent)
    assert isinstance(supersede(SUSPENDED, by="zOther", at=AT), SupersededConsent)


def test_a_request_can_be_refused() -> None:
    assert refuse(REQUESTED, at=AT) == RefusedConsent(REQUEST, AT)


@pytest.mark.parametrize("name", TRANSITIONS)
@pytest.mark.parametrize(
    "consent", [REQUESTED, GIVEN, SUSPENDED], ids=lambda each: type(each).__name__
)
def test_there_are_no_other_transitions_before_the_end(consent: Consent, name: str) -> None:
    if name in EDGES[type(consent)]:
        TRANSITIONS[name](consent, AT)
        return

    with pytest.raises(ConflictError):
        TRANSITIONS[name](consent, AT)


@pytest.mark.parametrize("name", TRANSITIONS)
@pytest.mark.parametrize("consent", TERMINAL, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("at", [START, AT, END, END + timedelta(days=1)])
def test_a_terminal_state_absorbs(consent: Consent, name: str, at: datetime) -> None:
    with pytest.raises(ConflictError):
        TRANSITIONS[name](consent, at)

    assert settle(consent, at=at) is consent


@pytest.mark.parametrize("consent", [GIVEN, SUSPENDED], ids=lambda each: type(each).__name__)
def test_time_alone_expires(consent: Consent) -> None:
    with pytest.raises(ConflictError, match="not over"):
        expire(consent, at=END - SECOND)

    assert settle(consent, at=END - SECOND) is consent
    assert settle(consent, at=END) == ExpiredConsent(GRANT, END)
    assert expire(consent, at=END + SECOND) == ExpiredConsent(GRANT, END)


@pytest.mark.parametrize("name", ["suspend", "resume", "withdraw", "supersede"])
def test_nothing_is_left_to_do_once_time_has_ended_it(name: str) -> None:
    with pytest.raises(ConflictError, match="stays so"):
        TRANSITIONS[name](GIVEN, END)


def test_a_grant_that_is_over_is_not_given() -> None:
    with pytest.raises(ConflictError):
        give(REQUESTED, GRANT, at=END)


def test_a_grant_beyond_the_request_is_not_given() -> None:
    with pytest.raises(ConsentError):
        give(REQUESTED, make_grant(), at=AT)


def test_a_grant_does_not_supersede_itself() -> None:
    given = GivenConsent(make_grant(), START)

    with pytest.raises(MalformedError):
        supersede(given, by="zGrant", at=AT)


def test_life_runs_forwards() -> None:
    with pytest.raises(ConflictError, match="forwards"):
        give(REQUESTED, GRANT, at=START - SECOND)
    with pytest.raises(ConflictError, match="forwards"):
        resume(SUSPENDED, at=AT - SECOND)


@pytest.mark.parametrize(
    ("consent", "at", "state"),
    [
        (GivenConsent(GRANT, START - SECOND), START - SECOND, GrantState.PENDING),
        (GIVEN, START, GrantState.ACTIVE),
        (GIVEN, END - SECOND, GrantState.ACTIVE),
        (GIVEN, END, GrantState.EXPIRED),
        (SUSPENDED, AT, GrantState.SUSPENDED),
        (SUSPENDED, END, GrantState.EXPIRED),
        (TERMINAL[1], END, GrantState.WITHDRAWN),
        (TERMINAL[2], AT, GrantState.SUPERSEDED),
        (TERMINAL[3], AT, GrantState.EXPIRED),
    ],
)
def test_a_state_has_the_word_that_the_log_has_for_it(
    consent: Any, at: datetime, state: GrantState
) -> None:
    assert recorded_state(consent, at=at) is state


@pytest.mark.parametrize("consent", [REQUESTED, TERMINAL[0]], ids=lambda each: type(each).__name__)
def test_what_was_not_given_is_in_no_log(consent: Any) -> None:
    with pytest.raises(ConflictError):
        recorded_state(consent, at=AT)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(MalformedError):
        settle(GIVEN, at=AT.replace(tzinfo=None))


def test_words_for_states_are_read_back() -> None:
    assert [GrantState.parse(state.value) for state in GrantState] == list(GrantState)
    assert {state for state in GrantState if state.is_terminal} == {
        GrantState.WITHDRAWN,
        GrantState.EXPIRED,
        GrantState.SUPERSEDED,
    }


@pytest.mark.parametrize("junk", ["", "ACTIVE", None, 1, []])
def test_a_word_that_is_no_state_is_refused(junk: Any) -> None:
    with pytest.raises(MalformedError):
        GrantState.parse(junk)


@given(st.lists(st.tuples(st.sampled_from(sorted(TRANSITIONS)), st.integers(0, 20))))
def test_no_history_leads_out_of_an_end(steps: list[tuple[str, int]]) -> None:
    consent: Consent = REQUESTED
    at = START
    for name, days in steps:
        at += timedelta(days=days)
        before = settle(consent, at=at)
        ended = isinstance(before, tuple(type(each) for each in TERMINAL))
        try:
            consent = TRANSITIONS[name](consent, at)
        except ConflictError:
            continue
        assert not ended or (isinstance(before, ExpiredConsent) and name == "expire")
        assert not isinstance(consent, ExpiredConsent) or at >= END
