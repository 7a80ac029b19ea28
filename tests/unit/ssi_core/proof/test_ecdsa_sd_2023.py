"""ecdsa-sd-2023: from issuer to holder to verifier, and one refusal for each way to be wrong."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ssi_core.errors import AlgorithmError, MalformedError, ProofError
from ssi_core.keys import (
    Bls12381G2Signer,
    Ed25519Signer,
    P256Signer,
    P384Signer,
    PublicKey,
    Signer,
)
from ssi_core.proof.data_integrity import add_proof, verify_proofs, without_proofs
from ssi_core.proof.ecdsa_sd_2023 import EcdsaSd2023, EcdsaSd2023Base, derive
from ssi_core.proof.ecdsa_sd_2023_proof_value import BaseProofValue, DerivedProofValue
from ssi_core.proof.selective_disclosure import hash_options, recover
from ssi_core.proof.suite import AllowedSuites
from tests.support.selective import DOCUMENT, JSON_LD, METHOD, URL

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SIGNER = P256Signer((1).to_bytes(32, "big"))
OTHER = P256Signer((2).to_bytes(32, "big"))
MANDATORY = ["/issuer", "/credentialSubject/results/0/code"]
SELECTIVE = ["/credentialSubject/results/1"]


def _issue(
    document=DOCUMENT, *, signer: Signer = SIGNER, mandatory=MANDATORY, **options: Any
) -> Any:
    return add_proof(
        document,
        signer=signer,
        verification_method=METHOD,
        purpose="assertionMethod",
        created=NOW,
        suite=EcdsaSd2023Base(JSON_LD, mandatory_pointers=mandatory),
        options=options,
    )


def _derive(secured, *, selective=SELECTIVE, **options) -> Any:
    return derive(secured, selective_pointers=selective, json_ld=JSON_LD, **options)


def _verify(secured, *, suite=None, key: PublicKey = SIGNER.public_key) -> Any:
    return verify_proofs(
        secured,
        suites=AllowedSuites([suite or EcdsaSd2023(JSON_LD)]),
        keys={METHOD: key},
        purpose="assertionMethod",
        at=NOW,
    )


ISSUED: Any = _issue()
DERIVED: Any = _derive(ISSUED)
BASE_VALUE = BaseProofValue.decode(ISSUED["proof"]["proofValue"])
VALUE = DerivedProofValue.decode(DERIVED["proof"]["proofValue"])
RESULTS = DERIVED["credentialSubject"]["results"]


def _with_value(value: str, secured: Any = DERIVED) -> Any:
    return {**secured, "proof": {**secured["proof"], "proofValue": value}}


def _with_subject(**claims: Any) -> Any:
    return {**DERIVED, "credentialSubject": {**DERIVED["credentialSubject"], **claims}}


@pytest.mark.spec("vc-di-ecdsa", "3.6.6")
@pytest.mark.spec("vc-di-ecdsa", "3.6.7")
def test_a_holder_discloses_what_is_mandatory_and_what_it_chose():
    verified = _verify(DERIVED)

    assert verified.document == {
        "@context": [URL],
        "type": ["VerifiableCredential"],
        "issuer": "did:example:issuer",
        "credentialSubject": {
            "results": [{"code": "4548-4"}, {"code": "4548-4", "value": 44}],
        },
    }


@pytest.mark.spec("vc-di-ecdsa", "3.6.1")
def test_a_holder_can_check_what_it_received():
    verified = _verify(ISSUED, suite=EcdsaSd2023Base(JSON_LD))

    assert verified.document == DOCUMENT


@pytest.mark.parametrize(
    ("mandatory", "selective"),
    [([], [""]), ([""], []), (["/issuer"], []), ([], ["/issuer"]), (["/issuer"], ["/issuer"])],
)
def test_any_split_between_mandatory_and_chosen_verifies(mandatory, selective):
    derived = _derive(_issue(mandatory=mandatory), selective=selective)

    assert _verify(derived).document.items() <= DOCUMENT.items()


def test_every_proof_has_keys_of_its_own():
    again = BaseProofValue.decode(_issue()["proof"]["proofValue"])

    assert again.public_key != BASE_VALUE.public_key
    assert again.hmac_key != BASE_VALUE.hmac_key


def test_only_signatures_of_what_is_disclosed_are_passed_on():
    assert len(VALUE.signatures) == len(VALUE.label_map) - 1
    assert set(VALUE.signatures) < set(BASE_VALUE.signatures)


@pytest.mark.parametrize(
    ("secured", "reason"),
    [
        # Which node gets which label depends on all that is said of it.
        (_with_subject(results=[RESULTS[0], {**RESULTS[1], "value": 45}]), "mandatory"),
        (_with_subject(results=[{"code": "0"}, RESULTS[1]]), "mandatory"),
        ({**DERIVED, "issuer": "did:example:other"}, "mandatory"),
        ({**DERIVED, "proof": {**DERIVED["proof"], "created": "2026-03-01T11:00:00Z"}}, "options"),
    ],
    ids=["chosen claim", "mandatory claim", "mandatory issuer", "proof options"],
)
def test_an_altered_document_is_refused(secured, reason):
    with pytest.raises(ProofError, match=f"{reason}.*as signed"):
        _verify(secured)


def test_an_altered_statement_without_blank_nodes_is_named_as_one():
    derived = _derive(
        _issue({"@context": [URL], "id": "urn:a", "issuer": "urn:i", "name": "Ada"}, mandatory=[]),
        selective=["/name"],
    )

    with pytest.raises(ProofError, match="a statement is not as signed"):
        _verify({**derived, "name": "Eve"})


@pytest.mark.parametrize(
    "secured",
    [
        _with_subject(name="Ada"),
        _with_subject(results=[RESULTS[0], {"code": "4548-4"}]),
        {name: value for name, value in DERIVED.items() if name != "issuer"},
    ],
    ids=["one more", "a chosen one less", "a mandatory one less"],
)
def test_more_or_fewer_statements_than_signed_are_refused(secured):
    with pytest.raises(ProofError, match=r"more or less|names no statement"):
        _verify(secured)


def test_a_copied_statement_with_a_copied_signature_is_refused():
    copied = replace(VALUE, signatures=(*VALUE.signatures, VALUE.signatures[-1]))
    twice = _with_subject(results=[*RESULTS, RESULTS[1]])

    with pytest.raises(ProofError, match="label map"):
        _verify(_with_value(copied.encode(), twice))


def test_signatures_that_are_missing_or_exchanged_are_refused():
    with pytest.raises(ProofError, match="more or less"):
        _verify(_with_value(replace(VALUE, signatures=VALUE.signatures[1:]).encode()))
    with pytest.raises(ProofError, match="a statement is not as signed"):
        _verify(_with_value(replace(VALUE, signatures=VALUE.signatures[::-1]).encode()))


def test_statements_signed_by_a_key_of_the_holders_are_refused():
    own = P256Signer.generate()
    forged = replace(VALUE, public_key=b"\x80\x24" + own.public_key.raw)

    with pytest.raises(ProofError, match="as signed"):
        _verify(_with_value(forged.encode()))


def test_a_statement_of_another_proof_of_the_issuers_is_refused():
    other = BaseProofValue.decode(_issue()["proof"]["proofValue"])
    mixed = replace(VALUE, signatures=(*VALUE.signatures[:-1], other.signatures[-1]))

    with pytest.raises(ProofError, match="a statement is not as signed"):
        _verify(_with_value(mixed.encode()))


@pytest.mark.parametrize(
    "indexes",
    [VALUE.mandatory_indexes[1:], VALUE.mandatory_indexes[:-1], (0, 1, 2, 3, 10_000)],
)
def test_other_mandatory_indexes_are_refused(indexes):
    with pytest.raises(ProofError, match=r"more or less|names no statement|as signed"):
        _verify(_with_value(replace(VALUE, mandatory_indexes=indexes).encode()))


def test_indexes_out_of_order_are_refused():
    shuffled = replace(VALUE, mandatory_indexes=VALUE.mandatory_indexes[::-1])

    with pytest.raises(MalformedError, match="ascending"):
        _verify(_with_value(shuffled.encode()))


def test_a_proof_by_another_key_is_refused():
    for suite, secured in ((EcdsaSd2023(JSON_LD), DERIVED), (EcdsaSd2023Base(JSON_LD), ISSUED)):
        with pytest.raises(ProofError, match="as signed"):
            _verify(secured, key=OTHER.public_key, suite=suite)


@pytest.mark.parametrize("kind", [P384Signer, Ed25519Signer, Bls12381G2Signer])
def test_a_key_of_another_kind_is_refused(kind):
    signer = kind.generate()

    for suite, secured in ((EcdsaSd2023(JSON_LD), DERIVED), (EcdsaSd2023Base(JSON_LD), ISSUED)):
        with pytest.raises(AlgorithmError):
            _verify(secured, key=signer.public_key, suite=suite)
    with pytest.raises(AlgorithmError):
        _issue(signer=signer)


def test_a_base_proof_is_no_derived_proof_and_the_reverse():
    with pytest.raises(ProofError, match="base proof where a derived one is due"):
        _verify(ISSUED)
    with pytest.raises(ProofError, match="derived one where a base proof is due"):
        _verify(DERIVED, suite=EcdsaSd2023Base(JSON_LD))
    with pytest.raises(ProofError, match="derived one where a base proof is due"):
        _derive(DERIVED)


@pytest.mark.parametrize(
    "key", [b"\xed\x01" + bytes(33), b"\x80\x24" + bytes(33)], ids=["another kind", "no point"]
)
def test_what_an_issuer_signed_as_the_key_of_a_proof_must_be_one(key):
    document = without_proofs(DERIVED)
    proof_hash = hash_options(document, DERIVED["proof"], to_quads=JSON_LD.to_quads)
    statements = recover(
        JSON_LD.to_quads(document),
        label_map=VALUE.label_map,
        mandatory_indexes=VALUE.mandatory_indexes,
    )
    signature = SIGNER.sign(proof_hash + key + statements.mandatory_hash)
    signed = replace(VALUE, base_signature=signature, public_key=key)

    with pytest.raises(MalformedError):
        _verify(_with_value(signed.encode()))


@pytest.mark.parametrize(
    "changes",
    [
        {"signatures": BASE_VALUE.signatures[1:]},
        {"signatures": BASE_VALUE.signatures[::-1]},
        {"mandatory_pointers": ("/issuer",)},
        {"hmac_key": bytes(32)},
    ],
    ids=["a signature less", "exchanged signatures", "pointers", "HMAC key"],
)
def test_a_base_proof_with_another_component_is_refused(changes):
    value = replace(BASE_VALUE, **changes).encode()

    with pytest.raises(ProofError):
        _verify(_with_value(value, ISSUED), suite=EcdsaSd2023Base(JSON_LD))


def test_a_base_proof_without_a_signature_for_each_statement_gives_nothing():
    value = replace(BASE_VALUE, signatures=BASE_VALUE.signatures[1:]).encode()

    with pytest.raises(ProofError, match="more or less"):
        _derive(_with_value(value, ISSUED))


def test_a_derived_proof_is_not_signed():
    with pytest.raises(AlgorithmError, match="derived"):
        EcdsaSd2023(JSON_LD).create_proof(DOCUMENT, {}, signer=SIGNER)


def test_a_proof_in_a_chain_is_refused():
    first = _issue(id="urn:proof:1")

    with pytest.raises(ProofError, match="does not build on others"):
        _issue(first, previousProof="urn:proof:1")


def test_the_proof_to_derive_from_is_named_when_there_are_several():
    two = _issue(_issue(id="urn:proof:1"), id="urn:proof:2")

    derived = _derive(two, proof_id="urn:proof:2")

    assert derived["proof"]["id"] == "urn:proof:2"
    _verify(derived)
    with pytest.raises(ProofError, match="exactly one"):
        _derive(two)


@pytest.mark.parametrize("value", [None, 7, "", [], {}])
def test_a_proof_value_of_another_type_is_refused(value):
    with pytest.raises(MalformedError):
        _verify(_with_value(value))
    with pytest.raises(MalformedError):
        _derive(_with_value(value, ISSUED))
