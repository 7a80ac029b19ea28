from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest

from ssi_core import jws
from ssi_core.claim_path import ClaimPath
from ssi_core.encoding import base64url_encode
from ssi_core.errors import MalformedError, QueryError, SsiError, WorkLimitError
from ssi_core.keys import Ed25519Signer, P256Signer
from ssi_core.proof.sd_jwt import (
    Disclosure,
    Sd,
    SdClaims,
    SdJwt,
    bind,
    derive,
    disclosed_paths,
    index,
    issue,
    process,
)

_NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
_SIGNER = P256Signer.generate()
_CLAIMS: SdClaims = {
    "iss": "x",
    "name": Sd("Ada"),
    "address": Sd({"street": Sd("Main St"), "city": Sd("York"), "country": "UK"}),
    "languages": [Sd("en"), "fr", Sd("de")],
    "visits": Sd([Sd({"date": Sd("2026-01-02"), "ward": "B"}), Sd({"date": Sd("2026-03-04")})]),
    "plain": {"inner": Sd(1)},
}


@pytest.fixture(scope="module")
def credential():
    return issue(_CLAIMS, header={"typ": "example+sd-jwt"}, signer=_SIGNER)


def _names(sd_jwt: SdJwt) -> list[ClaimPath]:
    return sorted(disclosed_paths(sd_jwt), key=repr)


@pytest.mark.spec("RFC 9901", "4")
def test_an_sd_jwt_ends_with_a_tilde_and_one_with_key_binding_does_not(credential):
    bound = bind(credential, signer=_SIGNER, audience="a", nonce="n", at=_NOON)

    assert str(credential).endswith("~")
    assert str(credential).count("~") == len(credential.disclosures) + 1
    assert str(bound).startswith(str(credential))
    assert not str(bound).endswith("~")


@pytest.mark.spec("RFC 9901", "4")
def test_the_compact_form_survives_a_round_trip(credential):
    bound = bind(credential, signer=_SIGNER, audience="a", nonce="n", at=_NOON)

    for sd_jwt in (credential, bound, derive(credential, [])):
        assert SdJwt.parse(str(sd_jwt)) == sd_jwt


@pytest.mark.spec("RFC 9901", "4")
@pytest.mark.parametrize("text", ["", "a.b.c", "a.b.c~~", "a.b.c~ ~", "a.b.c~W10~", "~" * 2])
def test_what_is_no_sd_jwt_is_refused(text):
    with pytest.raises(MalformedError):
        SdJwt.parse(text)


def test_an_sd_jwt_that_is_larger_than_allowed_is_refused():
    with pytest.raises(MalformedError):
        SdJwt.parse("a" * 2_000_000 + "~")


@pytest.mark.parametrize("text", ["\u00e4.b.c~", "\ud800~"])
def test_text_beyond_ascii_is_refused_wherever_it_is_used(text):
    with pytest.raises(SsiError):
        SdJwt.parse(text).hash("sha-256")


def test_the_issuer_signs_the_payload_with_its_digests(credential):
    verified = jws.verify(jws.parse(credential.jws_text), key=_SIGNER.public_key)

    assert verified.claims() == credential.payload()
    assert verified.header == {"alg": "ES256", "typ": "example+sd-jwt"}
    assert "name" not in credential.payload()


def test_every_disclosure_has_the_path_of_its_claim(credential):
    assert {path: item.name for path, item in index(credential).items()} == {
        ("name",): "name",
        ("address",): "address",
        ("address", "street"): "street",
        ("address", "city"): "city",
        ("languages", 0): None,
        ("languages", 2): None,
        ("visits",): "visits",
        ("visits", 0): None,
        ("visits", 0, "date"): "date",
        ("visits", 1): None,
        ("visits", 1, "date"): "date",
        ("plain", "inner"): "inner",
    }


@pytest.mark.spec("RFC 9901", "4.2.6")
@pytest.mark.parametrize(
    ("keep", "paths"),
    [
        ([], []),
        ([("iss",)], []),
        ([("name",)], [("name",)]),
        ([("address", "city")], [("address",), ("address", "city")]),
        ([("address", "country")], [("address",)]),
        ([("address",)], [("address",), ("address", "city"), ("address", "street")]),
        ([("languages", 2)], [("languages", 2)]),
        ([("languages", 1)], []),
        ([("languages", None)], [("languages", 0), ("languages", 2)]),
        (
            [("visits", 1, "date")],
            [("visits",), ("visits", 1), ("visits", 1, "date")],
        ),
        (
            [("visits", None, "ward")],
            [("visits",), ("visits", 0)],
        ),
        ([("plain",)], [("plain", "inner")]),
        ([("name",), ("name",), ("plain", "inner")], [("name",), ("plain", "inner")]),
    ],
    ids=repr,
)
def test_a_derived_sd_jwt_has_what_was_kept_with_its_parents_and_nothing_else(
    credential, keep, paths
):
    derived = derive(credential, keep)

    by_text = {item.text: path for path, item in index(credential).items()}
    assert sorted((by_text[item.text] for item in derived.disclosures), key=repr) == sorted(
        paths, key=repr
    )
    assert process(derived.payload(), derived.disclosures)


