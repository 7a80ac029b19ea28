"""Token requests and responses: forms read strictly, refusals with the specification's codes."""

import json
from secrets import token_urlsafe
from typing import Any

import pytest

from ssi_core.errors import MalformedError, OAuthError
from ssi_core.protocol.openid4vci import (
    AuthorizationDetail,
    TokenRequest,
    TokenResponse,
    parse_form,
)

pytestmark = pytest.mark.spec("OpenID4VCI 1.0", "6")

GRANT = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
# The example of section 6.1.1.
FORM = (
    b"grant_type=urn:ietf:params:oauth:grant-type:pre-authorized_code"
    b"&pre-authorized_code=SplxlOBeZQQYbYS6WxSbIA&tx_code=493536"
    b"&authorization_details=%5B%7B%22type%22%3A%20%22openid_credential%22%2C%20%22"
    b"credential_configuration_id%22%3A%20%22UniversityDegreeCredential%22%7D%5D"
)


def test_the_published_request_is_read():
    request = TokenRequest.parse(parse_form(FORM))

    assert request.pre_authorized_code == "SplxlOBeZQQYbYS6WxSbIA"
    assert request.tx_code == "493536"
    assert [item.credential_configuration_id for item in request.authorization_details] == [
        "UniversityDegreeCredential"
    ]
    assert TokenRequest.parse(request.render()) == request


def test_unknown_fields_are_kept_and_empty_ones_count_as_absent():
    fields = parse_form(f"grant_type={GRANT}&pre-authorized_code=a&tx_code=&x=%C3%A9".encode())

    request = TokenRequest.parse(fields)

    assert request.tx_code is None
    assert request.others == {"x": "é"}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "authorization_code"}, "unsupported_grant_type"),
        ({"grant_type": GRANT}, "invalid_request"),
    ],
)
def test_a_request_for_something_else_has_its_own_code(fields: dict[str, str], code: str):
    with pytest.raises(OAuthError) as refusal:
        TokenRequest.parse(fields)

    assert refusal.value.error == code


@pytest.mark.parametrize(
    "details",
    ["", "{}", "[]", "[1]", '[{"type":"other"}]', '[{"type":"openid_credential"}]', "[" * 99],
)
def test_authorization_details_that_say_nothing_are_refused(details: str):
    fields = {"grant_type": GRANT, "pre-authorized_code": "a", "authorization_details": details}

    with pytest.raises(OAuthError) as refusal:
        TokenRequest.parse(fields)

    assert refusal.value.error == "invalid_authorization_details"


@pytest.mark.parametrize(
    "body", [b"a=1&a=2", b"\xff", b"a=%FF", b"&".join([b"a=1"] * 999), b"a" * 99_999]
)
def test_a_body_that_is_no_form_is_refused(body: bytes):
    with pytest.raises(MalformedError):
        parse_form(body)


def test_a_response_survives_writing_and_reading():
    detail = AuthorizationDetail(
        credential_configuration_id="diagnosis", credential_identifiers=("a", "b")
    )
    token = token_urlsafe(8)
    response = TokenResponse(access_token=token, expires_in=300, authorization_details=(detail,))

    assert TokenResponse.parse(json.loads(json.dumps(response.render()))) == response


@pytest.mark.parametrize(
    "members",
    [
        {"token_type": "DPoP"},
        {"access_token": ""},
        {"expires_in": "300"},
        {
            "authorization_details": [
                {"type": "openid_credential", "credential_configuration_id": "a"}
            ]
        },
    ],
)
def test_a_response_that_breaks_a_rule_is_refused(members: dict[str, Any]):
    source: dict[str, Any] = {"access_token": "t", "token_type": "bearer", **members}

    with pytest.raises(MalformedError):
        TokenResponse.parse(source)
