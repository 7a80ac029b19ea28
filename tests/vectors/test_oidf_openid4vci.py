"""Our messages against the JSON schemas of the OpenID Foundation's conformance suite (MIT)."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ssi_core.protocol.openid4vci import (
    AuthorizationServerMetadata,
    ClaimDescription,
    CredentialConfiguration,
    CredentialIssuerMetadata,
    CredentialOffer,
    CredentialRequest,
    Display,
    PreAuthorizedCodeGrant,
    TxCode,
)

ISSUER = "https://issuer.example"


def _require_valid(instance: Any, vectors: Path, name: str) -> None:
    path = vectors / "oidf" / "json-schemas" / name
    schema = json.loads(path.read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    errors = [
        f"{list(error.absolute_path)}: {error.message}" for error in validator.iter_errors(instance)
    ]
    assert errors == []


def _metadata() -> CredentialIssuerMetadata:
    configuration = CredentialConfiguration(
        id="diagnosis",
        format="dc+sd-jwt",
        vct="urn:consentry:diagnosis:1",
        signing_algorithms=("ES256",),
        binding_methods=("jwk", "did:key"),
        proof_types={"jwt": {"proof_signing_alg_values_supported": ["ES256", "EdDSA"]}},
        display=(Display(name="Diagnosis", locale="en"),),
        claims=(
            ClaimDescription(
                path=("code", "code"), mandatory=True, display=(Display(name="Code", locale="en"),)
            ),
        ),
    )
    return CredentialIssuerMetadata(
        credential_issuer=ISSUER,
        credential_endpoint=f"{ISSUER}/credential",
        nonce_endpoint=f"{ISSUER}/nonce",
        notification_endpoint=f"{ISSUER}/notification",
        batch_size=10,
        display=(Display(name="Clinic"),),
        configurations={"diagnosis": configuration},
    )


@pytest.mark.spec("OpenID4VCI 1.0", "12.2.4")
def test_our_issuer_metadata_is_what_the_schema_allows(vectors: Path):
    name = "oid4vci/credential_issuer_metadata-1_0.json"

    _require_valid(_metadata().render(), vectors, name)


@pytest.mark.spec("OpenID4VCI 1.0", "12.2.4")
def test_the_schema_would_notice_a_draft(vectors: Path):
    draft = {**_metadata().render(), "credentials_supported": []}

    with pytest.raises(AssertionError):
        _require_valid(draft, vectors, "oid4vci/credential_issuer_metadata-1_0.json")


@pytest.mark.spec("OpenID4VCI 1.0", "12.3")
def test_our_authorization_server_metadata_is_what_the_schema_allows(vectors: Path):
    metadata = AuthorizationServerMetadata(
        issuer=ISSUER,
        token_endpoint=f"{ISSUER}/token",
        grant_types=("urn:ietf:params:oauth:grant-type:pre-authorized_code",),
        anonymous_pre_authorized_access=True,
    )

    _require_valid(metadata.render(), vectors, "rfc8414/oauth_authorization_server_metadata.json")


@pytest.mark.spec("OpenID4VCI 1.0", "4.1.1")
@pytest.mark.parametrize("tx_code", [None, TxCode(), TxCode(length=6, description="by post")])
def test_our_offer_is_what_the_schema_allows(vectors: Path, tx_code: TxCode | None):
    grant = PreAuthorizedCodeGrant(pre_authorized_code="code", tx_code=tx_code)
    offer = CredentialOffer(
        credential_issuer=ISSUER,
        credential_configuration_ids=("diagnosis",),
        pre_authorized_code_grant=grant,
    )

    _require_valid(offer.render(), vectors, "oid4vci/credential_offer-1_0.json")


@pytest.mark.spec("OpenID4VCI 1.0", "8.2")
@pytest.mark.parametrize("member", ["credential_configuration_id", "credential_identifier"])
def test_our_request_is_what_the_schema_allows(vectors: Path, member: str):
    request = CredentialRequest.parse({member: "diagnosis", "proofs": {"jwt": ["a.b.c"]}})

    _require_valid(request.render(), vectors, "oid4vci/credential_request-1_0.json")
