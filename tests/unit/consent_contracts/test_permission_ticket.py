from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from consent_contracts.access import AccessLevel
from consent_contracts.grant import Effect, Grant, Grantor, Limits, Obligation, Recipient
from consent_contracts.lifecycle import GrantState
from consent_contracts.permission_ticket import (
    TICKET_TYPE,
    Afterwards,
    TicketParty,
    asked_afterwards,
    ticket_claims,
)
from consent_contracts.purpose import Purpose
from consent_contracts.recipient import Accreditation, RecipientKind
from consent_contracts.record import GrantRecord
from consent_contracts.record_scope import CONDITIONS, RecordScope
from ssi_core.errors import ConsentError, DataLossError, MalformedError
from ssi_core.period import Period, to_timestamp
from tests.support.consent import (
    AT,
    END,
    INSURER,
    RESEARCHER,
    SECOND,
    START,
    digest,
    make_grant,
    make_record,
    scope_item,
)
from tests.support.receipts import CATEGORY, LOINC, wide_records

PATIENT = {"resourceType": "Patient", "birthDate": "1961-02-03", "name": [{"family": "Murphy"}]}
LABORATORY = RecordScope(
    access=AccessLevel.FULL,
    resource_types=frozenset({"Observation", "DiagnosticReport"}),
    categories=frozenset({f"{CATEGORY}|laboratory"}),
    codes=frozenset({f"{LOINC}|4548-4", f"{LOINC}|2345-7"}),
)


def _grant(**changes: Any) -> Grant:
    members: dict[str, Any] = {
        "purposes": frozenset({Purpose.PATRQT}),
        "scope": (),
        "records": (LABORATORY,),
    }
    return make_grant(**(members | changes))


def _party(**changes: Any) -> TicketParty:
    members: dict[str, Any] = {
        "issuer": "https://issuer.example",
        "audience": "https://network.example",
        "client_key": digest("app"),
        "patient": PATIENT,
    }
    return TicketParty(**(members | changes))


def _claims(record: GrantRecord, **changes: Any) -> Any:
    members: dict[str, Any] = {
        "others": (),
        "ticket_id": "ticket-1",
        "kept_elsewhere": frozenset(Afterwards),
        "at": AT,
    }
    return ticket_claims(record, _party(), **(members | changes))


def _ticket(**changes: Any) -> Any:
    return _claims(make_record(_grant(**changes)))


def test_a_grant_to_a_persons_own_app_becomes_a_ticket() -> None:
    found = _ticket(records=(replace(LABORATORY, codes=frozenset()),))

    assert found == {
        "iss": "https://issuer.example",
        "aud": "https://network.example",
        "iat": to_timestamp(AT),
        "exp": to_timestamp(AT + timedelta(minutes=59)),
        "jti": "ticket-1",
        "ticket_type": TICKET_TYPE,
        "presenter_binding": {"method": "jkt", "jkt": digest("app")},
        "subject": {"patient": PATIENT},
        "access": {
            "fhir_resources": [
                {
                    "type": name,
                    "interactions": ["read", "search"],
                    "category": {"system": CATEGORY, "code": "laboratory"},
                }
                for name in ("DiagnosticReport", "Observation")
            ]
        },
    }


def test_each_type_with_each_code_is_an_entry_of_its_own() -> None:
    entries = _ticket()["access"]["fhir_resources"]

    assert [(each["type"], each["code"]["code"]) for each in entries] == [
        ("DiagnosticReport", "2345-7"),
        ("DiagnosticReport", "4548-4"),
        ("Observation", "2345-7"),
        ("Observation", "4548-4"),
    ]


def test_all_records_are_every_type() -> None:
    found = _ticket(records=(RecordScope(access=AccessLevel.FULL),))

    assert found["access"]["fhir_resources"] == [{"type": "*", "interactions": ["read", "search"]}]


def test_a_ticket_ends_with_whatever_ends_first() -> None:
    soon = AT + timedelta(minutes=5)
    by_staleness = _ticket(max_staleness=timedelta(minutes=2))
    by_erasure = _ticket(limits=Limits(erase_by=soon))
    by_period = _claims(make_record(_grant(), known_at=END - 2 * SECOND), at=END - SECOND)

    assert by_staleness["exp"] == to_timestamp(AT + timedelta(minutes=1))
    assert by_erasure["exp"] == to_timestamp(soon)
    assert by_period["exp"] == to_timestamp(END)


@pytest.mark.parametrize("state", [state for state in GrantState if state != "active"])
def test_there_is_no_ticket_for_a_grant_that_is_not_in_force(state: GrantState) -> None:
    with pytest.raises(ConsentError):
        _claims(make_record(_grant(), state=state))


def test_there_is_no_ticket_where_the_state_is_not_known_or_too_old() -> None:
    for record in (
        GrantRecord.unknown(_grant()),
        make_record(_grant(), known_at=AT - timedelta(hours=1)),
        make_record(_grant(), known_at=AT + SECOND),
    ):
        with pytest.raises(ConsentError):
            _claims(record)


