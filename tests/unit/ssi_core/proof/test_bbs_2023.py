"""bbs-2023: from issuer to holder to verifier, and one refusal for each way to be wrong."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ssi_core.errors import AlgorithmError, ExpiredError, MalformedError, NonceError, ProofError
from ssi_core.keys import Bls12381G2Signer, P256Signer, PublicKey, Signer
from ssi_core.proof.bbs_2023 import Bbs2023, Bbs2023Base, derive
from ssi_core.proof.bbs_2023_proof_value import BaseProofValue, DerivedProofValue
from ssi_core.proof.data_integrity import add_proof, verify_proofs
from ssi_core.proof.suite import AllowedSuites
from tests.support.selective import DOCUMENT, JSON_LD, METHOD, URL

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SIGNER = Bls12381G2Signer(b"\x01" * 32)
OTHER = Bls12381G2Signer(b"\x02" * 32)
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
        suite=Bbs2023Base(JSON_LD, mandatory_pointers=mandatory),
        options=options,
    )


def _derive(secured, *, selective=SELECTIVE, **options) -> Any:
    return derive(secured, selective_pointers=selective, json_ld=JSON_LD, **options)


def _verify(secured, *, suite=None, key: PublicKey = SIGNER.public_key) -> Any:
    return verify_proofs(
        secured,
        suites=AllowedSuites([suite or Bbs2023(JSON_LD)]),
        keys={METHOD: key},
        purpose="assertionMethod",
        at=NOW,
    )


ISSUED: Any = _issue()
DERIVED: Any = _derive(ISSUED)
BASE_VALUE = BaseProofValue.decode(ISSUED["proof"]["proofValue"])
VALUE = DerivedProofValue.decode(DERIVED["proof"]["proofValue"])


def _with_value(value: str, secured: Any = DERIVED) -> Any:
    return {**secured, "proof": {**secured["proof"], "proofValue": value}}


def _with_subject(**claims: Any) -> Any:
    return {**DERIVED, "credentialSubject": {**DERIVED["credentialSubject"], **claims}}


@pytest.mark.spec("vc-di-bbs", "3.4.6")
@pytest.mark.spec("vc-di-bbs", "3.4.7")
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


@pytest.mark.spec("vc-di-bbs", "3.4.1")
def test_a_holder_can_check_what_it_received():
    verified = _verify(ISSUED, suite=Bbs2023Base(JSON_LD))

    assert verified.document == DOCUMENT


@pytest.mark.parametrize(
    ("mandatory", "selective"),
    [([], [""]), ([""], []), (["/issuer"], []), ([], ["/issuer"]), (["/issuer"], ["/issuer"])],
)
def test_any_split_between_mandatory_and_chosen_verifies(mandatory, selective):
    derived = _derive(_issue(mandatory=mandatory), selective=selective)

    assert _verify(derived).document.items() <= DOCUMENT.items()


def test_a_document_with_nothing_to_withhold_verifies():
    document = {"@context": [URL], "id": "urn:a", "name": "b"}

    derived = _derive(_issue(document, mandatory=[""]), selective=[])

    assert _verify(derived).document == document


def test_nothing_at_all_cannot_be_derived():
    with pytest.raises(MalformedError, match="nothing is chosen"):
        _derive(_issue(mandatory=[]), selective=[])


def test_derived_proofs_share_no_bytes_but_those_of_the_disclosure():
    again = DerivedProofValue.decode(_derive(ISSUED)["proof"]["proofValue"])

    assert again.bbs_proof[:48] != VALUE.bbs_proof[:48]
    assert replace(again, bbs_proof=b"") == replace(VALUE, bbs_proof=b"")
    assert BASE_VALUE.bbs_signature not in VALUE.bbs_proof
    assert BASE_VALUE.hmac_key not in VALUE.bbs_proof


def test_the_presentation_header_is_the_one_that_was_asked_for():
    derived = _derive(ISSUED, presentation_header=b"for you, now")

    _verify(derived, suite=Bbs2023(JSON_LD, presentation_header=b"for you, now"))
    with pytest.raises(NonceError):
        _verify(derived, suite=Bbs2023(JSON_LD, presentation_header=b"for another"))
    with pytest.raises(NonceError):
        _verify(DERIVED, suite=Bbs2023(JSON_LD, presentation_header=b"for you, now"))


def test_a_presentation_header_put_in_afterwards_is_refused():
    forged = replace(VALUE, presentation_header=b"for you, now").encode()

    with pytest.raises(ProofError, match="does not fit"):
        _verify(_with_value(forged), suite=Bbs2023(JSON_LD, presentation_header=b"for you, now"))


RESULTS = DERIVED["credentialSubject"]["results"]


@pytest.mark.parametrize(
    "secured",
    [
        _with_subject(results=[RESULTS[0], {**RESULTS[1], "value": 45}]),
        _with_subject(results=[{"code": "0"}, RESULTS[1]]),
        {**DERIVED, "issuer": "did:example:other"},
        {**DERIVED, "proof": {**DERIVED["proof"], "created": "2026-03-01T11:00:00Z"}},
    ],
    ids=["chosen claim", "mandatory claim", "mandatory issuer", "proof options"],
)
def test_an_altered_document_is_refused(secured):
    with pytest.raises(ProofError, match="does not fit"):
        _verify(secured)


@pytest.mark.parametrize(
    "secured",
    [
        _with_subject(name="Ada"),
        _with_subject(results=[RESULTS[0], {"code": "4548-4"}]),
        {name: value for name, value in DERIVED.items() if name != "issuer"},
    ],
    ids=["one more", "a chosen one less", "a mandatory one less"],
)
def test_more_or_fewer_statements_than_proven_are_refused(secured):
    with pytest.raises(ProofError, match=r"more or less|names no statement"):
        _verify(secured)


def test_one_node_more_than_signed_is_refused():
    with pytest.raises(ProofError, match="label map"):
        _verify(_with_subject(results=[*RESULTS, {"code": "4548-4"}]))


def test_a_mandatory_statement_withheld_by_new_indexes_is_refused():
    # The issuer is taken out, and all that counts statements is made to fit.
    document = {name: value for name, value in DERIVED.items() if name != "issuer"}
    shorter = tuple(range(len(VALUE.mandatory_indexes) - 1))

    for mandatory in (VALUE.mandatory_indexes[:-1], shorter):
        with pytest.raises(ProofError):
            _verify(_with_value(replace(VALUE, mandatory_indexes=mandatory).encode(), document))


def test_a_mandatory_statement_passed_off_as_a_chosen_one_is_refused():
    moved = replace(
        VALUE,
        mandatory_indexes=VALUE.mandatory_indexes[1:],
        selective_indexes=(*VALUE.selective_indexes, VALUE.selective_indexes[-1] + 1),
    )

    with pytest.raises((ProofError, MalformedError)):
        _verify(_with_value(moved.encode()))


@pytest.mark.parametrize(
    "indexes",
    [
        tuple(index + 1 for index in VALUE.selective_indexes),
        (*VALUE.selective_indexes[:-1], 0),
        (*VALUE.selective_indexes[:-1], VALUE.selective_indexes[-1] - 1),
        (*VALUE.selective_indexes[:-1], 10_000),
    ],
    ids=["shifted", "out of order", "twice", "out of bounds"],
)
def test_wrong_indexes_are_refused(indexes):
    wrong = replace(VALUE, selective_indexes=indexes).encode()

    with pytest.raises((ProofError, MalformedError), match=r"fit|ascending|index"):
        _verify(_with_value(wrong))


def test_labels_exchanged_between_nodes_are_refused():
    labels = list(VALUE.label_map)
    exchanged = dict(zip(labels, reversed(list(VALUE.label_map.values())), strict=True))

    with pytest.raises(ProofError):
        _verify(_with_value(replace(VALUE, label_map=exchanged).encode()))


def test_a_proof_by_another_key_is_refused():
    with pytest.raises(ProofError, match="does not fit"):
        _verify(DERIVED, key=OTHER.public_key)
    with pytest.raises(ProofError, match="another key"):
        _verify(ISSUED, key=OTHER.public_key, suite=Bbs2023Base(JSON_LD))


def test_a_key_of_another_kind_is_refused():
    p256 = P256Signer.generate()

    for suite, secured in ((Bbs2023(JSON_LD), DERIVED), (Bbs2023Base(JSON_LD), ISSUED)):
        with pytest.raises(AlgorithmError):
            _verify(secured, key=p256.public_key, suite=suite)
    with pytest.raises(AlgorithmError):
        _issue(signer=p256)


def test_a_base_proof_is_no_derived_proof_and_the_reverse():
    with pytest.raises(ProofError, match="base proof where a derived one is due"):
        _verify(ISSUED)
    with pytest.raises(ProofError, match="derived one where a base proof is due"):
        _verify(DERIVED, suite=Bbs2023Base(JSON_LD))
    with pytest.raises(ProofError, match="derived one where a base proof is due"):
        _derive(DERIVED)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"bbs_signature": OTHER.sign_messages([], header=b"")}, "signature does not hold"),
        ({"bbs_header": bytes(64)}, "options are not as signed"),
        ({"mandatory_pointers": ("/issuer",)}, "mandatory statements are not as signed"),
        ({"public_key": OTHER.public_key.raw}, "another key"),
        ({"hmac_key": bytes(32)}, "mandatory statements are not as signed"),
    ],
    ids=["signature", "header", "pointers", "key", "HMAC key"],
)
def test_a_base_proof_with_another_component_is_refused(changes, reason):
    value = replace(BASE_VALUE, **changes).encode()

    with pytest.raises(ProofError, match=reason):
        _verify(_with_value(value, ISSUED), suite=Bbs2023Base(JSON_LD))


def test_a_base_proof_of_another_document_is_refused():
    altered = {**ISSUED, "credentialSubject": {**ISSUED["credentialSubject"], "name": "Eve"}}

    # Which label a node gets depends on all that is said of it, and so does the header.
    with pytest.raises(ProofError, match="mandatory statements are not as signed"):
        _verify(altered, suite=Bbs2023Base(JSON_LD))
    with pytest.raises(ProofError, match="does not hold"):
        _derive(altered)


def test_a_derived_proof_is_not_signed():
    with pytest.raises(AlgorithmError, match="derived"):
        add_proof(
            DOCUMENT,
            signer=SIGNER,
            verification_method=METHOD,
            purpose="assertionMethod",
            created=NOW,
            suite=Bbs2023(JSON_LD),
        )


def test_a_proof_that_names_its_context_holds_in_that_context_only():
    options: dict[str, Any] = {"@context": [URL]}

    derived = _derive(_issue(**options))

    _verify(derived)
    with pytest.raises(ProofError):
        _verify({**derived, "proof": {**derived["proof"], "@context": [URL, {}]}})


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


def test_the_dates_of_a_derived_proof_are_those_of_the_issuer():
    derived = _derive(_issue(expires="2026-03-01T11:00:00Z"))

    with pytest.raises(ExpiredError):
        _verify(derived)


@pytest.mark.parametrize("value", [None, 7, "", [], {}])
def test_a_proof_value_of_another_type_is_refused(value):
    with pytest.raises(MalformedError):
        _verify(_with_value(value))
    with pytest.raises(MalformedError):
        _derive(_with_value(value, ISSUED))
