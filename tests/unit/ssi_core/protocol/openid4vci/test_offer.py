"""Credential offers: by value, by reference, and what is refused."""

import json
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from ssi_core.errors import MalformedError
from ssi_core.protocol.openid4vci import (
    CredentialOffer,
    CredentialOfferReference,
    PreAuthorizedCodeGrant,
    TxCode,
    parse_offer_uri,
)

pytestmark = pytest.mark.spec("OpenID4VCI 1.0", "4.1")

GRANT = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
# The example of section 4.1.1.
EXAMPLE: dict[str, Any] = {
    "credential_issuer": "https://credential-issuer.example.com",
    "credential_configuration_ids": ["UniversityDegreeCredential", "org.iso.18013.5.1.mDL"],
    "grants": {
        GRANT: {
            "pre-authorized_code": "oaKazRN8I0IbtZ0C7JuMn5",
            "tx_code": {
                "length": 4,
                "input_mode": "numeric",
                "description": "Please provide the one-time code that was sent via e-mail",
            },
        }
    },
}


def _with(**members: object) -> dict[str, Any]:
    return {**EXAMPLE, **members}


def test_the_published_example_is_read():
    offer = CredentialOffer.parse(EXAMPLE)

    grant = offer.pre_authorized_code_grant
    assert offer.credential_configuration_ids == (
        "UniversityDegreeCredential",
        "org.iso.18013.5.1.mDL",
    )
    assert grant is not None
    assert grant.pre_authorized_code == "oaKazRN8I0IbtZ0C7JuMn5"
    assert grant.tx_code is not None
    assert grant.tx_code.length == 4
    assert offer.render() == EXAMPLE


def test_an_empty_tx_code_still_asks_for_one():
    grants = {GRANT: {"pre-authorized_code": "abc", "tx_code": {}}}

    offer = CredentialOffer.parse(_with(grants=grants))

    assert offer.pre_authorized_code_grant is not None
    assert offer.pre_authorized_code_grant.tx_code == TxCode()


def test_what_is_not_understood_is_kept():
    grants = {"authorization_code": {"issuer_state": "xyz"}, GRANT: {"pre-authorized_code": "a"}}
    source = _with(grants=grants, extension={"a": 1})

    offer = CredentialOffer.parse(source)

    assert offer.render() == source


@pytest.mark.parametrize("scheme", ["openid-credential-offer://", "https://wallet.example/offer"])
def test_an_offer_by_value_survives_its_link(scheme: str):
    offer = CredentialOffer(
        credential_issuer="http://localhost:8200",
        credential_configuration_ids=("diagnosis",),
        pre_authorized_code_grant=PreAuthorizedCodeGrant(
            pre_authorized_code="a&b=c+d é", tx_code=TxCode(length=6)
        ),
    )

    assert parse_offer_uri(offer.uri(scheme)) == offer


def test_an_offer_by_reference_survives_its_link():
    reference = CredentialOfferReference("https://issuer.example/offers/7?x=1&y=2")

    link = reference.uri()

    assert parse_offer_uri(link) == reference
    assert set(parse_qs(urlsplit(link).query)) == {"credential_offer_uri"}


@pytest.mark.parametrize(
    "link",
    [
        "",
        "openid-credential-offer://",
        "openid-credential-offer://?credential_offer=%7B",
        "openid-credential-offer://?credential_offer=%7B%7D&credential_offer_uri=https%3A%2F%2Fa.b",
        "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fa.b&credential_offer_uri=x",
        "openid-credential-offer://?credential_offer_uri=http%3A%2F%2Fissuer.example%2Foffer",
        "openid-credential-offer://?credential_offer_uri=file%3A%2F%2F%2Fetc%2Fpasswd",
        "openid-credential-offer://?credential_offer=%FF",
        "openid-credential-offer://[?credential_offer=%7B%7D",
    ],
)
def test_a_link_that_is_no_offer_is_refused(link: str):
    with pytest.raises(MalformedError):
        parse_offer_uri(link)


@pytest.mark.parametrize(
    "members",
    [
        {"credential_issuer": "http://issuer.example"},
        {"credential_issuer": "https://issuer.example?x=1"},
        {"credential_issuer": "https://issuer.example#x"},
        {"credential_issuer": "https://a:b@issuer.example"},
        {"credential_issuer": "https://issuer.example:99999"},
        {"credential_issuer": "https://issuer.exa\tmple"},
        {"credential_issuer": None},
        {"credential_configuration_ids": []},
        {"credential_configuration_ids": ["a", "a"]},
        {"credential_configuration_ids": "a"},
        {"grants": []},
        {"grants": {GRANT: {}}},
        {"grants": {GRANT: {"pre-authorized_code": 7}}},
        {"grants": {GRANT: {"pre-authorized_code": "a", "tx_code": {"length": 0}}}},
        {"grants": {GRANT: {"pre-authorized_code": "a", "tx_code": {"length": True}}}},
        {"grants": {GRANT: {"pre-authorized_code": "a", "tx_code": {"input_mode": "hex"}}}},
        {"grants": {GRANT: {"pre-authorized_code": "a", "tx_code": {"description": "x" * 301}}}},
    ],
)
def test_an_offer_that_breaks_a_rule_is_refused(members: dict[str, Any]):
    link = "openid-credential-offer://?credential_offer=" + quote(json.dumps(_with(**members)))

    with pytest.raises(MalformedError):
        parse_offer_uri(link)
