from datetime import UTC, datetime
from typing import Any

import pytest

from consent_contracts.access import AccessLevel
from consent_contracts.context import Context
from consent_contracts.decision import (
    AccessRequest,
    Deny,
    GrantRecord,
    GrantState,
    Permit,
    Refusal,
    RequestedRecord,
    decide,
)
from consent_contracts.fhir import ReadConsent
from consent_contracts.health_record import HealthRecord
from consent_contracts.purpose import Purpose
from consent_contracts.recipient import Accreditation, Recipient
from consent_contracts.record_scope import RecordScope
from consent_contracts.terms import Effect
from ssi_core.did.syntax import Did
from ssi_core.errors import DataLossError, MalformedError
from tests.support.consent import HOLDER_KEY
from tests.support.fhir_consents import (
    ACTCODE,
    CLINIC,
    COMMUNITY,
    DOCTOR,
    NURSE,
    actions,
    actors,
    labels,
    purposes,
    read_r4,
    read_r5,
)

AT = datetime(2027, 3, 1, tzinfo=UTC)
TREAT = {"type": "permit", "purpose": purposes("TREAT")}
NOT_PSY = {"type": "deny", "securityLabel": labels("PSY")}
FOR_THE_DOCTOR = {"type": "permit", "actor": actors("Practitioner/doctor")}


def _decide(
    *consents: ReadConsent,
    by: Recipient = COMMUNITY,
    purpose: str = "TREAT",
    label: str = "NONE",
    at: datetime = AT,
) -> Permit | Deny:
    party = by.party
    request = AccessRequest(
        recipient=party if isinstance(party, Did) else Did("web", "hospital.example"),
        purpose=Purpose(purpose),
        items=(RequestedRecord(record=_record(label), access=AccessLevel.FULL),),
        holder_keys=frozenset({HOLDER_KEY}),
    )
    context = Context(
        roles=frozenset() if by.role is None else frozenset({by.role}),
        accreditations=frozenset({party} if isinstance(party, Accreditation) else ()),
    )
    records = [
        GrantRecord(grant=grant, state=GrantState.ACTIVE, known_at=at)
        for consent in consents
        for grant in consent.grants
    ]
    decision = decide(request, records, at=at, context=context)
    assert isinstance(decision, Permit | Deny)
    return decision


def _record(label: str) -> HealthRecord:
    return HealthRecord(
        resource_type="Observation", id="1", labels=frozenset({f"{ACTCODE}|{label}"})
    )


def _permits(*consents: ReadConsent, **question: Any) -> bool:
    return isinstance(_decide(*consents, **question), Permit)


def test_a_permission_inside_another_takes_over_what_it_does_not_state() -> None:
    read = read_r4(
        TREAT
        | {"securityLabel": labels("ETH"), "period": {"end": "2027"}}
        | {"provision": [FOR_THE_DOCTOR | {"securityLabel": labels("PSY")}]}
    )

    inner = read.grants[1]

    assert inner.recipient == DOCTOR
    assert inner.purposes == {Purpose.TREAT}
    assert inner.period == read.grants[0].period
    assert _permits(read, by=DOCTOR, label="PSY")
    assert not _permits(read, by=DOCTOR, label="ETH")
    assert not _permits(read, label="PSY")


def test_an_exception_of_records_is_left_out_of_every_permission_beside_it() -> None:
    read = read_r4(TREAT | {"provision": [NOT_PSY, FOR_THE_DOCTOR]})

    assert {each.effect for each in read.grants} == {Effect.PERMIT}
    assert _permits(read, by=DOCTOR)
    assert not _permits(read, by=DOCTOR, label="PSY")


def test_an_exception_of_purposes_is_one_of_the_grant() -> None:
    read = read_r4(TREAT | {"provision": [{"type": "deny", "purpose": purposes("ETREAT")}]})

    (grant,) = read.grants

    assert grant.except_purposes == {Purpose.ETREAT}
    assert not _permits(read, purpose="BTG")


