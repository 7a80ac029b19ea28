"""Credential requests, responses, notifications and errors: the final specification, no drafts."""

from typing import Any

import pytest

from ssi_core.errors import MalformedError, OAuthError
from ssi_core.protocol.openid4vci import (
    CredentialRequest,
    CredentialResponse,
    NonceResponse,
    NotificationRequest,
    parse_error,
    render_error,
)

pytestmark = pytest.mark.spec("OpenID4VCI 1.0", "8")


def test_a_request_survives_writing_and_reading():
    request = CredentialRequest(
        credential_configuration_id="diagnosis", proofs=("a.b.c", "d.e.f"), others={"x": 1}
    )

    assert request.render()["proofs"] == {"jwt": ["a.b.c", "d.e.f"]}
    assert CredentialRequest.parse(request.render()) == request


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ({}, "invalid_credential_request"),
        (
            {"credential_configuration_id": "a", "credential_identifier": "b"},
            "invalid_credential_request",
        ),
        ({"credential_configuration_id": 7}, "invalid_credential_request"),
        (
            {"credential_identifier": "a", "credential_response_encryption": []},
            "invalid_credential_request",
        ),
        (
            {"credential_identifier": "a", "proof": {"proof_type": "jwt", "jwt": "a.b.c"}},
            "invalid_proof",
        ),
        ({"credential_identifier": "a", "proofs": []}, "invalid_proof"),
        ({"credential_identifier": "a", "proofs": {}}, "invalid_proof"),
        ({"credential_identifier": "a", "proofs": {"jwt": []}}, "invalid_proof"),
        ({"credential_identifier": "a", "proofs": {"jwt": [1]}}, "invalid_proof"),
        ({"credential_identifier": "a", "proofs": {"jwt": "a.b.c"}}, "invalid_proof"),
        ({"credential_identifier": "a", "proofs": {"jwt": ["a"], "di_vp": [{}]}}, "invalid_proof"),
        ({"credential_identifier": "a", "proofs": {"attestation": ["a"]}}, "invalid_proof"),
    ],
)
def test_a_request_that_breaks_a_rule_is_refused_with_its_code(source: dict[str, Any], code: str):
    with pytest.raises(OAuthError) as refusal:
        CredentialRequest.parse(source)

    assert refusal.value.error == code


def test_the_published_response_is_read():
    source: dict[str, Any] = {
        "credentials": [{"credential": "LUpixVCW"}, {"credential": "YXNkZnNh"}],
        "notification_id": "3fwe98js",
    }

    response = CredentialResponse.parse(source)

    assert response.credentials == ("LUpixVCW", "YXNkZnNh")
    assert response.render() == source


def test_a_deferred_response_is_read():
    response = CredentialResponse.parse({"transaction_id": "8xLOxBtZp8", "interval": 3600})

    assert (response.transaction_id, response.interval) == ("8xLOxBtZp8", 3600)


@pytest.mark.parametrize(
    "source",
    [
        {},
        {"credential": "a"},
        {"credentials": []},
        {"credentials": ["a"]},
        {"credentials": [{"credential": {}}]},
        {"credentials": [{"credential": "a"}], "transaction_id": "b"},
    ],
)
def test_a_response_of_a_draft_or_of_nothing_is_refused(source: dict[str, Any]):
    with pytest.raises(MalformedError):
        CredentialResponse.parse(source)


@pytest.mark.spec("OpenID4VCI 1.0", "7.2")
def test_a_nonce_response_has_a_nonce():
    assert NonceResponse.parse(NonceResponse("abc").render()) == NonceResponse("abc")
    with pytest.raises(MalformedError):
        NonceResponse.parse({"nonce": "abc"})


@pytest.mark.spec("OpenID4VCI 1.0", "11")
def test_a_notification_survives_and_an_unknown_event_does_not():
    request = NotificationRequest(
        notification_id="a", event="credential_deleted", event_description="b"
    )

    assert NotificationRequest.parse(request.render()) == request
    with pytest.raises(MalformedError):
        NotificationRequest.parse({"notification_id": "a", "event": "credential_lost"})


@pytest.mark.spec("OpenID4VCI 1.0", "8.3.1.2")
def test_an_error_is_written_in_the_characters_that_are_allowed():
    error = OAuthError('say "no" \\ é', at="/proofs", error="invalid_proof")

    body = render_error(error)

    assert body == {"error": "invalid_proof", "error_description": "say 'no' ' ' (at /proofs)"}


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ({"error": "invalid_nonce", "error_description": "text of a stranger"}, "invalid_nonce"),
        ({"error": "Alice has diabetes"}, "invalid_request"),
        ({"error": None}, "invalid_request"),
        ({}, "invalid_request"),
    ],
)
def test_of_a_strangers_error_only_the_code_is_kept(source: dict[str, Any], code: str):
    error = parse_error(source)

    assert error.error == code
    assert "stranger" not in str(error)
