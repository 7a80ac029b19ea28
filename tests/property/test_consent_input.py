import json
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_contracts import break_glass_notice, break_glass_request, signed, withdrawal
from consent_contracts import receipt as receipts
from consent_contracts.break_glass import Ending, OpenedEmergency, ReviewedEmergency
from consent_contracts.break_glass_ending import Closing, Review
from consent_contracts.break_glass_log import (
    EmergencySecret,
    LoggedEmergency,
    QueuedEmergency,
    log_body,
)
from consent_contracts.break_glass_notice import BrokenGlassNotice, NoticesWanted
from consent_contracts.break_glass_request import EmergencyPolicy, EmergencyRequest
from consent_contracts.break_glass_rule import EmergencyReason, EmergencyRule, SecondFactor
from consent_contracts.context import Context
from consent_contracts.data_use import parse_data_use
from consent_contracts.decision import AccessRequest, ConsentIndex, GrantRecord, decide
from consent_contracts.delegation import Delegation
from consent_contracts.extent import Claimed
from consent_contracts.grant import Effect, Grant, Grantor, Recipient, RecordScope
from consent_contracts.grant_credential import commitments_of
from consent_contracts.kept_emergency import KeptEmergency
from consent_contracts.purpose import Purpose
from consent_contracts.receipt import Receipt
from consent_contracts.recipient import Accreditation, RecipientKind
from consent_contracts.request import TYPE, ConsentRequest
from consent_contracts.scope import ScopeItem
from consent_contracts.terms import Limits, Notice
from consent_contracts.trace import trace
from consent_contracts.withdrawal import Acknowledgement, WithdrawalNotice
from ssi_core.encoding import base64url_encode
from ssi_core.errors import SsiError
from ssi_core.proof.sd_jwt import SdJwt
from tests.support.authority import BY_MOTHER, make_context, make_delegation, make_mandate
from tests.support.consent import (
    AT,
    INSURER,
    INSURER_SIGNER,
    make_access_request,
    make_consent_request,
    make_grant,
    make_record,
    scope_item,
)
from tests.support.emergencies import (
    HOSPITAL,
    KEY_ID,
    REVIEWER,
    ROSTER,
    SIGNER,
    make_closing,
    make_request,
    make_review,
)

NUMBERS = st.one_of(
    st.integers(),
    st.sampled_from([2**53, -(2**53), 2**63, 10**400, -1, 0]),
    st.floats(),
)
TEXTS = st.one_of(
    st.text(st.characters(), max_size=8),
    st.sampled_from(["", "\ud800", "did:web:x", "x" * 5000, "\x00", "\u202e", "-", "="]),
)
JUNK: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=8,
)

