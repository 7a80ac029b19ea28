"""Offers are made of what is there, and shown only to whoever knows their link."""

from typing import Any

import pytest

from issuer.configurations import IMMUNIZATION, Format
from ssi_core.errors import MalformedError, NotFoundError
from ssi_core.protocol.openid4vci import CredentialOfferReference, parse_offer_uri


def test_an_offer_names_each_kind_once_and_asks_for_six_digits(clinic: Any):
    offer = clinic.offer(0, 1, 2)

    shown = clinic.shown(offer)

    assert shown.credential_configuration_ids == ("diagnosis", "immunization")
    grant = shown.pre_authorized_code_grant
    assert grant.tx_code.length == 6
    assert len(offer.tx_code) == 6
    assert offer.tx_code.isdecimal()
    assert isinstance(parse_offer_uri(offer.uri), CredentialOfferReference)


def test_two_offers_share_no_secret(clinic: Any):
    grants = [clinic.shown(clinic.offer()).pre_authorized_code_grant for _ in range(2)]

    assert grants[0].pre_authorized_code != grants[1].pre_authorized_code


@pytest.mark.parametrize("reference", ["", "x", "\x00", "\ud800"])
def test_another_link_leads_to_nothing(clinic: Any, reference: str):
    with pytest.raises(NotFoundError):
        clinic.issuer.offers.show(reference, at=clinic.now)


def test_an_offer_of_nothing_or_of_something_twice_is_refused(clinic: Any):
    record = clinic.register()
    one = record.resources[0].id

    for resources in ([], [one, one], [one] * 33):
        with pytest.raises(MalformedError):
            clinic.issuer.offers.create(
                record=record.id, resources=resources, with_tx_code=True, at=clinic.now
            )


def test_an_offer_may_leave_the_format_to_the_wallet(clinic: Any):
    both = clinic.shown(clinic.offer(0, 1, formats=list(Format)))
    other = clinic.shown(clinic.offer(0, formats=[Format.LDP_VC]))

    assert both.credential_configuration_ids == ("diagnosis", "diagnosis_ldp_vc")
    assert other.credential_configuration_ids == ("diagnosis_ldp_vc",)


@pytest.mark.parametrize("formats", [[], [Format.LDP_VC] * 2])
def test_an_offer_in_no_format_or_in_one_twice_is_refused(clinic: Any, formats: list[Format]):
    with pytest.raises(MalformedError):
        clinic.offer(formats=formats)


def test_an_offer_of_what_is_not_there_is_refused(clinic: Any):
    first, second = clinic.register(), clinic.register()

    for record, resource in (("0" * 32, "0" * 32), (first.id, second.resources[0].id)):
        with pytest.raises(NotFoundError):
            clinic.issuer.offers.create(
                record=record, resources=[resource], with_tx_code=True, at=clinic.now
            )


def test_what_became_of_an_unknown_offer_is_not_said(clinic: Any):
    with pytest.raises(NotFoundError):
        clinic.issuer.offers.look_up("0" * 32, at=clinic.now)


def test_claims_that_are_in_no_bundle_are_offered_like_others(clinic: Any):
    claims = {"vaccine": {"code": "1"}}
    record = clinic.issuer.records.keep(IMMUNIZATION, claims, at=clinic.now)
    (resource,) = record.resources

    offer = clinic.issuer.offers.create(
        record=record.id,
        resources=[resource.id],
        with_tx_code=True,
        tx_code="tulip",
        at=clinic.now,
    )

    assert offer.tx_code == "tulip"
    assert clinic.shown(offer).credential_configuration_ids == ("immunization",)
    response = clinic.issue(
        clinic.token(offer),
        clinic.request(clinic.nonce(), credential_configuration_id=resource.configuration),
    )
    assert len(response.credentials) == 1


def test_claims_that_no_wallet_would_take_are_not_kept(clinic: Any):
    with pytest.raises(MalformedError):
        clinic.issuer.records.keep(IMMUNIZATION, {"x": "y" * 70_000}, at=clinic.now)
