from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_contracts import grant_credential, withdrawal
from consent_contracts import receipt as receipts
from consent_contracts.grant import Grant
from consent_contracts.grant_credential import VCT, GrantSecret
from consent_contracts.purpose import Purpose
from consent_contracts.receipt import Check, Outcome, Receipt, ReceiptEvent
from consent_contracts.withdrawal import Acknowledgement, WithdrawalNotice
from ssi_core import verification
from ssi_core.credential.sd_jwt_vc import SdJwtVc
from ssi_core.did import key as did_key
from ssi_core.errors import SsiError
from ssi_core.proof.sd_jwt import SdJwt, bind
from ssi_core.verification import Evidence, Expected, VerificationPolicy
from tests.support.consent import (
    AT,
    HOLDER,
    INSURER,
    INSURER_KEY_ID,
    INSURER_SIGNER,
    LOG,
    digest,
    make_consent_request,
    make_grant,
)

SECRET = GrantSecret(bytes(range(32)))
REQUEST = make_consent_request()
GRANT = make_grant(request_digest=REQUEST.digest)
EVIDENCE = Evidence(dids={SECRET.issuer: did_key.resolve(SECRET.issuer)})
POLICY = VerificationPolicy(
    algorithms=frozenset({"EdDSA", "ES256"}), vcts=frozenset({VCT}), require_status=False
)
EXPECTED = Expected(audience=str(INSURER), nonce="n-1")
CREDENTIAL = grant_credential.issue(GRANT, SECRET, holder_jwk=HOLDER.public_key.jwk, at=AT)
LOGGED = grant_credential.commitments_of(CREDENTIAL)
PRESENTED = str(bind(CREDENTIAL, signer=HOLDER, audience=str(INSURER), nonce="n-1", at=AT))

RECEIPT = receipts.issue(
    Receipt(
        recipient=INSURER,
        issued_at=AT,
        id="receipt-1",
        event=ReceiptEvent.GIVEN,
        log=LOG,
        request_digest=REQUEST.digest,
        purposes=frozenset({Purpose.HPAYMT}),
        checks=(Check("grant_in_log", Outcome.PASSED),),
        grant_id="zGrant",
        scope_digest=LOGGED["scp"],
        presentation_digest=digest(PRESENTED),
    ),
    signer=INSURER_SIGNER,
    key_id=INSURER_KEY_ID,
)
NOTICE = withdrawal.notify(
    WithdrawalNotice(grant_id="zGrant", log=LOG, entry=7, issued_at=AT, audience=INSURER),
    signer=SECRET.signer,
)
ACKNOWLEDGEMENT = withdrawal.acknowledge(
    Acknowledgement(
        recipient=INSURER,
        grant_id="zGrant",
        notice_digest=withdrawal.notice_digest(NOTICE),
        received_at=AT,
        effective_at=AT,
        erased=False,
    ),
    signer=INSURER_SIGNER,
    key_id=INSURER_KEY_ID,
)


def _read_presented(text: str) -> Grant:
    presented = SdJwt.parse(text)
    verified = verification.verify(
        SdJwtVc.parse(presented), evidence=EVIDENCE, policy=POLICY, expected=EXPECTED, at=AT
    )
    grant_credential.require_committed(presented, LOGGED)
    return grant_credential.read(verified, presented.disclosures)


READERS: dict[str, tuple[str, Any]] = {
    "grant": (PRESENTED, _read_presented),
    "receipt": (RECEIPT, lambda text: receipts.verify(text, key=INSURER_SIGNER.public_key)),
    "notice": (
        NOTICE,
        lambda text: withdrawal.verify_notice(text, key=SECRET.signer.public_key, audience=INSURER),
    ),
    "acknowledgement": (
        ACKNOWLEDGEMENT,
        lambda text: withdrawal.verify_acknowledgement(
            text, key=INSURER_SIGNER.public_key, notice=NOTICE, recipient=INSURER
        ),
    ),
}


@pytest.mark.parametrize("name", READERS)
def test_what_was_not_touched_is_accepted(name: str) -> None:
    text, read = READERS[name]

    assert read(text)


@pytest.mark.parametrize("name", READERS)
def test_no_flipped_bit_is_accepted(name: str) -> None:
    text, read = READERS[name]
    for place in range(len(text)):
        flipped = text[:place] + chr(ord(text[place]) ^ (1 << place % 7)) + text[place + 1 :]

        with pytest.raises(SsiError):
            read(flipped)


@pytest.mark.parametrize("name", READERS)
@given(data=st.data())
def test_no_other_byte_in_any_place_is_accepted(name: str, data: st.DataObject) -> None:
    text, read = READERS[name]
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters().filter(lambda each: each != text[place]))

    with pytest.raises(SsiError):
        read(text[:place] + other + text[place + 1 :])


@pytest.mark.parametrize("name", READERS)
@given(data=st.data())
def test_nothing_cut_off_or_put_in_is_accepted(name: str, data: st.DataObject) -> None:
    text, read = READERS[name]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    added = data.draw(st.text("ab~.=", min_size=start == end, max_size=3))
    changed = text[:start] + added + text[end:]
    if changed == text:
        return

    with pytest.raises(SsiError):
        read(changed)