NOTICE = {"grant_id": "z", "log": "l", "entry": 1, "iat": 1, "aud": "did:web:x"}
ACKNOWLEDGEMENT = {
    "iss": "did:web:x",
    "grant_id": "z",
    "notice": base64url_encode(bytes(32)),
    "received_at": 1,
    "effective_at": 1,
    "erased": True,
}
RECEIPT = {
    "iss": str(INSURER),
    "iat": 1,
    "jti": "r",
    "event": "used",
    "log": "l",
    "request": base64url_encode(bytes(32)),
    "purposes": ["TREAT"],
    "recipient": str(INSURER),
    "decision": "deny",
    "refusals": ["expired"],
    "grant_id": "z",
    "checks": [{"name": "period", "outcome": "failed", "reason": "expired"}],
}
GRANT = make_grant(
    recipient=Recipient(Accreditation(RecipientKind.RESEARCHER, INSURER), "statistician"),
    grantor=Grantor(keys=make_grant().holder_keys, delegation="zDelegation"),
    purposes=frozenset({Purpose.HRESCH}),
    except_purposes=frozenset({Purpose.CLINTRCH}),
    records=(
        RecordScope.parse(
            {
                "records": {
                    "resource_types": ["Observation"],
                    "codes": ["urn:code|1"],
                    "labels": ["urn:label|1"],
                    "data_period": {"start": "2026-01-01T00:00:00Z"},
                },
                "access": "sample",
            }
        ),
    ),
    data_use=parse_data_use(
        [
            {"term": "DUO:0000007", "texts": ["MONDO:0005148"]},
            {"term": "DUO:0000024", "moment": 1796200000},
            {"term": "DUO:0000025", "months": 12},
        ],
        at="/terms/data_use",
    ),
    supersedes="zOlder",
)
OBJECTION = make_grant(effect=Effect.DENY, recipient=Recipient(None))
REQUEST: dict[str, Any] = {
    "recipient": "did:web:university.example",
    "purpose": "HRESCH",
    "items": [
        {
            "record": {
                "resource_type": "Observation",
                "id": "1",
                "codes": ["urn:code|1"],
                "authors": ["Practitioner/7"],
                "period": {"start": "2026-01-01T00:00:00Z", "end": "2026-01-02T00:00:00Z"},
            },
            "access": "sample",
        }
    ],
    "holder_keys": [base64url_encode(bytes(32))],
    "actor": "did:web:university.example:people:1",
    "research": {"kinds": ["health"], "publishes_from": 1, "users": ["A"], "project": "P"},
}
CONTEXT = {
    "roles": ["nurse"],
    "accreditations": [{"class": "insurer", "accredited_by": "did:web:x"}],
    "jurisdiction": "DE",
    "group_size": 5,
    "delegations": make_context(make_delegation(), make_mandate(id="zProxy")).delegations.to_json(),
    "subject": {"majority": 1, "incapacity": [{"nbf": 1, "exp": 2}, {"nbf": 3}], "death": "none"},
}
SALTS = EmergencySecret(bytes(32))
RULE: Any = {
    "jurisdiction": "DE",
    "absolute_opt_out": False,
    "reasons": ["OVRER"],
    "longest": 3600,
    "notice_within": 86400,
    "review_within": 86400,
}
QUEUED = QueuedEmergency(
    log="log/1",
    id="z",
    body=log_body(make_request().request, EmergencyReason.PATIENT_INCOMPETENT, SALTS, at=AT),
    queued_at=AT,
    known_at=AT,
)
OPENED = OpenedEmergency(
    id="z",
    request=make_request().request,
    reason=EmergencyReason.PATIENT_INCOMPETENT,
    rule=EmergencyRule.parse(RULE),
    opened_at=AT,
    ends_at=AT + timedelta(hours=1),
    logged=QUEUED,
)
REVIEW = make_review(session="z")
REVIEWED = ReviewedEmergency(OPENED, AT, Ending.CLOSED, REVIEWER, REVIEW.finding, AT)
REVIEW_TEXT = REVIEW.sign(signer=SIGNER, key_id=KEY_ID)
BROKEN = BrokenGlassNotice.of(OPENED, SALTS, state=REVIEWED, review=REVIEW_TEXT)
KEPT_EMERGENCY = KeptEmergency(
    asked=make_request().asked(at=AT),
    rule=OPENED.rule,
    secret=SALTS,
    entry_id="z",
    entry=b"entry",
    session=OPENED,
    found=LoggedEmergency(log="log/1", id="z", entry=1, tree_size=2, body=QUEUED.body, seen_at=AT),
    refused_at=AT,
    told_at=AT,
    closed_at=AT,
    revoked_at=AT,
    review=REVIEW_TEXT,
    reviewed_at=AT,
)
FACTOR = {"actor": "did:web:x", "methods": ["hwk", "pin"], "verified_at": 1}
LEAVES = ["HRESCH", "zOlder", "deny", "all", "none", "urn:code|1", 1, 253402300799, [], {}]
LIMITS = {"onward_sharing": True, "uses": 1, "interval": 1, "erase_by": 1, "jurisdictions": ["DE"]}
# Each parser with a document that it reads, to be broken in one place.
PARSERS: dict[str, tuple[Callable[[Any], object], Any]] = {
    "grant": (Grant.parse, make_grant().to_json()),
    "grant of everything": (Grant.parse, GRANT.to_json()),
    "objection": (Grant.parse, OBJECTION.to_json()),
    "access request for records": (AccessRequest.parse, REQUEST),
    "context": (Context.parse, CONTEXT),
    "nested delegation": (
        Delegation.parse,
        make_delegation(
            basis=BY_MOTHER,
            scope=Claimed(
                (scope_item("code"),), (RecordScope.parse({"records": "all", "access": "full"}),)
            ),
        ).to_json(),
    ),
    "emergency rule": (EmergencyRule.parse, RULE),
    "emergency policy": (
        EmergencyPolicy.parse,
        {"rule": {**RULE, "roles": ["physician"]}, "organisations": ["did:web:x"]},
    ),
    "emergency policy with a roster": (
        EmergencyPolicy.parse,
        {"rule": RULE, "organisations": [str(HOSPITAL)], "roster": ROSTER},
    ),
    "end of an emergency": (Closing.parse, make_closing().to_json()),
    "review of an emergency": (Review.parse, REVIEW.to_json()),
    "emergency request": (EmergencyRequest.parse, make_request().to_json()),
    "wish for notices": (NoticesWanted.parse, {"aud": "https://x", "iat": 1}),
    "notice of an emergency": (BrokenGlassNotice.parse, BROKEN.to_json()),
    "kept emergency": (KeptEmergency.parse, KEPT_EMERGENCY.to_json()),
    "second factor": (SecondFactor.parse, FACTOR),
    "record": (GrantRecord.parse, make_record().to_json()),
    "access request": (AccessRequest.parse, make_access_request().to_json()),
    "consent request": (ConsentRequest.from_json, make_consent_request().to_json()),
    "scope item": (ScopeItem.parse, scope_item("code").to_json()),
    "limits": (Limits.parse, LIMITS),
    "notice": (Notice.parse, make_grant().notice.to_json()),
    "receipt": (Receipt.parse, RECEIPT),
    "withdrawal": (WithdrawalNotice.parse, NOTICE),
    "acknowledgement": (Acknowledgement.parse, ACKNOWLEDGEMENT),
}


