"""Receipts in the profile of ISO/IEC TS 27560, narrow and wide, that tests start from."""

from datetime import UTC, datetime, timedelta
from typing import Any

from consent_contracts.access import AccessLevel
from consent_contracts.consent_event import ConsentEvent, EventKind, EventParty
from consent_contracts.data_use import DataUseTerm
from consent_contracts.duo import DataUse
from consent_contracts.grant import Grant, Grantor, Limits, Obligation, Recipient, RecordScope
from consent_contracts.purpose import Purpose
from consent_contracts.receipt_27560 import Controller, Receipt27560
from consent_contracts.recipient import Accreditation, RecipientKind
from consent_contracts.terms import NoticeText
from ssi_core.did.syntax import Did
from ssi_core.period import Period
from tests.support.consent import (
    END,
    INSURER,
    RESEARCHER,
    START,
    digest,
    make_grant,
    scope_item,
)

NOTICE = NoticeText("en", "We check whether your policy covers this diagnosis.")
DAY = timedelta(days=1)
LOINC = "http://loinc.org"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
ACCREDITOR = Did("web", "ministry.example")


def wide_grant(**changes: Any) -> Grant:
    """Return a grant that uses every part of the model that a permission can."""
    members: dict[str, Any] = {
        "grantor": Grantor(keys=frozenset({digest("guardian")}), delegation="zDelegation"),
        "recipient": Recipient(Accreditation(RecipientKind.RESEARCHER, ACCREDITOR), role="analyst"),
        "purposes": frozenset({Purpose.HRESCH}),
        "except_purposes": frozenset({Purpose.CLINTRCH}),
        "scope": (scope_item("code", "onset"), scope_item("onset.place", access="none")),
        "records": (wide_records(), RecordScope(access=AccessLevel.NONE, codes=_hiv())),
        "limits": Limits(
            onward_sharing=True,
            uses=3,
            interval=timedelta(hours=6),
            erase_by=END + 300 * DAY,
            jurisdictions=frozenset({"IE", "DE"}),
            minimum_group_size=10,
        ),
        "obligations": frozenset(Obligation),
        "data_use": (
            DataUseTerm(term=DataUse.DS, texts=frozenset({"MONDO:0005015"})),
            DataUseTerm(term=DataUse.PUB),
            DataUseTerm(term=DataUse.MOR, moment=END),
            DataUseTerm(term=DataUse.TS, months=12),
        ),
        "notice": NOTICE.notice,
        "supersedes": "zEarlier",
    }
    return make_grant(**(members | changes))


def wide_records() -> RecordScope:
    """Return a scope of records with every condition."""
    return RecordScope(
        access=AccessLevel.SAMPLE,
        resource_types=frozenset({"Observation", "Condition"}),
        instances=frozenset({"Observation/1"}),
        categories=frozenset({f"{CATEGORY}|laboratory"}),
        codes=frozenset({f"{LOINC}|4548-4"}),
        labels=frozenset({f"{CONFIDENTIALITY}|N"}),
        authors=frozenset({"Practitioner/7"}),
        care_contexts=frozenset({"Encounter/3"}),
        data_period=Period(datetime(2020, 1, 1, tzinfo=UTC), None),
    )


def given(at: datetime = START, party: EventParty = EventParty.DATA_SUBJECT) -> ConsentEvent:
    """Return the event with which a consent begins."""
    return ConsentEvent(kind=EventKind.GIVEN, at=at, party=party)


def made(kind: EventKind, day: int, **changes: Any) -> ConsentEvent:
    """Return what the person did so many days after the beginning."""
    members: dict[str, Any] = {"party": EventParty.DATA_SUBJECT}
    return ConsentEvent(kind=kind, at=START + day * DAY, **(members | changes))


def make_receipt(**changes: Any) -> Receipt27560:
    """Return the insurer's receipt for what it was given."""
    members: dict[str, Any] = {
        "id": "receipt-1",
        "created_at": START + DAY,
        "grant": make_grant(notice=NOTICE.notice),
        "events": (given(),),
        "notice": NOTICE,
        "controller": make_controller(),
        "jurisdiction": "IE",
        "withdrawal": "https://insurer.example/withdrawals",
    }
    return Receipt27560(**(members | changes))


def wide_receipt(**changes: Any) -> Receipt27560:
    """Return a researcher's receipt for `wide_grant`."""
    members: dict[str, Any] = {
        "grant": wide_grant(),
        "events": (given(party=EventParty.REPRESENTATIVE),),
        "controller": make_controller(id=RESEARCHER),
    }
    return make_receipt(**(members | changes))


def make_controller(**changes: Any) -> Controller:
    """Return who answers for the insurer's use."""
    members: dict[str, Any] = {
        "id": INSURER,
        "name": "Northfield Insurance",
        "address": "1 Main Street, Dublin, Ireland",
        "contact": "https://insurer.example/privacy",
    }
    return Controller(**(members | changes))


def _hiv() -> frozenset[str]:
    return frozenset({"http://snomed.info/sct|86406008"})
