"""What we write, against the JSON schemas of openid-certification/conformance-suite."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ssi_core.credential.type_metadata import TypeMetadata
from ssi_core.errors import MalformedError
from ssi_core.presentation.dcql import (
    ClaimQuery,
    CredentialQuery,
    CredentialSetQuery,
    DcqlQuery,
    TrustedAuthoritiesQuery,
)

_FULL = DcqlQuery(
    credentials=(
        CredentialQuery(
            id="diagnosis",
            format="dc+sd-jwt",
            meta={"vct_values": ["urn:consentry:diagnosis:1"]},
            multiple=True,
            trusted_authorities=(
                TrustedAuthoritiesQuery(type="aki", values=("s9tIpPmhxdiuNkHMEWNpYim8S8Y",)),
            ),
            require_cryptographic_holder_binding=False,
            claims=(
                ClaimQuery(path=("code", "code"), id="code", values=("44054006", 1, True)),
                ClaimQuery(path=("performers", None), id="performers"),
                ClaimQuery(path=("performers", 0), id="first"),
            ),
            claim_sets=(("code", "performers"), ("first",)),
        ),
        CredentialQuery(id="mdl", format="mso_mdoc", meta={"doctype_value": "org.iso.18013.5.1"}),
    ),
    credential_sets=(
        CredentialSetQuery(options=(("diagnosis",), ("mdl",))),
        CredentialSetQuery(options=(("diagnosis", "mdl"),), required=False),
    ),
)
_SMALL = DcqlQuery(
    credentials=(CredentialQuery(id="a", format="dc+sd-jwt", meta={"vct_values": ["urn:x"]}),)
)


def _schema(vectors: Path, name: str) -> Any:
    return json.loads((vectors / "oidf" / "json-schemas" / name).read_text("utf-8"))


@pytest.mark.spec("OpenID4VP 1.0", "6")
@pytest.mark.parametrize("query", [_FULL, _SMALL], ids=["full", "small"])
def test_a_query_that_we_write_follows_the_schema_and_is_read_back(
    vectors: Path, query: DcqlQuery
) -> None:
    rendered = json.loads(json.dumps(query.to_json()))

    jsonschema.validate(rendered, _schema(vectors, "oid4vp/dcql_request.json"))
    assert DcqlQuery.parse(rendered) == query


def _without(value: Any, *path: Any) -> Any:
    copy = json.loads(json.dumps(value))
    node = copy
    for part in path[:-1]:
        node = node[part]
    del node[path[-1]]
    return copy


def _with(value: Any, *path: Any) -> Any:
    copy = json.loads(json.dumps(value))
    node = copy
    for part in path[:-2]:
        node = node[part]
    node[path[-2]] = path[-1]
    return copy


_CREDENTIAL = ("credentials", 0)


@pytest.mark.spec("OpenID4VP 1.0", "6")
@pytest.mark.parametrize(
    "broken",
    [
        _without(_FULL.to_json(), "credentials"),
        _without(_FULL.to_json(), *_CREDENTIAL, "id"),
        _without(_FULL.to_json(), *_CREDENTIAL, "format"),
        _without(_FULL.to_json(), *_CREDENTIAL, "meta"),
        _without(_FULL.to_json(), *_CREDENTIAL, "meta", "vct_values"),
        _without(_FULL.to_json(), *_CREDENTIAL, "claims"),
        _without(_FULL.to_json(), *_CREDENTIAL, "claims", 0, "id"),
        _without(_FULL.to_json(), *_CREDENTIAL, "claims", 0, "path"),
        _without(_FULL.to_json(), *_CREDENTIAL, "trusted_authorities", 0, "type"),
        _without(_FULL.to_json(), "credential_sets", 0, "options"),
        _with(_FULL.to_json(), "credentials", []),
        _with(_FULL.to_json(), "credential_sets", []),
        _with(_FULL.to_json(), "credential_sets", 0, "options", [[]]),
        _with(_FULL.to_json(), *_CREDENTIAL, "id", "a b"),
        _with(_FULL.to_json(), *_CREDENTIAL, "multiple", "true"),
        _with(_FULL.to_json(), *_CREDENTIAL, "claims", []),
        _with(_FULL.to_json(), *_CREDENTIAL, "claims", 0, "values", []),
        _with(_FULL.to_json(), *_CREDENTIAL, "claims", 0, "values", [1.5]),
        _with(_FULL.to_json(), *_CREDENTIAL, "claims", 0, "values", [None]),
        _with(_FULL.to_json(), *_CREDENTIAL, "claims", 0, "path", []),
        _with(_FULL.to_json(), *_CREDENTIAL, "claims", 0, "path", [-1]),
        _with(_FULL.to_json(), *_CREDENTIAL, "claim_sets", []),
        _with(_FULL.to_json(), *_CREDENTIAL, "claim_sets", [[]]),
        _with(_FULL.to_json(), *_CREDENTIAL, "trusted_authorities", []),
    ],
)
def test_a_query_that_the_schema_refuses_is_refused(vectors: Path, broken: Any) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, _schema(vectors, "oid4vp/dcql_request.json"))
    with pytest.raises(MalformedError):
        DcqlQuery.parse(broken)


_METADATA: Any = {
    "vct": "https://clinic.example/types/diagnosis",
    "name": "diagnosis",
    "description": "A diagnosis",
    "extends": "https://clinic.example/types/record",
    "extends#integrity": "sha256-ilOUJsTultOwLfz7QUcFALaRa3BP/jelX1ds04kB9yU=",
    "display": [{"locale": "en", "name": "Diagnosis", "description": "What was found"}],
    "claims": [
        {
            "path": ["code", None, 0],
            "display": [{"locale": "en", "label": "Code", "description": "SNOMED CT"}],
            "mandatory": True,
            "sd": "always",
            "svg_id": "code",
        }
    ],
}


@pytest.mark.spec("draft-ietf-oauth-sd-jwt-vc", "5.2")
def test_type_metadata_that_follows_the_schema_is_read(vectors: Path) -> None:
    jsonschema.validate(_METADATA, _schema(vectors, "sdjwtvc/type_metadata.json"))

    metadata = TypeMetadata.parse(_METADATA)

    assert metadata.claims[0].path == ("code", None, 0)
    assert metadata.source == _METADATA


@pytest.mark.spec("draft-ietf-oauth-sd-jwt-vc", "5.2")
@pytest.mark.parametrize(
    "broken",
    [
        _without(_METADATA, "vct"),
        _without(_METADATA, "display", 0, "locale"),
        _without(_METADATA, "display", 0, "name"),
        _without(_METADATA, "claims", 0, "path"),
        _without(_METADATA, "claims", 0, "display", 0, "label"),
        _with(_METADATA, "vct", 1),
        _with(_METADATA, "claims", 0, "path", []),
        _with(_METADATA, "claims", 0, "path", [-1]),
        _with(_METADATA, "claims", 0, "sd", "sometimes"),
        _with(_METADATA, "claims", 0, "mandatory", 1),
        _with(_METADATA, "claims", 0, "svg_id", "1x"),
    ],
)
def test_type_metadata_that_the_schema_refuses_is_refused(vectors: Path, broken: Any) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, _schema(vectors, "sdjwtvc/type_metadata.json"))
    with pytest.raises(MalformedError):
        TypeMetadata.parse(broken)