@pytest.mark.parametrize("name", ["emergency request", "notice of an emergency", "kept emergency"])
def test_what_was_read_is_written_as_it_was(name: str) -> None:
    parse, document = PARSERS[name]

    read: Any = parse(document)

    assert read.to_json() == document


def _places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        inner = [place for name in value for place in _places(value[name], (*here, name))]
        return [here, *inner]
    if isinstance(value, list):
        inner = [place for i, item in enumerate(value) for place in _places(item, (*here, i))]
        return [here, *inner]
    return [here]


def _with(document: Any, place: tuple[Any, ...], junk: Any) -> Any:
    body: Any = {"root": json.loads(json.dumps(document))}
    inner = body
    for part in ("root", *place)[:-1]:
        inner = inner[part]
    inner[("root", *place)[-1]] = junk
    return body["root"]


@pytest.mark.parametrize("name", PARSERS)
def test_a_whole_document_is_read(name: str) -> None:
    parse, document = PARSERS[name]

    assert parse(document)


@pytest.mark.parametrize("name", PARSERS)
@given(data=st.data())
def test_junk_in_any_place_raises_our_own_errors_only(name: str, data: st.DataObject) -> None:
    parse, document = PARSERS[name]
    place = data.draw(st.sampled_from(_places(document)))
    broken = _with(document, place, data.draw(JUNK))
    if not isinstance(broken, dict) and name not in (
        "record",
        "scope item",
        "limits",
        "notice",
        "context",
        "notice of an emergency",
    ):
        return  # these parsers take an object, and get one from the strict JSON reader

    with suppress(SsiError):
        parse(broken)


@pytest.mark.parametrize("name", ["grant of everything", "objection", "access request for records"])
@given(data=st.data())
def test_whatever_is_read_is_decided(name: str, data: st.DataObject) -> None:
    parse, document = PARSERS[name]
    place = data.draw(st.sampled_from(_places(document)))
    broken = _with(document, place, data.draw(st.one_of(JUNK, st.sampled_from(LEAVES))))
    if not isinstance(broken, dict):
        return  # these parsers take an object, and get one from the strict JSON reader
    try:
        read = parse(broken)
    except SsiError:
        return

    request = read if isinstance(read, AccessRequest) else AccessRequest.parse(REQUEST)
    grant = read if isinstance(read, Grant) else GRANT
    index = ConsentIndex.of([make_record(grant)])

    assert trace(request, index, at=AT)["answer"] == decide(request, index, at=AT).to_json()


@given(st.one_of(st.text(), st.binary().map(base64url_encode), JUNK.map(repr)))
def test_junk_for_text_raises_our_own_errors_only(text: str) -> None:
    key = INSURER_SIGNER.public_key
    for read in (
        ConsentRequest.parse,
        signed.key_id,
        signed.unverified_claims,
        withdrawal.unverified_grant_id,
        lambda junk: receipts.verify(junk, key=key),
        lambda junk: withdrawal.verify_notice(junk, key=key, audience=INSURER),
        lambda junk: commitments_of(SdJwt.parse(junk)),
        lambda junk: break_glass_request.verify(junk, key=key, audience="https://x", at=AT),
        lambda junk: break_glass_notice.verify_wanted(junk, audience="https://x", at=AT),
    ):
        with pytest.raises(SsiError):
            read(text)


@given(JUNK)
def test_junk_that_no_text_can_hold_raises_our_own_errors_only(junk: Any) -> None:
    with suppress(SsiError):
        ConsentRequest.from_json({**make_consent_request().to_json(), "study": junk})


@given(JUNK)
def test_junk_in_transaction_data_raises_our_own_errors_only(junk: Any) -> None:
    body = {**make_consent_request().to_json(), "study": junk}
    text = base64url_encode(json.dumps(body).encode())

    try:
        request = ConsentRequest.parse(text)
    except SsiError:
        return

    assert ConsentRequest.from_json(body).digest
    assert request.to_json()["type"] == TYPE
    assert request.to_json()["study"] == junk
