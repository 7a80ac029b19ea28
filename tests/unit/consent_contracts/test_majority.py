from dataclasses import replace
from datetime import datetime

import pytest

from consent_contracts.lifecycle import GrantState, RequestedConsent, give
from consent_contracts.majority import ask_anew
from consent_contracts.purpose import Purpose
from consent_contracts.terms import Effect
from ssi_core.errors import ConflictError
from ssi_core.period import Period
from tests.support.authority import (
    BY_MOTHER,
    CHILD,
    DAY,
    make_context,
    make_delegation,
    make_mandate,
)
from tests.support.consent import (
    AT,
    END,
    HOLDER_KEY,
    SECOND,
    make_consent_request,
    make_grant,
    make_record,
    scope_item,
)

REQUEST = make_consent_request()
REQUESTS = {REQUEST.digest: REQUEST}
OF_AGE = replace(CHILD, majority_at=AT)
CONTEXT = make_context(make_delegation(), subject=OF_AGE)
PARENTAL = make_grant(grantor=BY_MOTHER, request_digest=REQUEST.digest)


def test_what_a_parent_gave_is_asked_anew_for_no_longer_than_it_would_have_lasted() -> None:
    (asked,) = ask_anew([make_record(PARENTAL)], REQUESTS, context=CONTEXT, at=AT)

    assert asked.grant == PARENTAL
    assert asked.question is not None
    assert asked.question.request.period == Period(AT, END)
    assert asked.question.request.purposes == PARENTAL.purposes
    assert asked.question.request.digest != REQUEST.digest


def test_the_question_can_be_answered_by_the_person() -> None:
    (asked,) = ask_anew([make_record(PARENTAL)], REQUESTS, context=CONTEXT, at=AT)
    assert isinstance(asked.question, RequestedConsent)
    own = asked.question.request.grant(holder_keys=[HOLDER_KEY], scope=[scope_item("code")])

    assert give(asked.question, own, at=AT + SECOND).grant.grantor is None


def test_the_question_is_no_wider_than_the_old_grant() -> None:
    request = make_consent_request(purposes=frozenset({Purpose.HPAYMT, Purpose.TREAT}))
    narrow = replace(
        PARENTAL,
        request_digest=request.digest,
        purposes=frozenset({Purpose.HPAYMT}),
        except_purposes=frozenset({Purpose.COVERAGE}),
        scope=(scope_item("code", access="sample"),),
    )

    (asked,) = ask_anew([make_record(narrow)], {request.digest: request}, context=CONTEXT, at=AT)

    assert asked.question is not None
    assert asked.question.request.access.value == "sample"
    assert asked.question.request.purposes == narrow.covered_purposes


def test_what_was_asked_by_a_request_that_is_lost_is_not_lost_itself() -> None:
    (asked,) = ask_anew([make_record(PARENTAL)], {}, context=CONTEXT, at=AT)

    assert asked.grant == PARENTAL
    assert asked.question is None


def test_a_parents_objection_is_shown_and_not_asked() -> None:
    objection = replace(PARENTAL, effect=Effect.DENY)

    (asked,) = ask_anew([make_record(objection)], REQUESTS, context=CONTEXT, at=AT)

    assert asked.grant == objection
    assert asked.question is None


def test_what_has_ended_and_what_the_person_gave_is_not_asked() -> None:
    records = [
        make_record(PARENTAL, state=GrantState.WITHDRAWN),
        make_record(replace(PARENTAL, id="zOver", period=Period(AT - DAY, AT))),
        make_record(replace(PARENTAL, id="zOwn", grantor=None)),
    ]

    assert ask_anew(records, REQUESTS, context=CONTEXT, at=AT) == ()


def test_what_was_given_by_mandate_is_not_asked() -> None:
    context = make_context(make_mandate(), subject=OF_AGE)

    assert ask_anew([make_record(PARENTAL)], REQUESTS, context=context, at=AT) == ()


def test_where_it_is_not_known_who_gave_it_the_person_is_asked() -> None:
    context = make_context(subject=OF_AGE)

    (asked,) = ask_anew([make_record(PARENTAL)], REQUESTS, context=context, at=AT)

    assert asked.question is not None


@pytest.mark.parametrize("majority_at", [None, AT + SECOND], ids=["not known", "not yet"])
def test_nobody_is_asked_before_they_are_of_age(majority_at: datetime | None) -> None:
    context = make_context(make_delegation(), subject=replace(CHILD, majority_at=majority_at))

    with pytest.raises(ConflictError):
        ask_anew([make_record(PARENTAL)], REQUESTS, context=context, at=AT)
