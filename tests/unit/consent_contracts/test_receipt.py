from dataclasses import replace
from typing import Any

import pytest

from consent_contracts import receipt as receipts
from consent_contracts import signed
from consent_contracts.purpose import Purpose
from consent_contracts.receipt import Check, Outcome, Receipt, ReceiptEvent
from ssi_core.did.syntax import Did
from ssi_core.errors import AlgorithmError, MalformedError, ProofError, SsiError
from ssi_core.keys import Ed25519Signer, P256Signer
from tests.support.consent import AT, INSURER, INSURER_KEY_ID, INSURER_SIGNER, LOG, digest

GIVEN = Receipt(
    recipient=INSURER,
    issued_at=AT,
    id="receipt-1",
    event=ReceiptEvent.GIVEN,
    log=LOG,
    request_digest=digest("request"),
    purposes=frozenset({Purpose.HPAYMT}),
    checks=(Check("issuer_signature", Outcome.PASSED), Check("grant_in_log", Outcome.PASSED)),
    grant_id="zGrant",
    scope_digest=digest("scope"),
    presentation_digest=digest("vp_token"),
)
DENIED = replace(
    GIVEN,
    event=ReceiptEvent.USED,
    checks=(Check("status", Outcome.UNDETERMINED, "status_undetermined"),),
    refusals=("withdrawn", "stale_evidence"),
)


def _issued(receipt: Receipt = GIVEN) -> str:
    return receipts.issue(receipt, signer=INSURER_SIGNER, key_id=INSURER_KEY_ID)


@pytest.mark.parametrize("receipt", [GIVEN, DENIED], ids=["given", "denied"])
def test_a_receipt_is_verified_as_it_was_issued(receipt: Receipt) -> None:
    text = _issued(receipt)

    assert receipts.verify(text, key=INSURER_SIGNER.public_key) == receipt
    assert str(signed.key_id(text)) == INSURER_KEY_ID


def test_a_receipt_says_its_decision() -> None:
    assert GIVEN.permitted
    assert GIVEN.to_json()["decision"] == "permit"
    assert DENIED.to_json()["decision"] == "deny"
    assert DENIED.to_json()["refusals"] == ["withdrawn", "stale_evidence"]


def test_members_that_are_not_known_here_are_kept() -> None:
    text = signed.sign(
        {**GIVEN.to_json(), "invoice": 7},
        typ=receipts.TYPE,
        signer=INSURER_SIGNER,
        key_id=INSURER_KEY_ID,
    )

    receipt = receipts.verify(text, key=INSURER_SIGNER.public_key)

    assert receipt.to_json()["invoice"] == 7


def test_what_is_not_there_is_left_out() -> None:
    refused = replace(DENIED, grant_id=None, scope_digest=None, presentation_digest=None)

    claims = refused.to_json()

    assert not {"grant_id", "scope", "presentation"} & claims.keys()
    assert Receipt.parse(claims) == refused


@pytest.mark.parametrize(
    "change",
    [
        {"refusals": ("Not a code",)},
        {"checks": ()},
        {"checks": (Check("status", Outcome.FAILED),)},
        {"checks": (Check("status", Outcome.UNDETERMINED),)},
        {"grant_id": None},
        {"scope_digest": None},
        {"scope_digest": "x"},
        {"presentation_digest": "x"},
        {"request_digest": ""},
        {"purposes": frozenset()},
        {"id": ""},
        {"log": ""},
        {"issued_at": AT.replace(microsecond=1)},
        {"event": ReceiptEvent.WITHDRAWN},
    ],
)
def test_a_receipt_that_contradicts_itself_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        replace(GIVEN, **change)


@pytest.mark.parametrize(
    ("name", "reason"), [("Name", None), ("", None), ("a b", None), ("x" * 65, None), ("a", "Né")]
)
def test_a_check_is_named_by_a_code(name: str, reason: str | None) -> None:
    with pytest.raises(MalformedError):
        Check(name, Outcome.PASSED, reason)


@pytest.mark.parametrize(
    "change",
    [
        {"decision": "deny"},
        {"decision": None},
        {"recipient": "did:web:broker.example"},
        {"iss": "did:web:broker.example"},
        {"event": "seen"},
        {"checks": [{"name": "status"}]},
        {"checks": [{"name": "status", "outcome": "fine"}]},
        {"checks": ["status"]},
        {"checks": {}},
        {"refusals": "withdrawn"},
        {"refusals": [1]},
        {"purposes": ["PAY"]},
        {"iat": 1.5},
        {"jti": None},
        {"grant_id": 7},
    ],
)
def test_a_document_that_is_not_quite_a_receipt_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        Receipt.parse({**GIVEN.to_json(), **change})


def test_a_receipt_by_another_key_is_refused() -> None:
    with pytest.raises(ProofError):
        receipts.verify(_issued(), key=Ed25519Signer.generate().public_key)
    with pytest.raises(AlgorithmError):
        receipts.verify(_issued(), key=P256Signer.generate().public_key)


def test_a_receipt_names_a_key_of_its_own_recipient() -> None:
    stranger = replace(GIVEN, recipient=Did("web", "broker.example"))
    text = signed.sign(
        stranger.to_json(), typ=receipts.TYPE, signer=INSURER_SIGNER, key_id=INSURER_KEY_ID
    )

    with pytest.raises(ProofError):
        receipts.verify(text, key=INSURER_SIGNER.public_key)
    with pytest.raises(ProofError):
        receipts.issue(stranger, signer=INSURER_SIGNER, key_id=INSURER_KEY_ID)


def test_another_document_of_the_same_key_is_no_receipt() -> None:
    text = signed.sign(GIVEN.to_json(), typ="jwt", signer=INSURER_SIGNER, key_id=INSURER_KEY_ID)

    with pytest.raises(ProofError):
        receipts.verify(text, key=INSURER_SIGNER.public_key)


@pytest.mark.parametrize("key_id", [None, str(INSURER)])
def test_a_receipt_without_the_name_of_its_key_is_refused(key_id: str | None) -> None:
    text = signed.sign(GIVEN.to_json(), typ=receipts.TYPE, signer=INSURER_SIGNER, key_id=key_id)

    with pytest.raises(SsiError):
        receipts.verify(text, key=INSURER_SIGNER.public_key)


def test_a_key_is_named_by_a_did_url() -> None:
    with pytest.raises(MalformedError):
        receipts.issue(GIVEN, signer=INSURER_SIGNER, key_id="assertion")


def test_a_document_that_is_too_large_is_not_read() -> None:
    with pytest.raises(MalformedError):
        receipts.verify("x" * 70_000, key=INSURER_SIGNER.public_key)
