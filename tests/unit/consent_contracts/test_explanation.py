import json
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from consent_contracts.context import Context
from consent_contracts.decision import ConsentIndex, Deny, Indeterminate, Permit, decide
from consent_contracts.explanation import explain
from consent_contracts.grant import Effect, Grantor, Limits, Obligation, Recipient
from consent_contracts.lifecycle import GrantState
from consent_contracts.purpose import Purpose
from consent_contracts.refusal import NOT_KNOWING, Refusal, named
from consent_contracts.remedies import remedy
from consent_contracts.trace import trace
from ssi_core.errors import MalformedError
from ssi_core.period import to_timestamp
from tests.support.consent import (
    AT,
    HOLDER_KEY,
    INSURER,
    make_access_request,
    make_grant,
    make_record,
    requested_item,
)
from tests.support.consent_cases import random_case

NORTHFIELD = "Northfield Insurance"


def test_a_yes_says_who_what_why_until_when_and_on_which_terms() -> None:
    grant = make_grant(
        limits=Limits(uses=1, jurisdictions=frozenset({"DE"}), minimum_group_size=5),
        obligations=frozenset({Obligation.ERASE_AFTER_USE, Obligation.NOTIFY_OF_USE}),
    )
    request = make_access_request()

    text = explain(request, decide(request, [make_record(grant)], at=AT), asker=NORTHFIELD)

    assert text == (
        "Northfield Insurance asks for 2 details of your credentials: everything that is there.",
        "The reason given is: healthcare payment.",
        "The answer is yes.",
        "You allowed this, until 31 December 2026, 09:00 UTC or until you take it back.",
        "It may not be passed on to others.",
        "It may be used 1 time in all.",
        "It may be used only in the countries that you named.",
        "Results may be told of groups of at least 5 people.",
        "It has to be erased after use.",
        "You have to be told of each use.",
    )


def test_a_no_says_every_reason_and_what_would_have_to_change() -> None:
    request = make_access_request(items=(requested_item("birth_date", access="sample"),))
    record = make_record(state=GrantState.WITHDRAWN)

    text = explain(request, decide(request, [record], at=AT), asker=NORTHFIELD)

    assert text[0].endswith(
        "1 detail of your credentials: a part of the values, or less exact ones."
    )
    assert text[2:] == (
        "The answer is no.",
        "The permission does not include everything that is asked for.",
        "The permission was withdrawn.",
        "Less would have to be asked for, or you would have to permit more.",
        "You would have to give a new permission.",
    )


def test_not_knowing_is_a_no_for_now() -> None:
    request = make_access_request()

    text = explain(request, Indeterminate((Refusal.STATE_UNKNOWN,)), asker=NORTHFIELD)

    assert text[2] == "The answer is no for now, since not everything could be found out."
    assert text[-1].startswith("It would have to be found out again")


def test_what_a_representative_allowed_is_not_called_the_persons_own_doing() -> None:
    grant = make_grant(grantor=Grantor(keys=frozenset({HOLDER_KEY}), delegation="zDelegation"))
    request = make_access_request()

    text = explain(request, Permit((grant,), frozenset(), Limits()), asker=NORTHFIELD)

    assert text[3].startswith("This was allowed in your name, until")


def test_an_empty_request_is_explained_too() -> None:
    request = make_access_request(items=())

    text = explain(request, decide(request, [], at=AT), asker=NORTHFIELD)

    assert text[0] == "Northfield Insurance asks for nothing in particular."


@pytest.mark.parametrize("asker", ["", "two\nlines", "\u202egnp"])
def test_a_name_that_shows_as_something_else_is_refused(asker: str) -> None:
    with pytest.raises(MalformedError):
        explain(make_access_request(), Deny((Refusal.NO_GRANT,)), asker=asker)


def test_every_refusal_has_a_remedy_and_only_terms_of_data_use_share_the_general_one() -> None:
    general = remedy(Refusal.DATA_USE_HMB)

    sharing = {refusal for refusal in Refusal if remedy(refusal) == general}

    assert sharing == {refusal for refusal in Refusal if refusal.startswith("data_use_")}
    assert all(remedy(refusal).endswith(".") for refusal in Refusal)


