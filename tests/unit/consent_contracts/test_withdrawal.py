from dataclasses import replace
from typing import Any

import pytest

from consent_contracts import signed, withdrawal
from consent_contracts.grant_credential import GrantSecret
from consent_contracts.withdrawal import Acknowledgement, WithdrawalNotice
from ssi_core.errors import AlgorithmError, AudienceError, MalformedError, ProofError
from ssi_core.keys import Ed25519Signer
from tests.support.consent import (
    AT,
    INSURER,
    INSURER_KEY_ID,
    INSURER_SIGNER,
    LOG,
    RESEARCHER,
    SECOND,
    digest,
)

SECRET = GrantSecret(bytes(range(32)))
KEY = SECRET.signer.public_key
NOTICE = WithdrawalNotice(grant_id="zGrant", log=LOG, entry=7, issued_at=AT, audience=INSURER)
SENT = withdrawal.notify(NOTICE, signer=SECRET.signer)
ACKNOWLEDGEMENT = Acknowledgement(
    recipient=INSURER,
    grant_id="zGrant",
    notice_digest=withdrawal.notice_digest(SENT),
    received_at=AT,
    effective_at=AT + SECOND,
    erased=True,
)


def _acknowledged(acknowledgement: Acknowledgement = ACKNOWLEDGEMENT) -> str:
    return withdrawal.acknowledge(acknowledgement, signer=INSURER_SIGNER, key_id=INSURER_KEY_ID)


def _verify(text: str, **arguments: Any) -> Acknowledgement:
    expected: dict[str, Any] = {
        "key": INSURER_SIGNER.public_key,
        "notice": SENT,
        "recipient": INSURER,
    }
    return withdrawal.verify_acknowledgement(text, **(expected | arguments))


def test_a_notice_arrives_as_it_was_sent() -> None:
    assert withdrawal.verify_notice(SENT, key=KEY, audience=INSURER) == NOTICE
    assert withdrawal.unverified_grant_id(SENT) == "zGrant"


def test_a_notice_by_another_key_is_refused() -> None:
    with pytest.raises(ProofError):
        withdrawal.verify_notice(SENT, key=Ed25519Signer.generate().public_key, audience=INSURER)


def test_a_notice_to_somebody_else_is_refused() -> None:
    with pytest.raises(AudienceError):
        withdrawal.verify_notice(SENT, key=KEY, audience=RESEARCHER)


def test_a_notice_is_no_acknowledgement_nor_the_reverse() -> None:
    with pytest.raises(ProofError):
        withdrawal.verify_notice(_acknowledged(), key=INSURER_SIGNER.public_key, audience=INSURER)
    with pytest.raises(ProofError):
        _verify(SENT, key=KEY)


@pytest.mark.parametrize(
    "change",
    [
        {"grant_id": ""},
        {"log": None},
        {"entry": -1},
        {"entry": 1.5},
        {"entry": True},
        {"iat": "now"},
        {"aud": "insurer"},
        {"more": 1},
    ],
)
def test_a_document_that_is_not_quite_a_notice_is_refused(change: dict[str, Any]) -> None:
    claims = {**NOTICE.to_json(), **change}
    text = signed.sign(claims, typ=withdrawal.NOTICE_TYPE, signer=SECRET.signer, key_id=None)

    with pytest.raises(MalformedError):
        withdrawal.verify_notice(text, key=KEY, audience=INSURER)
    with pytest.raises(MalformedError):
        withdrawal.unverified_grant_id(text)


def test_an_acknowledgement_answers_the_notice() -> None:
    assert _verify(_acknowledged()) == ACKNOWLEDGEMENT


def test_an_acknowledgement_of_another_notice_is_refused() -> None:
    other = withdrawal.notify(replace(NOTICE, entry=8), signer=SECRET.signer)

    with pytest.raises(ProofError):
        _verify(_acknowledged(), notice=other)


def test_an_acknowledgement_of_another_grant_is_refused() -> None:
    with pytest.raises(ProofError):
        _verify(_acknowledged(replace(ACKNOWLEDGEMENT, grant_id="zOther")))


def test_an_acknowledgement_by_somebody_else_is_refused() -> None:
    with pytest.raises(ProofError):
        _verify(_acknowledged(), recipient=RESEARCHER)
    with pytest.raises(ProofError):
        _verify(_acknowledged(), key=Ed25519Signer.generate().public_key)


def test_an_acknowledgement_without_a_signature_algorithm_is_refused() -> None:
    _, payload, signature = _acknowledged().split(".")

    with pytest.raises(AlgorithmError):
        _verify(f"eyJhbGciOiJub25lIn0.{payload}.{signature}")


def test_an_acknowledgement_names_a_key_of_its_own_recipient() -> None:
    stranger = replace(ACKNOWLEDGEMENT, recipient=RESEARCHER)
    text = signed.sign(
        stranger.to_json(),
        typ=withdrawal.ACKNOWLEDGEMENT_TYPE,
        signer=INSURER_SIGNER,
        key_id=INSURER_KEY_ID,
    )

    with pytest.raises(ProofError):
        _verify(text, recipient=RESEARCHER)
    with pytest.raises(ProofError):
        _acknowledged(stranger)


@pytest.mark.parametrize(
    "change",
    [
        {"iss": None},
        {"grant_id": 1},
        {"notice": "x"},
        {"notice": digest("x") + "="},
        {"received_at": None},
        {"effective_at": -1},
        {"erased": "yes"},
        {"more": 1},
    ],
)
def test_a_document_that_is_not_quite_an_acknowledgement_is_refused(
    change: dict[str, Any],
) -> None:
    with pytest.raises(MalformedError):
        Acknowledgement.parse({**ACKNOWLEDGEMENT.to_json(), **change})


def test_a_notice_that_is_no_ascii_has_no_digest() -> None:
    with pytest.raises(MalformedError):
        withdrawal.notice_digest("é")
