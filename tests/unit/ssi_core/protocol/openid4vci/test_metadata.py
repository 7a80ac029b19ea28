"""Issuer and authorization server metadata: what the published schemas say, and what is refused."""

from typing import Any

import pytest

from ssi_core.errors import MalformedError
from ssi_core.protocol.openid4vci import (
    AUTHORIZATION_SERVER,
    CREDENTIAL_ISSUER,
    AuthorizationServerMetadata,
    CredentialIssuerMetadata,
    well_known_url,
)

pytestmark = pytest.mark.spec("OpenID4VCI 1.0", "12.2")

ISSUER = "https://issuer.example/tenant"
CONFIGURATION: dict[str, Any] = {
    "format": "dc+sd-jwt",
    "vct": "urn:example:1",
    "scope": "a",
    "cryptographic_binding_methods_supported": ["jwk"],
    "credential_signing_alg_values_supported": ["ES256"],
    "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}},
    "credential_metadata": {
        "display": [{"name": "Degree", "locale": "en", "logo": {"uri": "data:,"}}],
        "claims": [
            {"path": ["a", None, 0], "mandatory": True, "display": [{"name": "A"}], "x": 1},
            {"path": ["b"]},
        ],
        "extension": 1,
    },
    "extension": 2,
}
METADATA: dict[str, Any] = {
    "credential_issuer": ISSUER,
    "credential_endpoint": "https://issuer.example/tenant/credential",
    "nonce_endpoint": "https://issuer.example/tenant/nonce",
    "batch_credential_issuance": {"batch_size": 10},
    "display": [{"name": "An issuer"}],
    "credential_configurations_supported": {"degree": CONFIGURATION},
    "extension": 3,
}


def _with(**members: object) -> dict[str, Any]:
    return {**METADATA, **members}


def _with_configuration(**members: object) -> dict[str, Any]:
    return _with(credential_configurations_supported={"degree": {**CONFIGURATION, **members}})


def test_metadata_survives_reading_and_writing_unknown_members_included():
    metadata = CredentialIssuerMetadata.parse(METADATA, issuer=ISSUER)

    assert metadata.render() == METADATA
    assert metadata.configurations["degree"].proof_algorithms() == ("ES256",)
    assert metadata.configurations["degree"].proof_algorithms("di_vp") == ()
    assert metadata.configurations["degree"].claims[0].path == ("a", None, 0)
    assert metadata.authorization_server == ISSUER


def test_the_first_authorization_server_is_used_if_there_are_any():
    source = _with(authorization_servers=["https://as.example", "https://other.example"])

    assert CredentialIssuerMetadata.parse(source).authorization_server == "https://as.example"


def test_metadata_of_another_issuer_is_refused():
    with pytest.raises(MalformedError, match="another issuer"):
        CredentialIssuerMetadata.parse(METADATA, issuer="https://issuer.example/tenant/")


@pytest.mark.parametrize(
    "source",
    [
        {},
        _with(credential_issuer=""),
        _with(credential_endpoint="http://issuer.example/credential"),
        _with(nonce_endpoint=None),
        _with(batch_credential_issuance={"batch_size": 1}),
        _with(batch_credential_issuance={"batch_size": 2.5}),
        _with(authorization_servers=["x"]),
        _with(credential_configurations_supported=None),
        _with(credential_configurations_supported={"a": []}),
        _with(display={}),
        _with_configuration(format=None),
        _with_configuration(vct=1),
        _with_configuration(proof_types_supported={"jwt": []}),
        _with_configuration(credential_metadata={"claims": [{"path": []}]}),
        _with_configuration(credential_metadata={"claims": [{"path": ["a"]}, {"path": ["a"]}]}),
        _with_configuration(credential_metadata={"claims": [{"path": ["a"], "mandatory": 1}]}),
    ],
)
def test_metadata_that_breaks_a_rule_is_refused(source: dict[str, Any]):
    with pytest.raises(MalformedError):
        CredentialIssuerMetadata.parse(source)


def test_a_proof_type_without_algorithms_is_refused_when_asked_for():
    metadata = CredentialIssuerMetadata.parse(
        _with_configuration(proof_types_supported={"jwt": {}})
    )

    with pytest.raises(MalformedError):
        metadata.configurations["degree"].proof_algorithms()


@pytest.mark.spec("OpenID4VCI 1.0", "12.3")
def test_authorization_server_metadata_survives_reading_and_writing():
    source: dict[str, Any] = {
        "issuer": ISSUER,
        "token_endpoint": "https://issuer.example/token",
        "grant_types_supported": ["authorization_code"],
        "pre-authorized_grant_anonymous_access_supported": True,
        "extension": 1,
    }

    metadata = AuthorizationServerMetadata.parse(source, issuer=ISSUER)

    assert metadata.anonymous_pre_authorized_access
    assert metadata.render() == source
    with pytest.raises(MalformedError, match="another server"):
        AuthorizationServerMetadata.parse(source, issuer="https://else.example")


@pytest.mark.spec("RFC 8414", "3.1")
@pytest.mark.parametrize(
    ("issuer", "name", "url"),
    [
        (
            ISSUER,
            CREDENTIAL_ISSUER,
            "https://issuer.example/.well-known/openid-credential-issuer/tenant",
        ),
        (
            "https://tenant.issuer.example.com",
            CREDENTIAL_ISSUER,
            "https://tenant.issuer.example.com/.well-known/openid-credential-issuer",
        ),
        (
            "http://localhost:8200/",
            AUTHORIZATION_SERVER,
            "http://localhost:8200/.well-known/oauth-authorization-server",
        ),
    ],
)
def test_the_well_known_part_stands_between_host_and_path(issuer: str, name: str, url: str):
    assert well_known_url(issuer, name) == url
