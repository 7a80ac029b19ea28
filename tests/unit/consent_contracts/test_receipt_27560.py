import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from consent_contracts import receipt_27560 as receipts
from consent_contracts import signed
from consent_contracts.consent_event import ConsentEvent, EventKind, EventParty
from consent_contracts.grant import Effect, Obligation
from consent_contracts.purpose import Purpose
from consent_contracts.receipt_27560 import Receipt27560
from consent_contracts.receipt_27560_dpv import CONTEXT, receipt_contexts
from ssi_core import strict_json
from ssi_core.errors import ConsentError, MalformedError, ProofError, SsiError
from ssi_core.keys import Ed25519Signer
from ssi_core.rdf.json_ld import JsonLd
from tests.support.consent import (
    END,
    HOLDER_KEY,
    INSURER_KEY_ID,
    INSURER_SIGNER,
    RESEARCHER,
    SECOND,
    START,
    make_grant,
    scope_item,
)
from tests.support.receipts import (
    DAY,
    NOTICE,
    given,
    made,
    make_controller,
    make_receipt,
    wide_grant,
    wide_receipt,
)

DPV = "https://w3id.org/dpv#"
ENDED = make_receipt(
    created_at=START + 5 * DAY,
    events=(
        given(),
        made(EventKind.SUSPENDED, 1),
        made(EventKind.RESUMED, 2),
        made(EventKind.WITHDRAWN, 3),
    ),
)
BARE = make_receipt(grant=make_grant(obligations=frozenset(), notice=NOTICE.notice))
RECEIPTS = [make_receipt(), wide_receipt(), ENDED, BARE]
NAMES = ["narrow", "wide", "ended", "bare"]


def _document(receipt: Receipt27560) -> Any:
    return json.loads(strict_json.render(receipt.to_json()))


def _issued(receipt: Receipt27560) -> str:
    return receipts.issue(receipt, signer=INSURER_SIGNER, key_id=INSURER_KEY_ID)


def _schema() -> Draft202012Validator:
    text = (
        resources.files("consent_contracts") / "schemas/receipt-27560-v1.schema.json"
    ).read_text("utf-8")
    schema = json.loads(text)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for name, inner in items:
        yield (*path, name)
        if isinstance(inner, dict | list):
            yield from _places(inner, (*path, name))


def _at(document: Any, path: tuple[Any, ...]) -> Any:
    for name in path:
        document = document[name]
    return document


@pytest.mark.parametrize("receipt", RECEIPTS, ids=NAMES)
def test_a_receipt_is_read_as_it_was_written(receipt: Receipt27560) -> None:
    assert Receipt27560.parse(_document(receipt)) == receipt


@pytest.mark.parametrize("receipt", RECEIPTS, ids=NAMES)
def test_a_receipt_has_the_shape_of_the_published_schema(receipt: Receipt27560) -> None:
    assert [error.json_path for error in _schema().iter_errors(_document(receipt))] == []


@pytest.mark.parametrize("receipt", RECEIPTS, ids=NAMES)
def test_a_receipt_is_json_ld_that_loses_nothing_and_fetches_nothing(receipt: Receipt27560) -> None:
    quads = JsonLd(receipt_contexts()).to_quads(_document(receipt))

    text = "\n".join(str(quad) for quad in quads)
    assert receipt_contexts().urls() == {CONTEXT}
    for term in ("ConsentReceipt", "hasDataSubject", "hasPurpose", "hasNotice", "hasConsentStatus"):
        assert DPV + term in text


def test_what_dpv_says_is_what_the_grant_says() -> None:
    document = _document(make_receipt())

    assert document["data_subject"]["keys"] == [
        f"urn:ietf:params:oauth:jwk-thumbprint:sha-256:{HOLDER_KEY}"
    ]
    assert document["process"]["purposes"] == [
        {
            "type": "Purpose",
            "code": "HPAYMT",
            "broader": "https://w3id.org/dpv/sector/health#HealthInsuranceManagement",
            "label": "healthcare payment",
        }
    ]
    assert document["process"]["processing"] == [f"{DPV}Collect", f"{DPV}Use"]
    assert document["process"]["storage"] == {
        "type": "StorageDuration",
        "until_event": ["erase_on_withdrawal"],
    }
    assert document["events"] == [
        {
            "type": "ConsentGiven",
            "event": "given",
            "at": "2026-12-01T09:00:00Z",
            "party": "data_subject",
        }
    ]
    assert document["state"] == "active"
    assert document["grant"] == make_grant(notice=NOTICE.notice).to_json()


