from datetime import timedelta
from typing import Any

import pytest

from consent_contracts.access import AccessLevel
from consent_contracts.decision import (
    AccessRequest,
    ConsentIndex,
    Deny,
    GrantRecord,
    GrantState,
    Indeterminate,
    Permit,
    Refusal,
    RequestedItem,
    decide,
    require,
)
from consent_contracts.grant import Limits, Obligation
from ssi_core.errors import ConsentError, MalformedError
from tests.support.consent import (
    AT,
    DIAGNOSIS,
    SECOND,
    make_access_request,
    make_grant,
    make_record,
    requested_item,
)


def test_a_permit_names_its_grant_and_the_terms() -> None:
    grant = make_grant(limits=Limits(minimum_group_size=5))

    decision = decide(make_access_request(), [make_record(grant)], at=AT)

    assert decision == Permit(
        (grant,), frozenset({Obligation.ERASE_ON_WITHDRAWAL}), Limits(minimum_group_size=5)
    )
    assert require(decision) is decision


def test_a_denial_is_an_error_with_every_reason_where_it_must_not_happen() -> None:
    record = make_record(state=GrantState.WITHDRAWN)
    request = make_access_request(items=(requested_item("birth_date"),))

    decision = decide(request, [record], at=AT)

    assert decision == Deny((Refusal.BEYOND_SCOPE, Refusal.WITHDRAWN))
    with pytest.raises(ConsentError) as caught:
        require(decision)
    assert caught.value.refusals == ("beyond_scope", "withdrawn")
    assert caught.value.code == "consent_denied"


def test_every_refusal_is_explained_in_one_sentence() -> None:
    denial = Deny(tuple(Refusal))

    sentences = denial.explanation

    assert len(set(sentences)) == len(Refusal)
    assert all(text.count(".") == 1 and text.endswith(".") for text in sentences)


def test_an_explanation_holds_no_value_of_request_or_grant() -> None:
    decision = decide(
        make_access_request(items=(requested_item("secret"),)), [make_record()], at=AT
    )

    assert isinstance(decision, Deny)
    assert "secret" not in "".join(decision.explanation)


def test_a_policy_can_only_ask_for_fresher_evidence() -> None:
    record = make_record(known_at=AT - timedelta(minutes=30))

    strict = decide(make_access_request(), [record], at=AT, max_staleness=timedelta(minutes=10))
    generous = decide(make_access_request(), [record], at=AT, max_staleness=timedelta(days=1))

    assert strict == Indeterminate((Refusal.STALE_EVIDENCE,))
    assert isinstance(generous, Permit)


def test_an_index_answers_like_the_records_that_it_was_made_of() -> None:
    records = [make_record(make_grant(id=f"z{number}")) for number in range(50)]
    index = ConsentIndex.of(records)

    assert decide(make_access_request(), index, at=AT) == decide(
        make_access_request(), records, at=AT
    )


def test_a_decision_needs_a_moment_with_a_time_zone() -> None:
    with pytest.raises(MalformedError):
        decide(make_access_request(), [make_record()], at=AT.replace(tzinfo=None))


@pytest.mark.parametrize("at", [AT.min.replace(tzinfo=AT.tzinfo), AT.max.replace(tzinfo=AT.tzinfo)])
def test_the_ends_of_time_are_moments_too(at: Any) -> None:
    decision = decide(make_access_request(), [make_record()], at=at)

    assert isinstance(decision, Deny)


@pytest.mark.parametrize(
    "change",
    [
        {"known_at": None},
        {"state": None},
        {"known_at": AT.replace(tzinfo=None)},
        {"uses": -1},
        {"uses": 1},
        {"last_used_at": AT},
        {"uses": 1, "last_used_at": AT.replace(tzinfo=None)},
    ],
)
def test_a_record_that_contradicts_itself_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        make_record(**change)


def test_a_record_is_written_as_it_was_read() -> None:
    used = make_record(uses=2, last_used_at=AT - SECOND)
    unknown = GrantRecord.unknown(make_grant())

    assert GrantRecord.parse(used.to_json()) == used
    assert GrantRecord.parse(unknown.to_json()) == unknown


@pytest.mark.parametrize(
    "change",
    [
        {"grant": None},
        {"state": "alive"},
        {"known_at": "now"},
        {"uses": "2"},
        {"last_used_at": 5},
        {"more": 1},
    ],
)
def test_a_document_that_is_not_quite_a_record_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        GrantRecord.parse({**make_record().to_json(), **change})


def test_an_access_request_is_written_as_it_was_read() -> None:
    request = make_access_request()

    assert AccessRequest.parse(request.to_json()) == request


@pytest.mark.parametrize(
    "change",
    [
        {"recipient": "insurer"},
        {"purpose": "PAY"},
        {"items": {}},
        {"items": [{}]},
        {"items": [{"vct": DIAGNOSIS, "claims": [["code"]], "access": "none"}]},
        {"items": [{"vct": DIAGNOSIS, "claims": [], "access": "full"}]},
        {"items": [{"vct": DIAGNOSIS, "claims": [["code"]], "access": "full", "more": 1}]},
        {"holder_keys": ["key"]},
        {"holder_keys": None},
        {"more": 1},
    ],
)
def test_a_document_that_is_not_quite_an_access_request_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        AccessRequest.parse({**make_access_request().to_json(), **change})


@pytest.mark.parametrize(
    ("vct", "claims", "access"),
    [
        ("", {("code",)}, AccessLevel.FULL),
        (DIAGNOSIS, set(), AccessLevel.FULL),
        (DIAGNOSIS, {()}, AccessLevel.FULL),
        (DIAGNOSIS, {("code",)}, AccessLevel.NONE),
    ],
)
def test_an_item_that_asks_for_nothing_is_refused(
    vct: str, claims: set[Any], access: AccessLevel
) -> None:
    with pytest.raises(MalformedError):
        RequestedItem(vct=vct, claims=frozenset(claims), access=access)
