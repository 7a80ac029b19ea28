from dataclasses import replace
from typing import Any

from consent_contracts.access import AccessLevel
from consent_contracts.access_request import RequestedRecord
from consent_contracts.authority import ADOLESCENT, refusals_of_sight
from consent_contracts.basis import Mandate
from consent_contracts.decision import decide
from consent_contracts.delegation import Act, Delegation
from consent_contracts.extent import Claimed
from consent_contracts.health_record import HealthRecord
from consent_contracts.purpose import Purpose
from consent_contracts.record_scope import RecordScope
from consent_contracts.refusal import Refusal
from consent_contracts.subject_facts import SubjectFacts
from tests.support.authority import ADULT, BY_MOTHER, CHILD, make_context, make_delegation
from tests.support.consent import (
    AT,
    END,
    HOLDER_KEY,
    LOG,
    digest,
    make_access_request,
    make_grant,
    make_record,
    requested_item,
    scope_item,
)

CLAIM = requested_item("code")


def _record(**members: Any) -> RequestedRecord:
    record = HealthRecord(resource_type="Observation", id="1", **members)
    return RequestedRecord(record=record, access=AccessLevel.FULL)


def _sight(
    item: Any, *delegations: Delegation, subject: SubjectFacts = CHILD, key: str = HOLDER_KEY
) -> set[Refusal]:
    context = make_context(*delegations, subject=subject)
    found = refusals_of_sight(
        item, by=BY_MOTHER, log=LOG, holder_keys=[key], context=context, at=AT
    )
    return set(found)


def test_a_guardian_sees_what_the_delegation_is_about() -> None:
    assert _sight(CLAIM, make_delegation()) == set()
    assert _sight(_record(labels=frozenset()), make_delegation()) == set()


def test_a_guardian_does_not_see_what_is_confidential_to_an_adolescent() -> None:
    hidden = _record(labels=frozenset({ADOLESCENT}))

    assert _sight(hidden, make_delegation()) == {Refusal.BEYOND_AUTHORITY}
    assert _sight(_record(), make_delegation()) == {Refusal.RECORD_UNKNOWN}


def test_the_proxy_of_a_grown_up_sees_records_with_any_label() -> None:
    hidden = _record(labels=frozenset({ADOLESCENT}))

    assert _sight(hidden, make_delegation(basis=Mandate()), subject=ADULT) == set()


def test_sight_ends_at_majority() -> None:
    of_age = replace(CHILD, majority_at=AT)

    assert _sight(CLAIM, make_delegation(), subject=of_age) == {Refusal.FROZEN_AT_MAJORITY}


def test_who_may_give_and_not_see_does_not_see() -> None:
    blind = make_delegation(acts=frozenset({Act.GIVE}))

    assert _sight(CLAIM, blind) == {Refusal.BEYOND_AUTHORITY}


def test_sight_takes_one_of_those_who_must_give_together() -> None:
    assert _sight(CLAIM, make_delegation(threshold=2)) == set()


def test_a_guardian_sees_nothing_under_keys_that_the_delegation_does_not_name() -> None:
    assert _sight(CLAIM, make_delegation(), key=digest("other")) == {Refusal.BEYOND_AUTHORITY}


def test_sight_goes_no_further_than_the_scope() -> None:
    claims = make_delegation(scope=Claimed((scope_item("code", access="sample"),)))
    records = make_delegation(
        scope=Claimed(
            (), (RecordScope(access=AccessLevel.FULL, categories=frozenset({"urn:x|lab"})),)
        )
    )

    assert _sight(CLAIM, claims) == {Refusal.BEYOND_AUTHORITY}
    assert _sight(requested_item("code", access="sample"), claims) == set()
    assert _sight(_record(labels=frozenset()), records) == {Refusal.RECORD_UNKNOWN}
    assert _sight(_record(labels=frozenset(), categories=frozenset()), records) == {
        Refusal.BEYOND_AUTHORITY
    }


def test_what_is_unknown_about_a_delegation_is_not_seen_either() -> None:
    assert _sight(CLAIM) == {Refusal.AUTHORITY_UNKNOWN}


def test_a_death_is_named_too_where_no_grant_comes_near() -> None:
    request = make_access_request(recipient=make_grant().recipient.party, purpose=Purpose.HRESCH)
    dead = make_context(subject=SubjectFacts(died_at=AT))

    decision = decide(request, [make_record(make_grant())], at=AT, context=dead)

    assert decision.to_json()["refusals"] == ["wrong_purpose", "subject_deceased"]


def test_a_grant_that_outlasts_majority_freezes_and_does_not_end() -> None:
    grant = make_grant(grantor=BY_MOTHER)
    of_age = make_context(make_delegation(), subject=replace(CHILD, majority_at=AT))

    decision = decide(make_access_request(), [make_record(grant)], at=AT, context=of_age)

    assert grant.period.end == END > AT
    assert decision.to_json() == {"decision": "deny", "refusals": ["frozen_at_majority"]}
