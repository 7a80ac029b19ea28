from dataclasses import replace

import pytest

from consent_contracts.grantor import Grantor
from consent_contracts.lifecycle import GivenConsent
from consent_contracts.proposal import ProposedConsent, approve, complete, propose
from ssi_core.errors import ConflictError, ConsentError, MalformedError
from tests.support.authority import (
    BY_MOTHER,
    CHILD,
    FATHER,
    MOTHER,
    STRANGER,
    make_context,
    make_delegation,
)
from tests.support.consent import AT, END, SECOND, make_consent_request, make_grant, scope_item

REQUEST = make_consent_request()
GRANT = make_grant(grantor=BY_MOTHER, request_digest=REQUEST.digest, notice=REQUEST.notice.notice)
CONTEXT = make_context(make_delegation(threshold=2))
PROPOSED = propose(GRANT, request=REQUEST, context=CONTEXT, at=AT)


def test_both_parents_sign_for_the_same_digest() -> None:
    agreed = approve(PROPOSED, key=FATHER, context=CONTEXT, at=AT + SECOND)

    assert agreed.digest == PROPOSED.digest
    assert agreed.grant.grantor == Grantor(keys=frozenset({MOTHER, FATHER}), delegation="zGuardian")
    assert [each.key for each in agreed.approvals] == [MOTHER, FATHER]


def test_the_digest_is_of_everything_that_is_agreed_to() -> None:
    other = replace(GRANT, scope=(scope_item("onset"),))

    assert propose(other, request=REQUEST, context=CONTEXT, at=AT).digest != PROPOSED.digest


def test_enough_agreement_completes_it() -> None:
    agreed = approve(PROPOSED, key=FATHER, context=CONTEXT, at=AT)

    assert complete(agreed, context=CONTEXT, at=AT) == GivenConsent(agreed.grant, AT)


@pytest.mark.parametrize("key", [FATHER, STRANGER], ids=["father", "stranger"])
def test_nobody_is_put_into_the_grant_without_having_agreed(key: str) -> None:
    both = Grantor(keys=frozenset({MOTHER, key}), delegation="zGuardian")

    with pytest.raises(MalformedError):
        ProposedConsent(replace(GRANT, grantor=both), REQUEST, PROPOSED.approvals)


def test_one_puts_it_forward() -> None:
    both = Grantor(keys=frozenset({MOTHER, FATHER}), delegation="zGuardian")

    with pytest.raises(MalformedError):
        propose(replace(GRANT, grantor=both), request=REQUEST, context=CONTEXT, at=AT)


def test_the_persons_own_grant_waits_for_nobody() -> None:
    with pytest.raises(MalformedError):
        propose(replace(GRANT, grantor=None), request=REQUEST, context=CONTEXT, at=AT)


def test_a_stranger_puts_nothing_forward() -> None:
    by_stranger = Grantor(keys=frozenset({STRANGER}), delegation="zGuardian")

    with pytest.raises(ConsentError):
        propose(replace(GRANT, grantor=by_stranger), request=REQUEST, context=CONTEXT, at=AT)


def test_what_goes_beyond_the_request_is_not_put_forward() -> None:
    with pytest.raises(ConsentError) as refused:
        propose(GRANT, request=make_consent_request(recipient_name="Other"), context=CONTEXT, at=AT)

    assert refused.value.refusals == ("beyond_request",)


def test_what_is_over_is_not_put_forward() -> None:
    context = make_context(make_delegation(), subject=CHILD)

    with pytest.raises(ConflictError):
        propose(GRANT, request=REQUEST, context=context, at=END)