def test_no_sentence_holds_a_code_or_a_claims_name() -> None:
    request = make_access_request(items=(requested_item("secret_claim"),))

    text = " ".join(explain(request, decide(request, [make_record()], at=AT), asker=NORTHFIELD))

    assert not any(refusal.value in text for refusal in Refusal if "_" in refusal)
    assert not any(word in text for word in ("secret_claim", "HPAYMT", "urn:", "did:"))


def test_a_trace_tells_what_held_and_what_failed_for_each_grant_and_item() -> None:
    ended = make_grant(id="zA", limits=Limits(uses=3))
    other = make_grant(id="zB", purposes=frozenset({Purpose.TREAT}))
    request = make_access_request(items=(requested_item("code"), requested_item("birth_date")))
    index = ConsentIndex.of([make_record(ended, state=GrantState.WITHDRAWN), make_record(other)])

    told: dict[str, Any] = dict(trace(request, index, at=AT))

    assert told == {
        "at": to_timestamp(AT),
        "answer": {"decision": "deny", "refusals": ["beyond_scope", "withdrawn"]},
        "objections": [],
        "grants": [
            {
                "grant": "zA",
                "held": [
                    *("wrong_recipient", "wrong_purpose", "other_subject", "not_yet_valid"),
                    *("expired", "suspended", "superseded", "state_unknown", "stale_evidence"),
                    "use_limit",
                ],
                "failed": ["withdrawn"],
                "unknown": [],
                "items": [
                    {
                        "held": ["beyond_scope", "access_level_exceeded"],
                        "failed": [],
                        "unknown": [],
                    },
                    {
                        "held": ["access_level_exceeded"],
                        "failed": ["beyond_scope"],
                        "unknown": [],
                    },
                ],
            },
            {
                "grant": "zB",
                "held": [
                    *("wrong_recipient", "other_subject", "not_yet_valid", "expired", "withdrawn"),
                    *("suspended", "superseded", "state_unknown", "stale_evidence"),
                ],
                "failed": ["wrong_purpose"],
                "unknown": [],
                "items": told["grants"][0]["items"],
            },
        ],
    }


def test_what_depends_on_something_unknown_is_not_said_to_have_held() -> None:
    grant = make_grant(recipient=Recipient(INSURER, "clerk"))
    index = ConsentIndex.of([make_record(grant, state=None, known_at=None)])

    told = _list(trace(make_access_request(), index, at=AT)["grants"])

    assert told[0]["unknown"] == ["recipient_unknown", "state_unknown"]
    assert not {"wrong_role", "withdrawn", "suspended", "superseded"} & set(told[0]["held"])


@pytest.mark.parametrize(
    ("roles", "stands"), [(frozenset({"clerk"}), "yes"), (frozenset(), "no"), (None, "unknown")]
)
def test_a_trace_tells_of_objections(roles: frozenset[str] | None, stands: str) -> None:
    objection = make_grant(id="zObjection", effect=Effect.DENY, recipient=Recipient(None, "clerk"))
    index = ConsentIndex.of([make_record(), make_record(objection)])

    told = trace(make_access_request(), index, at=AT, context=Context(roles=roles))

    unknown = ["recipient_unknown"] if stands == "unknown" else []
    assert told["objections"] == [{"grant": "zObjection", "stands": stands, "unknown": unknown}]


def test_a_trace_and_an_explanation_follow_from_the_decision_in_every_case() -> None:
    random = Random(3)  # noqa: S311 - cases that can be repeated, not secrets
    for _ in range(300):
        request, records, context = random_case(random)
        index = ConsentIndex.of(records)
        policy = timedelta(minutes=1)

        decision = decide(request, index, at=AT, max_staleness=policy, context=context)
        told = trace(request, index, at=AT, max_staleness=policy, context=context)

        clear = [each for each in _list(told["grants"]) if not each["failed"] + each["unknown"]]
        assert told["answer"] == decision.to_json()
        assert json.dumps(told) == json.dumps(
            trace(request, index, at=AT, max_staleness=policy, context=context)
        )
        assert decision.to_json()["decision"] != "permit" or clear
        assert explain(request, decision, asker=NORTHFIELD)


def _list(value: Any) -> list[dict[str, list[str]]]:
    assert isinstance(value, list)
    return value


def test_a_set_of_refusals_keeps_their_order() -> None:
    assert all(refusal.is_not_knowing for refusal in named(NOT_KNOWING))
    assert list(named(NOT_KNOWING)) == [each for each in Refusal if each.is_not_knowing]