def test_an_exception_of_records_for_some_purposes_divides_the_permission() -> None:
    read = read_r4(TREAT | {"provision": [NOT_PSY | {"purpose": purposes("COC", "ETREAT")}]})

    assert _permits(read, label="PSY")
    assert not _permits(read, label="PSY", purpose="COC")
    assert not _permits(read, label="PSY", purpose="BTG")
    assert _permits(read, label="ETH", purpose="BTG")


def test_an_exception_for_an_actor_is_an_objection_to_that_actor() -> None:
    read = read_r4(
        TREAT
        | {"actor": actors("Organization/clinic", "Practitioner/doctor")}
        | {"provision": [NOT_PSY | {"actor": actors("Practitioner/doctor")}]}
    )

    assert _permits(read, by=CLINIC, label="PSY")
    assert _permits(read, by=DOCTOR)
    assert _decide(read, by=DOCTOR, label="PSY") == Deny((Refusal.OBJECTION,))


def test_an_exception_for_some_time_is_an_objection_for_that_time() -> None:
    read = read_r4(
        TREAT | {"provision": [{"type": "deny", "period": {"start": "2027-06", "end": "2027-06"}}]}
    )

    assert _permits(read, at=datetime(2027, 5, 31, 23, tzinfo=UTC))
    assert not _permits(read, at=datetime(2027, 6, 1, tzinfo=UTC))
    assert not _permits(read, at=datetime(2027, 6, 30, 23, tzinfo=UTC))
    assert _permits(read, at=datetime(2027, 7, 1, tzinfo=UTC))


def test_of_two_that_contradict_each_other_the_one_that_denies_decides() -> None:
    read = read_r4(
        TREAT | {"provision": [NOT_PSY, {"type": "permit", "securityLabel": labels("PSY")}]}
    )

    assert not _permits(read, label="PSY")
    assert _permits(read)


def test_a_permission_that_denies_everything_inside_permits_nothing() -> None:
    read = read_r4(TREAT | {"provision": [{"type": "deny"}]})

    assert read.grants == ()
    assert _decide(read) == Deny((Refusal.NO_GRANT,))


def test_an_exception_to_an_exception_is_permitted() -> None:
    read = read_r4(TREAT | {"provision": [NOT_PSY | {"provision": [FOR_THE_DOCTOR]}]})

    assert not _permits(read, label="PSY")
    assert _permits(read, by=DOCTOR, label="PSY")
    assert not _permits(read, by=DOCTOR)


@pytest.mark.spec("FHIR R5", "Consent")
def test_an_exception_to_an_exception_is_permitted_in_r5_too() -> None:
    read = read_r5(
        "deny",
        {
            "purpose": purposes("TREAT"),
            "provision": [
                {
                    "securityLabel": labels("PSY"),
                    "provision": [{"actor": actors("Practitioner/doctor")}],
                }
            ],
        },
    )

    assert not _permits(read, label="PSY")
    assert _permits(read, by=DOCTOR, label="PSY")


def test_a_denial_of_everything_overrides_what_other_consents_permit() -> None:
    assert _decide(read_r4({"type": "deny"}), read_r4(TREAT)) == Deny((Refusal.OBJECTION,))


def test_a_denial_to_all_but_one_leaves_that_one_out() -> None:
    denial = read_r4(
        {"type": "deny", "provision": [FOR_THE_DOCTOR | {"purpose": purposes("TREAT")}]}
    )
    others = read_r4({"type": "permit", "purpose": purposes("TREAT", "HPAYMT")})

    assert _permits(denial, by=DOCTOR)
    assert not _permits(denial, by=DOCTOR, purpose="HPAYMT")
    assert _permits(denial, others, by=DOCTOR)
    assert _decide(denial, others) == Deny((Refusal.OBJECTION,))
    assert _decide(denial, others, purpose="HPAYMT") == Deny((Refusal.OBJECTION,))


def test_a_denial_leaves_out_the_records_that_are_permitted_inside() -> None:
    denial = read_r4(
        {
            "type": "deny",
            "purpose": purposes("TREAT"),
            "provision": [FOR_THE_DOCTOR | {"securityLabel": labels("ETH")}],
        }
    )
    another = read_r4(TREAT | {"actor": actors("Practitioner/doctor", "Organization/clinic")})

    assert _permits(denial, by=DOCTOR, label="ETH")
    assert _decide(denial, another, by=DOCTOR, label="PSY") == Deny((Refusal.OBJECTION,))
    assert _decide(denial, another, by=CLINIC, label="ETH") == Deny((Refusal.OBJECTION,))


