"""The credential endpoint: what it issues, and each refusal with its code."""

from datetime import timedelta
from typing import Any

import pytest

from issuer.model.credential import CredentialState
from ssi_core import jws
from ssi_core.credential.sd_jwt_vc import SdJwtVc
from ssi_core.errors import OAuthError
from ssi_core.keys import P256Signer
from ssi_core.proof import sd_jwt
from ssi_core.protocol.openid4vci import CredentialRequest, NotificationRequest, make_proof

pytestmark = pytest.mark.spec("OpenID4VCI 1.0", "8.3.1.2")


def _refused(clinic: Any, request: CredentialRequest) -> str:
    token = clinic.token(clinic.offer())
    with pytest.raises(OAuthError) as refusal:
        clinic.issue(token, request)
    return refusal.value.error


def test_a_credential_is_bound_signed_and_every_claim_can_be_withheld(clinic: Any):
    key = P256Signer.generate()
    request = clinic.request(clinic.nonce(), key)

    (text,) = clinic.issue(clinic.token(clinic.offer()), request).credentials

    credential = SdJwtVc.parse(text)
    signed = jws.verify(credential.jws, key=clinic.issuer.identity.signer.public_key).claims()
    assert signed.keys() == {"iss", "vct", "iat", "exp", "cnf", "status", "_sd", "_sd_alg"}
    assert credential.issuer == clinic.issuer.identity.did
    assert credential.key_id == clinic.issuer.identity.key_id
    assert credential.holder_jwk == key.public_key.jwk
    assert credential.period.end == clinic.now + timedelta(days=365)
    assert {"code", "family_name"} == {
        path[0] for path in sd_jwt.disclosed_paths(credential.sd_jwt)
    }


@pytest.mark.parametrize(
    ("named", "code"),
    [
        ({"credential_configuration_id": "immunization"}, "unknown_credential_configuration"),
        ({"credential_configuration_id": "x"}, "unknown_credential_configuration"),
        ({"credential_identifier": "x"}, "unknown_credential_identifier"),
    ],
)
def test_what_the_token_is_not_for_is_unknown(clinic: Any, named: dict[str, str], code: str):
    assert _refused(clinic, clinic.request(clinic.nonce(), **named)) == code


def test_one_of_two_of_a_kind_must_be_named(clinic: Any):
    token = clinic.token(clinic.offer(0, 1))

    with pytest.raises(OAuthError) as refusal:
        clinic.issue(token)

    assert refusal.value.error == "invalid_credential_request"


def test_without_a_proof_there_is_no_credential(clinic: Any):
    request = CredentialRequest(credential_configuration_id="diagnosis")

    assert _refused(clinic, request) == "invalid_proof"


def test_an_encrypted_answer_is_not_offered(clinic: Any):
    request = CredentialRequest(
        credential_configuration_id="diagnosis", credential_response_encryption={"enc": "A128GCM"}
    )

    assert _refused(clinic, request) == "invalid_encryption_parameters"


def test_more_proofs_than_a_batch_has_room_for_are_refused(clinic: Any):
    keys = [P256Signer.generate() for _ in range(11)]

    assert _refused(clinic, clinic.request(clinic.nonce(), *keys)) == "invalid_proof"


def test_two_proofs_of_one_key_are_refused(clinic: Any):
    key = P256Signer.generate()

    assert _refused(clinic, clinic.request(clinic.nonce(), key, key)) == "invalid_proof"


def test_a_proof_for_another_issuer_is_refused(clinic: Any):
    proof = make_proof(
        P256Signer.generate(), audience="https://else.example", nonce=clinic.nonce(), at=clinic.now
    )
    request = CredentialRequest(credential_configuration_id="diagnosis", proofs=(proof,))

    assert _refused(clinic, request) == "invalid_proof"


@pytest.mark.parametrize("nonce", ["", "guess", "AAAA", "x" * 54, "é"])
def test_a_nonce_that_is_not_ours_is_no_nonce(clinic: Any, nonce: str):
    expected = "invalid_nonce" if nonce else "invalid_proof"

    assert _refused(clinic, clinic.request(nonce)) == expected


