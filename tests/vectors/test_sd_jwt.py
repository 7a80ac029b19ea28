"""SD-JWT against published cases and an independent implementation.

Cases: openwallet-foundation-labs/sd-jwt-python, its test cases as data. Oracle: its package
`sd-jwt`, which knows sha-256, decoys in objects, and little of what must be refused.
"""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from jwcrypto.jwk import JWK
from sd_jwt.common import SDObj
from sd_jwt.holder import SDJWTHolder
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.verifier import SDJWTVerifier

from ssi_core import jws, strict_json
from ssi_core.claim_path import ClaimPath
from ssi_core.encoding import base64url_encode
from ssi_core.errors import HolderBindingError
from ssi_core.keys import P256Signer, public_key_from_jwk
from ssi_core.period import from_timestamp
from ssi_core.presentation.binding import verify_key_binding
from ssi_core.proof.disclosure import digest
from ssi_core.proof.sd_jwt import (
    Sd,
    SdClaims,
    SdJwt,
    bind,
    derive,
    index,
    issue,
    process,
)
from ssi_core.proof.sd_jwt_json import from_json

_CASES = [
    "case_array_data_types",
    "case_array_full_sd",
    "case_array_in_sd",
    "case_array_nested_in_plain",
    "case_array_none_disclosed",
    "case_array_of_nulls",
    "case_array_of_objects",
    "case_array_of_scalars",
    "case_array_recursive_sd",
    "case_array_recursive_sd_some_disclosed",
    "case_header_mod",
    "case_json_serialization_flattened",
    "case_json_serialization_general",
    "case_key_binding",
    "case_no_sd",
    "case_object_data_types",
    "case_recursions",
]
# The generator signs these into every credential and leaves them out of what it expects.
_ADDED = ("iss", "iat", "exp", "cnf")


@pytest.fixture(params=_CASES)
def case(request: pytest.FixtureRequest, vectors: Path) -> Any:
    return json.loads((vectors / "sd-jwt" / request.param / "case.json").read_text("utf-8"))


def test_no_published_case_is_left_out(vectors: Path) -> None:
    assert {path.name for path in (vectors / "sd-jwt").iterdir()} == set(_CASES)


def _read(case: Any, name: str) -> SdJwt:
    text = case[name]
    return (
        from_json(strict_json.parse_object(text))
        if case["serialization"] == "json"
        else (SdJwt.parse(text))
    )


def _without_added(claims: Any, keep: Any) -> Any:
    return {name: item for name, item in claims.items() if name not in _ADDED or name in keep}


@pytest.mark.spec("RFC 9901", "7.1")
def test_an_issued_case_verifies_and_has_all_claims(case: Any) -> None:
    sd_jwt = _read(case, "issuance")

    verified = jws.verify(jws.parse(sd_jwt.jws_text), key=public_key_from_jwk(case["issuer_jwk"]))
    claims = process(verified.claims(), sd_jwt.disclosures)

    assert _without_added(claims, case["user_claims"]) == case["user_claims"]


@pytest.mark.spec("RFC 9901", "7.3")
def test_a_presented_case_has_the_expected_claims(case: Any) -> None:
    sd_jwt = _read(case, "presentation")

    verified = jws.verify(jws.parse(sd_jwt.jws_text), key=public_key_from_jwk(case["issuer_jwk"]))
    claims = process(verified.claims(), sd_jwt.disclosures)

    assert _without_added(claims, case["expect"]) == case["expect"]


@pytest.mark.spec("RFC 9901", "7.3")
def test_a_presented_case_is_bound_to_its_holder_if_there_is_one(case: Any) -> None:
    sd_jwt = _read(case, "presentation")

    if case["holder_jwk"] is None:
        assert sd_jwt.key_binding is None
    elif case["serialization"] == "compact":
        assert _verified_binding(case, sd_jwt)["nonce"] == case["nonce"]
    else:
        # The generator hashed the issued JSON text, where section 8.1 wants the compact form.
        with pytest.raises(HolderBindingError, match="sd_hash"):
            _verified_binding(case, sd_jwt)


def _verified_binding(case: Any, sd_jwt: SdJwt) -> Any:
    return verify_key_binding(
        sd_jwt,
        holder_key=public_key_from_jwk(case["holder_jwk"]),
        audience=case["aud"],
        nonce=case["nonce"],
        at=from_timestamp(int(_claims(str(sd_jwt.key_binding))["iat"])),
        max_age=timedelta(0),
    )