def test_who_is_two_of_those_left_out_is_permitted_what_either_is() -> None:
    denial = read_r4(
        {
            "type": "deny",
            "purpose": purposes("TREAT"),
            "provision": [
                {"type": "permit", "actor": actors("Organization/clinic")}
                | {"securityLabel": labels("ETH")},
                {"type": "permit", "actor": actors("Group/nurses")}
                | {"securityLabel": labels("PSY")},
            ],
        }
    )
    another = read_r4(TREAT | {"actor": actors("Organization/clinic")})

    assert _permits(denial, by=NURSE, label="ETH")
    assert _permits(denial, by=NURSE, label="PSY")
    assert _permits(denial, by=CLINIC, label="ETH")
    assert _decide(denial, another, by=CLINIC, label="PSY") == Deny((Refusal.OBJECTION,))
    assert _decide(denial, another, by=NURSE, label="SDV") == Deny((Refusal.OBJECTION,))


def test_named_records_that_one_exception_permits_to_two_are_left_out_of_the_denial_once() -> None:
    data = [{"meaning": "instance", "reference": {"reference": "Observation/7"}}]
    denial = read_r4(
        {
            "type": "deny",
            "purpose": purposes("TREAT"),
            "provision": [
                {"type": "permit", "actor": actors("Organization/clinic", "Group/nurses")}
                | {"data": data}
            ],
        }
    )
    left_out = RecordScope(
        access=AccessLevel.NONE,
        resource_types=frozenset({"Observation"}),
        instances=frozenset({"7"}),
    )

    theirs = [
        each
        for each in denial.grants
        if each.effect is Effect.DENY and each.recipient.party == CLINIC.party
    ]
    assert {each.recipient.role for each in theirs} == {CLINIC.role, NURSE.role}
    assert all(each.records.count(left_out) == 1 for each in theirs)


def test_a_denial_inside_a_denial_is_one_more() -> None:
    denial = read_r4(
        {
            "type": "deny",
            "purpose": purposes("TREAT"),
            "provision": [{"type": "deny", "purpose": purposes("HPAYMT")}],
        }
    )

    assert {purpose for each in denial.grants for purpose in each.purposes} == {
        Purpose.TREAT,
        Purpose.HPAYMT,
    }


@pytest.mark.parametrize(
    ("provision", "element"),
    [
        (
            {"type": "deny", "provision": [TREAT | {"period": {"end": "2027"}}]},
            "/provision/provision/0/period",
        ),
        (
            {
                "type": "deny",
                "actor": actors("Organization/clinic"),
                "provision": [FOR_THE_DOCTOR | TREAT | {"securityLabel": labels("ETH")}],
            },
            "/provision/provision/0/actor",
        ),
        (
            {"type": "deny", "action": actions("disclose")},
            "/provision/action",
        ),
        (
            TREAT | {"provision": [NOT_PSY | {"action": actions("use")}]},
            "/provision/provision/0/action",
        ),
        (
            TREAT
            | {"period": {"end": "2027"}, "provision": [NOT_PSY | {"period": {"start": "2028"}}]},
            "/provision/provision/0/period",
        ),
    ],
)  # fmt: skip
def test_an_exception_that_cannot_be_left_out_is_named(provision: Any, element: str) -> None:
    with pytest.raises(MalformedError) as refused:
        read_r4(provision)

    assert refused.value.at == element


def test_to_deny_access_is_to_deny_everything() -> None:
    (grant,) = read_r4({"type": "deny", "action": actions("access", "collect")}).grants

    assert grant.records[0].access is AccessLevel.INFORMATION


def test_an_end_that_is_further_than_ten_years_is_refused() -> None:
    with pytest.raises(DataLossError) as refused:
        read_r4(TREAT | {"period": {"start": "2027", "end": "2037-01-03"}})

    assert refused.value.at == "/provision/period"