@pytest.mark.parametrize("keep", [("phone",), ("languages", 3), ("address", "zip"), ("name", "x")])
def test_keeping_what_is_not_there_is_refused(credential, keep):
    with pytest.raises(QueryError):
        derive(credential, [keep])


def test_positions_are_those_of_the_processed_payload(credential):
    only_last = derive(credential, [("languages", 2)])

    assert process(only_last.payload(), only_last.disclosures)["languages"] == ["fr", "de"]
    assert _names(only_last) == [("languages", 1)]
    assert derive(only_last, [("languages", 1)]) == only_last


def test_positions_do_not_depend_on_decoys():
    credential = issue({"c": [Sd("a"), Sd("b")]}, header={}, signer=_SIGNER, decoys=2)

    derived = derive(credential, [("c", 1)])

    assert [item.value for item in derived.disclosures] == ["b"]


@pytest.mark.spec("RFC 9901", "4.2.5")
def test_decoys_of_others_in_the_middle_of_an_array_move_nothing():
    first, second = Disclosure.make(None, "a"), Disclosure.make(None, "b")
    payload = {"c": [{"...": "decoy"}, {"...": first.digest()}, {"...": second.digest()}]}
    credential = SdJwt(jws.sign({}, payload, signer=_SIGNER), (first, second))

    derived = derive(credential, [("c", 1)])

    assert derived.disclosures == (second,)


def test_deriving_drops_key_binding(credential):
    bound = bind(credential, signer=_SIGNER, audience="a", nonce="n", at=_NOON)

    assert derive(bound, [("name",)]).key_binding is None


@pytest.mark.spec("RFC 9901", "4.3")
@pytest.mark.parametrize("holder", [P256Signer.generate(), Ed25519Signer.generate()])
def test_key_binding_says_when_for_whom_for_what_and_over_which_sd_jwt(credential, holder):
    bound = bind(credential, signer=holder, audience="a", nonce="n", at=_NOON, extra={"more": [1]})

    parsed = jws.verify(jws.parse(str(bound.key_binding)), key=holder.public_key)
    assert parsed.header["typ"] == "kb+jwt"
    assert parsed.claims() == {
        "iat": 1796126400,
        "aud": "a",
        "nonce": "n",
        "sd_hash": base64url_encode(sha256(str(credential).encode()).digest()),
        "more": [1],
    }


@pytest.mark.spec("RFC 9901", "4.3.1")
def test_the_hash_over_the_sd_jwt_uses_the_algorithm_that_the_issuer_named():
    disclosure = Disclosure.make("name", "Ada")
    payload = {"_sd": [disclosure.digest("sha-512")], "_sd_alg": "sha-512"}
    credential = SdJwt(jws.sign({}, payload, signer=_SIGNER), (disclosure,))

    bound = bind(credential, signer=_SIGNER, audience="a", nonce="n", at=_NOON)

    claims: Any = jws.parse(str(bound.key_binding)).claims()
    assert len(claims["sd_hash"]) == 86


def test_key_binding_is_made_once(credential):
    bound = bind(credential, signer=_SIGNER, audience="a", nonce="n", at=_NOON)

    with pytest.raises(MalformedError):
        bind(bound, signer=_SIGNER, audience="a", nonce="n", at=_NOON)


@pytest.mark.parametrize("name", ["iat", "aud", "nonce", "sd_hash"])
def test_a_caller_cannot_overwrite_what_key_binding_says(credential, name):
    with pytest.raises(MalformedError):
        bind(credential, signer=_SIGNER, audience="a", nonce="n", at=_NOON, extra={name: "x"})


def test_more_disclosures_than_anybody_needs_are_refused_before_they_are_read():
    with pytest.raises(WorkLimitError, match="more disclosures"):
        SdJwt.parse("a.b.c~" + "!~" * 10_001)
