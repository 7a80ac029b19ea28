"""What a real issuer says of itself, against the published schemas."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ssi_core.credential import issuer_metadata
from ssi_core.json_types import JsonObject
from ssi_core.protocol.openid4vci import AuthorizationServerMetadata, CredentialIssuerMetadata

ISSUER = "http://localhost:8200"


def _errors(instance: JsonObject, schema: Path) -> list[str]:
    validator = jsonschema.Draft202012Validator(json.loads(schema.read_text(encoding="utf-8")))
    return [
        f"{list(error.absolute_path)}: {error.message}" for error in validator.iter_errors(instance)
    ]


def _without_linked_data(document: JsonObject) -> JsonObject:
    # The published schema knows no `ldp_vc`, and so warns of everything that is special to it.
    supported: Any = document["credential_configurations_supported"]
    kept = {name: item for name, item in supported.items() if item["format"] != "ldp_vc"}
    return {**document, "credential_configurations_supported": kept}


@pytest.mark.spec("OpenID4VCI 1.0", "12.2.4")
def test_the_issuer_metadata_is_what_schema_and_parser_allow(clinic: Any, vectors: Path):
    schema = vectors / "oidf/json-schemas/oid4vci/credential_issuer_metadata-1_0.json"

    document = clinic.issuer.metadata.credential_issuer()

    assert _errors(_without_linked_data(document), schema) == []
    parsed = CredentialIssuerMetadata.parse(document, issuer=ISSUER)
    kinds = {"diagnosis", "laboratory_result", "immunization"}
    assert set(parsed.configurations) == kinds | {f"{kind}_ldp_vc" for kind in kinds}
    assert parsed.batch_size == 10


@pytest.mark.spec("OpenID4VCI 1.0", "12.3")
def test_the_server_metadata_is_what_schema_and_parser_allow(clinic: Any, vectors: Path):
    schema = vectors / "oidf/json-schemas/rfc8414/oauth_authorization_server_metadata.json"

    document = clinic.issuer.metadata.authorization_server()

    assert _errors(document, schema) == []
    assert AuthorizationServerMetadata.parse(
        document, issuer=ISSUER
    ).anonymous_pre_authorized_access


@pytest.mark.spec("OpenID4VCI 1.0", "4.1.1")
def test_an_offer_is_what_the_schema_allows(clinic: Any, vectors: Path):
    schema = vectors / "oidf/json-schemas/oid4vci/credential_offer-1_0.json"

    assert _errors(clinic.shown(clinic.offer(0, 2)).render(), schema) == []


@pytest.mark.spec("draft-ietf-oauth-sd-jwt-vc", "4")
def test_the_key_of_credentials_is_in_the_jwt_vc_issuer_metadata(clinic: Any):
    document = clinic.issuer.metadata.jwt_vc_issuer()

    jwks = issuer_metadata.parse(json.dumps(document).encode(), issuer=ISSUER)
    identity = clinic.issuer.identity
    assert issuer_metadata.key_from(jwks, key_id=identity.key_id) == identity.signer.public_key


@pytest.mark.spec("OpenID4VCI 1.0", "A.1.2.2")
def test_a_linked_data_configuration_says_context_type_and_where_its_claims_are(clinic: Any):
    supported = clinic.issuer.metadata.credential_issuer()["credential_configurations_supported"]

    twin, entry = supported["diagnosis"], supported["diagnosis_ldp_vc"]

    assert entry["format"] == "ldp_vc"
    assert entry["credential_definition"] == {
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://consentry.example/contexts/health/v1",
        ],
        "type": ["VerifiableCredential", "DiagnosisCredential"],
    }
    assert "vct" not in entry
    assert entry["credential_signing_alg_values_supported"] == ["ecdsa-rdfc-2019"]
    assert entry["proof_types_supported"] == twin["proof_types_supported"]
    metadata = entry["credential_metadata"]
    assert metadata["display"] == twin["credential_metadata"]["display"]
    assert [claim["path"] for claim in metadata["claims"]] == [
        ["credentialSubject", *claim["path"]] for claim in twin["credential_metadata"]["claims"]
    ]