def test_a_wide_grant_is_told_in_full() -> None:
    process = _document(wide_receipt())["process"]

    assert [each["code"] for each in process["excluded_purposes"]] == ["CLINTRCH"]
    assert [each["access"] for each in process["personal_data"]] == ["full", "sample"]
    assert [each["access"] for each in process["withheld_data"]] == ["none", "none"]
    assert f"{DPV}Share" in process["processing"]
    assert process["recipients"] == [
        {
            "type": "Recipient",
            "id": str(RESEARCHER),
            "class": "researcher",
            "accredited_by": "did:web:ministry.example",
            "role": "analyst",
        }
    ]
    assert process["conditions"]["locations"] == [
        "https://w3id.org/dpv/loc#DE",
        "https://w3id.org/dpv/loc#IE",
    ]
    assert len(process["conditions"]["data_use"]) == 4
    assert process["storage"]["until"] == "2027-10-27T09:00:00Z"


@pytest.mark.parametrize("receipt", RECEIPTS, ids=NAMES)
def test_no_member_can_be_left_out(receipt: Receipt27560) -> None:
    for path in _places(receipt.to_json()):
        document = _document(receipt)
        parent = _at(document, path[:-1])
        del parent[path[-1]]
        try:
            found = Receipt27560.parse(document)
        except SsiError:
            continue
        # What is left says less, but says it of itself: a grant with fewer terms, fewer events.
        assert found != receipt
        assert path[0] in ("grant", "events")


@pytest.mark.parametrize("receipt", RECEIPTS, ids=NAMES)
def test_no_value_that_follows_from_the_grant_can_be_another(receipt: Receipt27560) -> None:
    free = {"id", "created", "withdrawal", "controller", "events"}
    for path in _places(receipt.to_json()):
        if path[0] in free or not isinstance(_at(receipt.to_json(), path), str):
            continue
        if path == ("process", "jurisdiction"):
            continue
        document = _document(receipt)
        _at(document, path[:-1])[path[-1]] += "x"

        try:
            Receipt27560.parse(document).require_of(receipt.grant)
        except SsiError:
            continue
        pytest.fail(f"altered unseen: {path}")


def test_a_member_more_is_refused_without_repeating_its_name() -> None:
    document = _document(make_receipt())
    document["process"]["secret"] = 1

    with pytest.raises(MalformedError) as caught:
        Receipt27560.parse(document)

    assert caught.value.at == "/process"


def test_the_first_member_that_differs_is_named() -> None:
    document = _document(make_receipt())
    document["process"]["purposes"][0]["broader"] = f"{DPV}Marketing"

    with pytest.raises(MalformedError) as caught:
        Receipt27560.parse(document)

    assert caught.value.at == "/process/purposes"


@pytest.mark.parametrize(
    "events",
    [
        (),
        (made(EventKind.SUSPENDED, 1),),
        (given(party=EventParty.REPRESENTATIVE),),
        (given(END),),
        (given(), given()),
        (given(), made(EventKind.RESUMED, 1)),
        (given(), made(EventKind.WITHDRAWN, 1), made(EventKind.SUSPENDED, 2)),
        (given(), made(EventKind.SUSPENDED, 3), made(EventKind.RESUMED, 2)),
        (given(), ConsentEvent(kind=EventKind.EXPIRED, at=END - SECOND)),
        (given(), made(EventKind.SUPERSEDED, 1, by_grant="zGrant")),
    ],
)
def test_events_that_do_not_follow_from_each_other_are_refused(
    events: tuple[ConsentEvent, ...],
) -> None:
    with pytest.raises(MalformedError):
        make_receipt(created_at=END + DAY, events=events)


@pytest.mark.parametrize(
    ("events", "state", "status"),
    [
        ((given(),), "expired", "ConsentGiven"),
        ((given(), ConsentEvent(kind=EventKind.EXPIRED, at=END)), "expired", "ConsentExpired"),
        (
            (given(), made(EventKind.SUPERSEDED, 1, by_grant="zNext")),
            "superseded",
            "ConsentStatusInvalidForProcessing",
        ),
        (
            (given(), made(EventKind.WITHDRAWN, 1, party=EventParty.REPRESENTATIVE)),
            "withdrawn",
            "ConsentRevoked",
        ),
    ],
)
def test_a_receipt_says_where_the_consent_stands(
    events: tuple[ConsentEvent, ...], state: str, status: str
) -> None:
    document = _document(make_receipt(created_at=END + DAY, events=events))

    assert document["state"] == state
    assert document["events"][-1]["type"] == status


