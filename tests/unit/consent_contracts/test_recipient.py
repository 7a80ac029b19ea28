from typing import Any

import pytest

from consent_contracts.context import Context
from consent_contracts.decision import Refusal, decide
from consent_contracts.grant import Grant
from consent_contracts.odrl import policy
from consent_contracts.recipient import Recipient
from consent_contracts.terms import Effect
from ssi_core.errors import DataLossError, MalformedError
from tests.support.consent import (
    AT,
    INSURER,
    RESEARCHER,
    make_access_request,
    make_grant,
    make_record,
    scope_item,
)

BUT_THE_INSURER = Recipient(None, excepted=frozenset({Recipient(INSURER)}))
TELLERS = Recipient(INSURER, "teller")


def _objection(recipient: Recipient) -> Grant:
    return make_grant(
        id="zObjection",
        effect=Effect.DENY,
        recipient=recipient,
        scope=(scope_item("code", access="information"),),
    )


def _refusals(recipient: Recipient, **context: Any) -> tuple[Refusal, ...]:
    records = [make_record(), make_record(_objection(recipient))]
    decision = decide(make_access_request(), records, at=AT, context=Context(**context))
    return getattr(decision, "refusals", ())


def test_whoever_is_excepted_is_not_objected_to() -> None:
    assert _refusals(Recipient(None)) == (Refusal.OBJECTION,)
    assert _refusals(BUT_THE_INSURER) == ()
    assert _refusals(Recipient(None, excepted=frozenset({Recipient(RESEARCHER)}))) == (
        Refusal.OBJECTION,
    )


def test_who_is_excepted_in_a_role_only_has_to_be_known_in_it() -> None:
    others = Recipient(None, excepted=frozenset({TELLERS}))

    assert _refusals(others, roles=frozenset({"teller"})) == ()
    assert _refusals(others, roles=frozenset()) == (Refusal.OBJECTION,)
    assert _refusals(others) == (Refusal.RECIPIENT_UNKNOWN,)


def test_a_recipient_is_written_as_it_was_read() -> None:
    for recipient in (BUT_THE_INSURER, TELLERS, Recipient(INSURER, "teller", frozenset({TELLERS}))):
        assert Recipient.parse(recipient.to_json()) == recipient


@pytest.mark.parametrize(
    "exception",
    [
        [],
        [{"class": "anyone"}],
        [{"id": str(INSURER)}, {"id": str(INSURER)}],
        [{"id": str(INSURER), "except": [{"id": str(RESEARCHER)}]}],
        [{"id": f"did:web:{number}.example"} for number in range(257)],
        {"id": str(INSURER)},
    ],
)
def test_an_exception_is_somebody(exception: Any) -> None:
    with pytest.raises(MalformedError):
        Recipient.parse({"class": "anyone", "except": exception})


def test_only_an_objection_leaves_somebody_out() -> None:
    with pytest.raises(MalformedError):
        make_grant(recipient=Recipient(INSURER, excepted=frozenset({TELLERS})))


def test_an_odrl_policy_is_not_made_of_an_objection_to_all_but_some() -> None:
    with pytest.raises(DataLossError):
        policy(_objection(BUT_THE_INSURER))
