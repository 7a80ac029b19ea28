"""The token endpoint: codes work once, for a time, and die of wrong guesses."""

from datetime import timedelta
from typing import Any

import pytest

from issuer.model.offer import OfferState
from ssi_core.errors import NotFoundError, OAuthError
from ssi_core.protocol.openid4vci import AuthorizationDetail

pytestmark = pytest.mark.spec("OpenID4VCI 1.0", "6.3")


def _wrong(code: str) -> str:
    return str((int(code) + 1) % 1_000_000).zfill(6)


def test_a_code_becomes_one_token(clinic: Any):
    offer = clinic.offer()
    request = clinic.token_request(offer)

    first = clinic.issuer.tokens.redeem(request, at=clinic.now)

    assert first.expires_in == 600
    assert first.authorization_details == ()
    with pytest.raises(OAuthError) as refusal:
        clinic.issuer.tokens.redeem(request, at=clinic.now)
    assert refusal.value.error == "invalid_grant"
    with pytest.raises(NotFoundError):
        clinic.shown(offer)


@pytest.mark.parametrize(
    ("asked", "given"), [({"tx_code": True}, None), ({"tx_code": False}, "123456")]
)
def test_a_transaction_code_comes_exactly_when_it_was_asked_for(
    clinic: Any, asked: dict[str, bool], given: str | None
):
    offer = clinic.offer(**asked)

    with pytest.raises(OAuthError) as refusal:
        clinic.token(offer, tx_code=given)

    assert refusal.value.error == "invalid_request"
    assert clinic.token(offer).access_token


def test_the_fifth_wrong_guess_is_the_end(clinic: Any):
    offer = clinic.offer()
    request = clinic.token_request(offer)
    wrong = clinic.token_request(offer, tx_code=_wrong(offer.tx_code))

    for _ in range(5):
        with pytest.raises(OAuthError) as refusal:
            clinic.issuer.tokens.redeem(wrong, at=clinic.now)
        assert refusal.value.error == "invalid_grant"

    with pytest.raises(OAuthError):
        clinic.issuer.tokens.redeem(request, at=clinic.now)
    assert clinic.issuer.offers.look_up(offer.id, at=clinic.now)[0] is OfferState.LOCKED


def test_four_wrong_guesses_are_forgiven(clinic: Any):
    offer = clinic.offer()

    for _ in range(4):
        with pytest.raises(OAuthError):
            clinic.token(offer, tx_code=_wrong(offer.tx_code))

    assert clinic.token(offer).access_token


@pytest.mark.parametrize(
    "guess", ["", "12345", "\uff11\uff12\uff13\uff14\uff15\uff16", "\x00", "x" * 9999]
)
def test_no_odd_guess_is_right(clinic: Any, guess: str):
    offer = clinic.offer()

    with pytest.raises(OAuthError) as refusal:
        clinic.token(offer, tx_code=guess)

    assert refusal.value.error == "invalid_grant"


def test_an_offer_expires_by_time_alone(clinic: Any):
    offer = clinic.offer()
    request = clinic.token_request(offer)

    clinic.clock.advance(timedelta(minutes=15))

    with pytest.raises(OAuthError):
        clinic.issuer.tokens.redeem(request, at=clinic.now)
    with pytest.raises(NotFoundError):
        clinic.shown(offer)
    assert clinic.issuer.offers.look_up(offer.id, at=clinic.now)[0] is OfferState.EXPIRED


def test_a_token_expires(clinic: Any):
    token = clinic.token(clinic.offer())

    clinic.clock.advance(timedelta(minutes=10))

    with pytest.raises(OAuthError) as refusal:
        clinic.issue(token)
    assert refusal.value.error == "invalid_token"


@pytest.mark.parametrize("token", ["", "x", "\ud800", "\x00"])
def test_no_other_text_is_a_token(clinic: Any, token: str):
    with pytest.raises(OAuthError) as refusal:
        clinic.issuer.tokens.authenticate(token, at=clinic.now)

    assert refusal.value.error == "invalid_token"


def test_an_unknown_code_is_no_code(clinic: Any):
    offer = clinic.offer()

    with pytest.raises(OAuthError) as refusal:
        clinic.token(offer, pre_authorized_code="guess")

    assert refusal.value.error == "invalid_grant"


def test_details_narrow_the_token_to_what_they_name(clinic: Any):
    offer = clinic.offer(0, 2)
    wanted = AuthorizationDetail(credential_configuration_id="immunization")

    token = clinic.token(offer, authorization_details=(wanted,))

    (granted,) = token.authorization_details
    assert granted.credential_configuration_id == "immunization"
    with pytest.raises(OAuthError) as refusal:
        clinic.issue(token)
    assert refusal.value.error == "unknown_credential_configuration"


def test_details_of_what_was_not_offered_are_refused_and_cost_nothing(clinic: Any):
    offer = clinic.offer()
    wanted = AuthorizationDetail(credential_configuration_id="immunization")

    with pytest.raises(OAuthError) as refusal:
        clinic.token(offer, authorization_details=(wanted,))

    assert refusal.value.error == "invalid_authorization_details"
    assert clinic.token(offer).access_token


def test_two_credentials_of_one_kind_come_with_identifiers_unasked(clinic: Any):
    token = clinic.token(clinic.offer(0, 1))

    (detail,) = token.authorization_details
    assert len(detail.credential_identifiers) == 2


@pytest.mark.parametrize("client_id", ["", "\x00", "é", "x" * 513])
def test_a_client_id_that_is_none_is_refused(clinic: Any, client_id: str):
    offer = clinic.offer()

    with pytest.raises(OAuthError) as refusal:
        clinic.token(offer, client_id=client_id)

    assert refusal.value.error == "invalid_request"