@pytest.mark.parametrize(
    "changes",
    [
        {"id": ""},
        {"created_at": START - SECOND},
        {"created_at": START + timedelta(microseconds=1)},
        {"jurisdiction": "Ireland"},
        {"withdrawal": "ftp://insurer.example"},
        {"grant": make_grant(id=None, notice=NOTICE.notice)},
        {"grant": make_grant(effect=Effect.DENY, notice=NOTICE.notice)},
        {"grant": make_grant()},
        {"grant": make_grant(notice=NOTICE.notice, scope=(scope_item("code", access="none"),))},
        {"controller": make_controller(id=RESEARCHER)},
    ],
)
def test_a_receipt_that_contradicts_itself_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        make_receipt(**changes)


@pytest.mark.parametrize("receipt", [make_receipt(), ENDED], ids=["given", "ended"])
def test_a_signed_receipt_is_verified_against_the_grant(receipt: Receipt27560) -> None:
    text = _issued(receipt)

    found = receipts.verify(text, key=INSURER_SIGNER.public_key, grant=receipt.grant)

    assert found == receipt


@pytest.mark.parametrize(
    "changes",
    [
        {"purposes": frozenset({Purpose.CLMATTCH})},
        {"obligations": frozenset[Obligation]()},
        {"max_staleness": timedelta(hours=2)},
        {"id": "zOther"},
    ],
)
def test_a_receipt_for_a_grant_that_differs_in_one_term_is_refused(changes: dict[str, Any]) -> None:
    receipt = make_receipt()

    with pytest.raises(ConsentError):
        receipts.verify(
            _issued(receipt),
            key=INSURER_SIGNER.public_key,
            grant=replace(receipt.grant, **changes),
        )


def test_a_receipt_is_signed_by_its_controller_and_nobody_else() -> None:
    receipt = make_receipt()
    other = Ed25519Signer(b"other".rjust(32, b"\1"))

    with pytest.raises(ProofError):
        receipts.verify(_issued(receipt), key=other.public_key, grant=receipt.grant)
    with pytest.raises(ProofError):
        receipts.issue(receipt, signer=INSURER_SIGNER, key_id=f"{RESEARCHER}#assertion")


@pytest.mark.parametrize(
    "claims",
    [{"iss": str(RESEARCHER)}, {"iat": 1}, {"jti": "receipt-2"}, {"exp": 1}, {"receipt": None}],
)
def test_an_envelope_that_tells_another_story_is_refused(claims: dict[str, Any]) -> None:
    receipt = make_receipt()
    altered = {**signed.unverified_claims(_issued(receipt)), **claims}
    text = signed.sign(altered, typ=receipts.TYPE, signer=INSURER_SIGNER, key_id=INSURER_KEY_ID)

    with pytest.raises(MalformedError):
        receipts.verify(text, key=INSURER_SIGNER.public_key, grant=receipt.grant)


def test_a_receipt_of_the_other_kind_is_not_taken_for_this_one() -> None:
    receipt = make_receipt()
    claims = signed.unverified_claims(_issued(receipt))
    text = signed.sign(
        claims, typ="consent-receipt+jwt", signer=INSURER_SIGNER, key_id=INSURER_KEY_ID
    )

    with pytest.raises(SsiError):
        receipts.verify(text, key=INSURER_SIGNER.public_key, grant=receipt.grant)


def test_a_receipt_of_a_size_that_nobody_reads_is_not_issued() -> None:
    grant = wide_grant(
        data_use=(), records=(), purposes=frozenset(Purpose), except_purposes=frozenset()
    )
    items = tuple(replace(grant.scope[0], vct=f"urn:example:{'x' * 300}{n}") for n in range(100))
    large = wide_receipt(grant=replace(grant, scope=items))

    with pytest.raises(MalformedError, match="size"):
        receipts.issue(large, signer=INSURER_SIGNER, key_id=f"{RESEARCHER}#assertion")


_WIDE = _document(wide_receipt())
_PATHS = list(_places(_WIDE))
_JUNK: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.just([]) | st.just({})
)


@for_all(st.sampled_from(_PATHS), _JUNK)
def test_whatever_stands_in_a_receipt_is_read_or_refused(path: tuple[Any, ...], junk: Any) -> None:
    document = json.loads(json.dumps(_WIDE))
    _at(document, path[:-1])[path[-1]] = junk

    try:
        found = Receipt27560.parse(document)
    except SsiError:
        return
    assert Receipt27560.parse(_document(found)) == found


def test_the_example_in_the_documentation_is_a_receipt(project: Path) -> None:
    page = (project / "docs/reference/receipt-27560.md").read_text(encoding="utf-8")
    shown = page.split("```json\n", 1)[1].split("```", 1)[0]

    assert strict_json.parse_object(shown) == _document(make_receipt())
