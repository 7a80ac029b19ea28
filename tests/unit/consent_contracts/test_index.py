from dataclasses import replace

import pytest

from consent_contracts.access import AccessLevel
from consent_contracts.context import Context
from consent_contracts.decision import ConsentIndex, Deny, Permit, Refusal, decide
from consent_contracts.grant import Grant, Limits, RecordScope
from consent_contracts.purpose import Purpose
from consent_contracts.recipient import Accreditation, Recipient, RecipientKind
from ssi_core.errors import MalformedError
from tests.support.consent import (
    AT,
    INSURER,
    RESEARCHER,
    SECOND,
    make_access_request,
    make_grant,
    make_record,
)

INSURERS = Accreditation(RecipientKind.INSURER, RESEARCHER)


def test_two_grants_with_one_id_are_refused() -> None:
    other = make_grant(purposes=frozenset({Purpose.TREAT}))

    with pytest.raises(MalformedError):
        ConsentIndex.of([make_record(), make_record(other)])


def test_an_id_belongs_to_its_log() -> None:
    elsewhere = make_grant(log="other.example/log", purposes=frozenset({Purpose.TREAT}))

    index = ConsentIndex.of([make_record(), make_record(elsewhere)])

    assert isinstance(decide(make_access_request(), index, at=AT), Permit)


def test_one_id_in_two_logs_is_relied_on_in_one_order() -> None:
    records = [make_record(make_grant(log=log)) for log in ("b.example", "a.example")]

    decisions = [decide(make_access_request(), each, at=AT) for each in (records, records[::-1])]

    assert decisions[0] == decisions[1]
    assert isinstance(decisions[0], Permit)
    assert decisions[0].grants[0].log == "a.example"


def test_a_grant_without_an_id_is_not_mistaken_for_one_whose_id_is_a_number() -> None:
    numbered = make_record(make_grant(id="0"), state=None, known_at=None)
    unnamed = make_record(make_grant(id=None))

    decision = decide(make_access_request(), [unnamed, numbered], at=AT)

    assert isinstance(decision, Permit)
    assert decision.grants[0].id is None


def test_what_supersedes_counts_within_its_log_only() -> None:
    newer = make_grant(id="zNewer", supersedes="zGrant", log="other.example/log")
    newer = replace(newer, purposes=frozenset({Purpose.TREAT}))

    decision = decide(make_access_request(), [make_record(), make_record(newer)], at=AT)

    assert isinstance(decision, Permit)


def test_a_stranger_is_told_what_is_wrong_with_any_of_the_grants() -> None:
    limits = Limits(interval=60 * SECOND)
    records = [
        make_record(make_grant(id="zA", limits=limits), uses=1, last_used_at=AT - SECOND),
        make_record(make_grant(id="zB"), state=None, known_at=None),
    ]

    decision = decide(make_access_request(recipient=RESEARCHER), records, at=AT)

    assert decision == Deny((Refusal.WRONG_RECIPIENT, Refusal.STATE_UNKNOWN, Refusal.USE_LIMIT))


def test_a_class_whose_members_are_not_known_comes_nearer_than_another_party() -> None:
    to_class = make_record(make_grant(id="zA", recipient=Recipient(INSURERS)))
    to_other = make_record(make_grant(id="zB", recipient=Recipient(RESEARCHER)))
    request = make_access_request(recipient=INSURER)

    known = decide(
        request, [to_class, to_other], at=AT, context=Context(accreditations=frozenset())
    )
    unknown = decide(request, [to_class, to_other], at=AT)

    assert known == Deny((Refusal.WRONG_RECIPIENT,))
    assert unknown.to_json() == {"decision": "indeterminate", "refusals": ["recipient_unknown"]}


def test_a_grant_of_10_000_provisions_is_refused_and_10_000_grants_are_decided() -> None:
    body = dict(make_grant().to_json())
    scope = RecordScope(access=AccessLevel.FULL).to_json()
    records = [make_record(make_grant(id=f"z{number}")) for number in range(10_000)]

    decision = decide(make_access_request(), records, at=AT)

    assert isinstance(decision, Permit)
    with pytest.raises(MalformedError) as caught:
        Grant.parse({**body, "scope": [scope] * 10_000})
    assert caught.value.at == "/scope"