@pytest.mark.parametrize("at", [START - SECOND, END])
def test_there_is_no_ticket_before_a_grant_begins_or_after_it_ends(at: Any) -> None:
    with pytest.raises(ConsentError):
        _claims(make_record(_grant(), known_at=at), at=at)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"effect": Effect.DENY}, "/terms/effect"),
        (
            {"grantor": Grantor(keys=frozenset({digest("x")}), delegation="z")},
            "/subject/grantor",
        ),
        ({"recipient": Recipient(INSURER, role="clerk")}, "/recipient"),
        ({"purposes": frozenset({Purpose.TREAT})}, "/purposes"),
        (
            {"except_purposes": frozenset({Purpose.PATRQT}), "purposes": frozenset(Purpose)},
            "/purposes",
        ),
        ({"scope": (scope_item("code"),)}, "/scope"),
        ({"limits": Limits(uses=1)}, "/terms/limits"),
        ({"limits": Limits(interval=timedelta(hours=1))}, "/terms/limits"),
        ({"limits": Limits(jurisdictions=frozenset({"IE"}))}, "/terms/limits"),
        ({"limits": Limits(minimum_group_size=2)}, "/terms/limits"),
        ({"records": (replace(LABORATORY, access=AccessLevel.SAMPLE),)}, "/scope/0/access"),
        (
            {"records": (LABORATORY, replace(LABORATORY, access=AccessLevel.NONE))},
            "/scope/1/access",
        ),
        (
            {"records": (replace(LABORATORY, resource_types=frozenset()),)},
            "/scope/0/records/resource_types",
        ),
    ],
)
def test_what_a_ticket_cannot_say_is_refused_with_its_place(
    changes: dict[str, Any], place: str
) -> None:
    with pytest.raises(DataLossError) as caught:
        _ticket(**changes)

    assert caught.value.at == place


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_condition_on_records_is_kept_or_refused(name: str) -> None:
    wide = getattr(wide_records(), name)
    condition = {"resource_types": frozenset({"Observation"}), name: wide}
    records = (RecordScope(access=AccessLevel.FULL, **condition),)

    if name in ("resource_types", "categories", "codes"):
        entries = _ticket(records=records)["access"]["fhir_resources"]
        assert len(entries) == len(wide)
    else:
        with pytest.raises(DataLossError) as caught:
            _ticket(records=records)
        assert caught.value.at == f"/scope/0/records/{name}"


@pytest.mark.parametrize("obligation", Obligation)
def test_what_is_asked_of_the_recipient_is_left_out_only_by_name(obligation: Obligation) -> None:
    grant = _grant(obligations=frozenset({obligation}), limits=Limits(onward_sharing=True))
    named = Afterwards(obligation.value)

    assert asked_afterwards(grant) == {named}
    with pytest.raises(DataLossError):
        _claims(make_record(grant), kept_elsewhere=frozenset(Afterwards) - {named})
    assert _claims(make_record(grant), kept_elsewhere={named})


def test_that_nothing_may_be_shared_onward_is_asked_unless_it_may() -> None:
    closed = _grant(obligations=frozenset(), limits=Limits(erase_by=END))
    shared = _grant(obligations=frozenset(), limits=Limits(onward_sharing=True))

    assert asked_afterwards(closed) == {Afterwards.NO_ONWARD_SHARING, Afterwards.ERASE_BY}
    assert asked_afterwards(shared) == frozenset()


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "http://issuer.example"},
        {"audience": ""},
        {"client_key": "short"},
        {"patient": {}},
        {"patient": {"resourceType": "Patient"}},
        {"patient": {"resourceType": "Person", "name": []}},
    ],
)
def test_a_ticket_without_its_parties_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        _party(**changes)


def test_a_ticket_without_an_id_is_refused() -> None:
    with pytest.raises(MalformedError):
        _claims(make_record(_grant()), ticket_id="")


def _objection(**changes: Any) -> GrantRecord:
    state = changes.pop("state", GrantState.ACTIVE)
    members: dict[str, Any] = {
        "id": "zObjection",
        "effect": Effect.DENY,
        "recipient": Recipient(None),
        "obligations": frozenset(),
    }
    return make_record(_grant(**(members | changes)), state=state)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"recipient": Recipient(INSURER)},
        {"recipient": Recipient(None, role="clerk")},
        {"recipient": Recipient(Accreditation(RecipientKind.INSURER, RESEARCHER))},
        {"state": GrantState.SUSPENDED},
        {"state": GrantState.PENDING},
        {"period": Period(AT + timedelta(minutes=5), END)},
    ],
)
def test_there_is_no_ticket_where_the_person_may_have_objected(changes: dict[str, Any]) -> None:
    with pytest.raises(DataLossError):
        _claims(make_record(_grant()), others=[_objection(**changes)])


@pytest.mark.parametrize(
    "changes",
    [
        {"recipient": Recipient(RESEARCHER)},
        {"holder_keys": frozenset({digest("another")})},
        {"purposes": frozenset({Purpose.HRESCH})},
        {"state": GrantState.WITHDRAWN},
        {"state": GrantState.SUPERSEDED},
        {"period": Period(START, AT)},
        {"period": Period(AT + timedelta(hours=1), END)},
        {"effect": Effect.PERMIT, "recipient": Recipient(INSURER)},
    ],
)
def test_an_objection_to_something_else_is_in_nobodys_way(changes: dict[str, Any]) -> None:
    assert _claims(make_record(_grant()), others=[_objection(**changes)])
