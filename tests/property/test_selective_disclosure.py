"""Derived proofs: what was chosen verifies, and nothing that was touched afterwards does."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.errors import SsiError
from ssi_core.keys import Bls12381G2Signer, P256Signer, Signer
from ssi_core.proof import bbs_2023, ecdsa_sd_2023
from ssi_core.proof.bbs_2023 import Bbs2023, Bbs2023Base
from ssi_core.proof.data_integrity import add_proof, verify_proofs
from ssi_core.proof.ecdsa_sd_2023 import EcdsaSd2023, EcdsaSd2023Base
from ssi_core.proof.suite import AllowedSuites
from tests.support.selective import DOCUMENT, JSON_LD, METHOD, credential

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MANDATORY = ["/issuer"]
SIGNERS: dict[str, Signer] = {
    "bbs-2023": Bls12381G2Signer(b"\x01" * 32),
    "ecdsa-sd-2023": P256Signer(b"\x01" * 32),
}
KINDS = pytest.mark.parametrize("kind", SIGNERS)


def _issue(kind: str, document: Any) -> Any:
    base = {"bbs-2023": Bbs2023Base, "ecdsa-sd-2023": EcdsaSd2023Base}[kind]
    return add_proof(
        document,
        signer=SIGNERS[kind],
        verification_method=METHOD,
        purpose="assertionMethod",
        created=NOW,
        suite=base(JSON_LD, mandatory_pointers=MANDATORY),
    )


def _derive(kind: str, secured: Any, pointers: list[str]) -> Any:
    module = {"bbs-2023": bbs_2023, "ecdsa-sd-2023": ecdsa_sd_2023}[kind]
    return module.derive(secured, selective_pointers=pointers, json_ld=JSON_LD)


def _verify(kind: str, secured: Any) -> Any:
    suites = AllowedSuites([Bbs2023(JSON_LD), EcdsaSd2023(JSON_LD)])
    keys = {METHOD: SIGNERS[kind].public_key}
    return verify_proofs(
        secured, suites=suites, keys=keys, purpose="assertionMethod", at=NOW
    ).document


ISSUED = {kind: _issue(kind, DOCUMENT) for kind in SIGNERS}
DERIVED = {kind: _derive(kind, ISSUED[kind], ["/credentialSubject/results/1"]) for kind in SIGNERS}
PROOF_BYTES = {
    kind: base64url_decode(derived["proof"]["proofValue"][1:]) for kind, derived in DERIVED.items()
}

values = st.one_of(st.text(max_size=5), st.integers(-9, 9), st.booleans())
results = st.lists(
    st.dictionaries(st.sampled_from(["code", "value", "name"]), values, min_size=1), max_size=4
)


@KINDS
@given(data=st.data())
def test_no_flipped_byte_of_a_proof_value_verifies(kind, data):
    place = data.draw(st.integers(0, len(PROOF_BYTES[kind]) - 1))
    flipped = bytearray(PROOF_BYTES[kind])
    flipped[place] ^= data.draw(st.integers(1, 255))
    proof = {**DERIVED[kind]["proof"], "proofValue": "u" + base64url_encode(bytes(flipped))}

    with pytest.raises(SsiError):
        _verify(kind, {**DERIVED[kind], "proof": proof})


@KINDS
@given(data=st.data())
def test_no_truncated_or_lengthened_proof_value_verifies(kind, data):
    whole = PROOF_BYTES[kind]
    cut = data.draw(st.integers(0, len(whole) - 1))
    more = data.draw(st.binary(min_size=1, max_size=4))
    for wrong in (whole[:cut], whole + more, whole[:cut] + more + whole[cut:]):
        proof = {**DERIVED[kind]["proof"], "proofValue": "u" + base64url_encode(wrong)}

        with pytest.raises(SsiError):
            _verify(kind, {**DERIVED[kind], "proof": proof})


@KINDS
@given(data=st.data())
def test_no_altered_character_of_a_derived_credential_goes_unnoticed(kind, data):
    text = json.dumps(DERIVED[kind])
    place = data.draw(st.integers(0, len(text) - 1))
    character = data.draw(st.sampled_from('0aA"{}[],: x'))
    try:
        altered = json.loads(text[:place] + character + text[place + 1 :])
    except ValueError:
        return
    if altered == DERIVED[kind] or not isinstance(altered, dict):
        return

    with pytest.raises(SsiError):
        _verify(kind, altered)


@KINDS
@given(results, st.data())
def test_any_choice_from_any_document_verifies_and_discloses_no_more(kind, made, data):
    document = credential(name="Ada", **({"results": made} if made else {}))
    pointers = ["/issuer", "/credentialSubject/name"]
    for index, result in enumerate(made):
        pointers += [f"/credentialSubject/results/{index}"]
        pointers += [f"/credentialSubject/results/{index}/{name}" for name in result]
    chosen = data.draw(st.lists(st.sampled_from(pointers), unique=True))
    try:
        secured = _issue(kind, document)
    except SsiError:
        return  # a value that JSON-LD would not keep

    verified = _verify(kind, _derive(kind, secured, chosen))

    if "/credentialSubject/name" not in chosen:
        assert "name" not in verified.get("credentialSubject", {})
    for index, result in enumerate(made):
        for name, value in result.items():
            path = f"/credentialSubject/results/{index}"
            if path in chosen or f"{path}/{name}" in chosen:
                shown = verified["credentialSubject"]["results"]
                assert any(item.get(name) == value for item in shown)


@KINDS
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    )
)
def test_junk_raises_only_our_own_errors(kind, junk):
    secured = DERIVED[kind]
    for wrong in (
        {**secured, "proof": {**secured["proof"], "proofValue": junk}},
        {**secured, "credentialSubject": junk},
        {**secured, "@context": junk},
    ):
        with pytest.raises(SsiError):
            _verify(kind, wrong)
    with pytest.raises(SsiError):
        _derive(kind, {**ISSUED[kind], "credentialSubject": {"results": junk}}, ["/x"])