@pytest.mark.spec("RFC 9901", "8.1")
@pytest.mark.parametrize("form", ["flattened", "general"])
def test_the_json_cases_hash_what_they_were_issued_as(vectors: Path, form: str) -> None:
    folder = vectors / "sd-jwt" / f"case_json_serialization_{form}"
    case = json.loads((folder / "case.json").read_text("utf-8"))
    sd_jwt = _read(case, "presentation")

    texts = [item.text for item in sd_jwt.disclosures]
    hashed = digest("~".join([case["issuance"], *texts, ""]).encode(), "sha-256")

    assert _claims(str(sd_jwt.key_binding))["sd_hash"] == hashed


def _claims(text: str) -> Any:
    return jws.parse(text).claims()


@pytest.mark.spec("RFC 9901", "7.2")
def test_the_presented_disclosures_are_derived_from_the_issued_ones(case: Any) -> None:
    issued, presented = _read(case, "issuance"), _read(case, "presentation")
    chosen = {item.text for item in presented.disclosures}
    everything = index(issued)
    # What stands inside a chosen disclosure and was not chosen must stay behind.
    leaves = [
        path
        for path, item in everything.items()
        if item.text in chosen and not any(_is_below(other, path) for other in everything)
    ]

    derived = derive(issued, leaves)

    assert {item.text for item in derived.disclosures} <= chosen
    assert all(everything[path].text in {d.text for d in derived.disclosures} for path in leaves)


def _is_below(path: ClaimPath, other: ClaimPath) -> bool:
    return len(path) > len(other) and path[: len(other)] == other


_ISSUER, _HOLDER = P256Signer.generate(), P256Signer.generate()
_OURS: SdClaims = {
    "iss": "https://issuer.example",
    "given_name": Sd("Ada"),
    "address": Sd({"street": Sd("Main St"), "country": "UK"}),
    "languages": [Sd("en"), "fr", Sd({"name": Sd("Deutsch")})],
    "height": Sd(1.5),
    "nothing": Sd(None),
    "cnf": {"jwk": _HOLDER.public_key.jwk},
}


def _jwk(signer: P256Signer) -> JWK:
    return JWK(**signer.public_key.jwk, d=base64url_encode(signer.secret))


@pytest.mark.spec("RFC 9901", "4")
@pytest.mark.parametrize(
    ("keep", "expected"),
    [
        ([], {"languages": ["fr"]}),
        ([("given_name",), ("height",)], {"given_name": "Ada", "height": 1.5}),
        ([("address", "street")], {"address": {"street": "Main St", "country": "UK"}}),
        ([("languages", 2)], {"languages": ["fr", {"name": "Deutsch"}]}),
        ([("nothing",)], {"nothing": None}),
    ],
)
def test_the_other_implementation_reads_what_we_issue_and_present(keep: Any, expected: Any) -> None:
    credential = issue(_OURS, header={"typ": "example+sd-jwt"}, signer=_ISSUER)

    presented = bind(
        derive(credential, keep),
        signer=_HOLDER,
        audience="aud",
        nonce="nonce",
        at=from_timestamp(1_796_126_400),
    )

    find_key: Any = lambda *_: _jwk(_ISSUER)  # noqa: E731 - its type is declared too narrowly
    verifier = SDJWTVerifier(str(presented), find_key, "aud", "nonce")
    claims: Any = verifier.get_verified_payload()
    assert {name: claims[name] for name in expected} == expected
    assert claims.keys() == expected.keys() | {"iss", "cnf", "languages"}


@pytest.mark.spec("RFC 9901", "4")
@pytest.mark.parametrize("decoys", [False, True])
def test_we_read_what_the_other_implementation_issues_and_presents(decoys: bool) -> None:  # noqa: FBT001
    claims = {
        "iss": "https://issuer.example",
        SDObj("given_name"): "Ada",
        SDObj("address"): {SDObj("street"): "Main St", "country": "UK"},
        "languages": [SDObj("en"), "fr"],
    }
    issuer = SDJWTIssuer(claims, _jwk(_ISSUER), _jwk(_HOLDER), add_decoy_claims=decoys)
    holder = SDJWTHolder(issuer.sd_jwt_issuance)
    holder.create_presentation(
        {"address": {"street": True}, "languages": [True]}, "nonce", "aud", _jwk(_HOLDER)
    )

    sd_jwt = SdJwt.parse(holder.sd_jwt_presentation)
    verified = jws.verify(jws.parse(sd_jwt.jws_text), key=_ISSUER.public_key)
    processed = process(verified.claims(), sd_jwt.disclosures)
    binding = verify_key_binding(
        sd_jwt,
        holder_key=_HOLDER.public_key,
        audience="aud",
        nonce="nonce",
        at=from_timestamp(int(_claims(str(sd_jwt.key_binding))["iat"])),
        max_age=timedelta(0),
    )

    assert processed["address"] == {"street": "Main St", "country": "UK"}
    assert processed["languages"] == ["en", "fr"]
    assert "given_name" not in processed
    assert binding["aud"] == "aud"