def test_a_changed_nonce_is_no_nonce(clinic: Any):
    nonce = clinic.nonce()
    changed = nonce[:3] + ("A" if nonce[3] != "A" else "B") + nonce[4:]

    assert _refused(clinic, clinic.request(changed)) == "invalid_nonce"


def test_an_old_nonce_is_no_nonce(clinic: Any):
    nonce = clinic.nonce()
    clinic.clock.advance(timedelta(minutes=5))

    assert _refused(clinic, clinic.request(nonce)) == "invalid_nonce"


def test_a_nonce_works_once(clinic: Any):
    token, nonce = clinic.token(clinic.offer()), clinic.nonce()
    clinic.issue(token, clinic.request(nonce))

    with pytest.raises(OAuthError) as refusal:
        clinic.issue(token, clinic.request(nonce))

    assert refusal.value.error == "invalid_nonce"


def test_a_refused_request_spends_no_nonce(clinic: Any):
    token, nonce = clinic.token(clinic.offer()), clinic.nonce()
    with pytest.raises(OAuthError):
        clinic.issue(token, clinic.request(nonce, credential_configuration_id="x"))

    assert clinic.issue(token, clinic.request(nonce)).credentials


def test_a_known_client_does_not_prove_for_another(clinic: Any):
    token = clinic.token(clinic.offer(), client_id="wallet")
    proof = make_proof(
        P256Signer.generate(),
        audience="http://localhost:8200",
        nonce=clinic.nonce(),
        at=clinic.now,
        issuer="other",
    )

    with pytest.raises(OAuthError) as refusal:
        clinic.issue(
            token, CredentialRequest(credential_configuration_id="diagnosis", proofs=(proof,))
        )

    assert refusal.value.error == "invalid_proof"


def test_a_lost_answer_is_given_again_in_new_copies_of_one_credential(clinic: Any):
    offer = clinic.offer()
    token = clinic.token(offer)

    first, second = (clinic.issue(token) for _ in range(2))

    indexes = {SdJwtVc.parse(item.credentials[0]).status for item in (first, second)}
    assert len(indexes) == 2
    assert len(clinic.issuer.offers.look_up(offer.id, at=clinic.now)[1]) == 1


@pytest.mark.parametrize("state", [CredentialState.REVOKED, CredentialState.SUSPENDED])
def test_no_copies_are_made_of_what_is_no_longer_good(clinic: Any, state: CredentialState):
    offer = clinic.offer()
    token = clinic.token(offer)
    clinic.issue(token)
    (credential,) = clinic.issuer.offers.look_up(offer.id, at=clinic.now)[1]
    clinic.issuer.revocation.change(credential.id, state, at=clinic.now)

    with pytest.raises(OAuthError) as refusal:
        clinic.issue(token)

    assert refusal.value.error == "credential_request_denied"


@pytest.mark.parametrize("notification", ["", "x", "0" * 32, "\x00"])
def test_an_unknown_notification_is_refused(clinic: Any, notification: str):
    known = clinic.issuer.tokens.authenticate(
        clinic.token(clinic.offer()).access_token, at=clinic.now
    )
    request = NotificationRequest(notification_id=notification, event="credential_accepted")

    with pytest.raises(OAuthError) as refusal:
        clinic.issuer.credentials.note(known, request)

    assert refusal.value.error == "invalid_notification_id"


def test_another_offers_notification_is_unknown(clinic: Any):
    answer = clinic.issue(clinic.token(clinic.offer()))
    other = clinic.token(clinic.offer())
    known = clinic.issuer.tokens.authenticate(other.access_token, at=clinic.now)

    with pytest.raises(OAuthError):
        clinic.issuer.credentials.note(
            known,
            NotificationRequest(
                notification_id=answer.notification_id, event="credential_accepted"
            ),
        )
