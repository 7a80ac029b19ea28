"""Every intermediate value of the bbs-2023 vectors of w3c/vc-di-bbs (TestVectors)."""

import json
from pathlib import Path
from typing import Any

import pytest

from ssi_core.encoding import multibase_encode
from ssi_core.keys import Bls12381G2Signer, public_key_from_multikey
from ssi_core.proof.bbs_2023 import Bbs2023, Bbs2023Base, derive
from ssi_core.proof.bbs_2023_proof_value import BaseProofValue, DerivedProofValue
from ssi_core.proof.data_integrity import verify_proofs, without_proofs
from ssi_core.proof.json_pointers import Selection
from ssi_core.proof.selective_disclosure import (
    Statements,
    hash_options,
    recover,
    reveal,
    shuffled_label_map,
    statements_of,
)
from ssi_core.proof.suite import AllowedSuites, config_of, with_context_of
from ssi_core.rdf.contexts import Contexts, PinnedContext
from ssi_core.rdf.json_ld import JsonLd
from ssi_core.rdf.rdfc_1_0 import canonicalize

pytestmark = pytest.mark.spec("vc-di-bbs", "A. Test Vectors")


@pytest.fixture(scope="module")
def json_ld(vectors: Path) -> JsonLd:
    text = (vectors / "contexts/credentials-v2-REC.jsonld").read_bytes()
    return JsonLd(Contexts([PinnedContext.trusting("https://www.w3.org/ns/credentials/v2", text)]))


@pytest.fixture(scope="module")
def published(vectors: Path) -> dict[str, Any]:
    folder = vectors / "vc-di-bbs"
    return {path.stem: json.loads(path.read_text()) for path in folder.glob("*.json")}


@pytest.fixture
def signer(published) -> Bls12381G2Signer:
    return Bls12381G2Signer(bytes.fromhex(published["BBSKeyMaterial"]["privateKeyHex"]))


@pytest.fixture
def hmac_key(published) -> bytes:
    return bytes.fromhex(published["BBSKeyMaterial"]["hmacKeyString"])


@pytest.fixture
def statements(published, hmac_key, json_ld) -> Statements:
    return statements_of(
        published["windDoc"],
        mandatory_pointers=published["windMandatory"],
        label_map=shuffled_label_map(hmac_key),
        to_quads=json_ld.to_quads,
    )


def _numbered(published: Any) -> list[tuple[int, str]]:
    return [(index, line) for index, line in published["value"]]


def test_the_key_pair_is_the_published_one(published, signer):
    raw = bytes.fromhex(published["BBSKeyMaterial"]["publicKeyHex"])

    assert signer.public_key.raw == raw
    assert public_key_from_multikey(multibase_encode(b"\xeb\x01" + raw)) == signer.public_key


def test_the_canonical_document_is_the_published_one(published, json_ld):
    canonical = canonicalize(json_ld.to_quads(published["windDoc"]))

    assert list(canonical.lines) == published["addBaseDocCanon"]


def test_the_shuffled_document_is_the_published_one(published, statements):
    assert list(statements.lines) == published["addBaseDocHMACCanon"]


def test_mandatory_and_other_statements_are_the_published_ones(published, statements):
    expected = published["addBaseTransform"]

    numbered = list(enumerate(statements.lines))

    assert published["windMandatory"] == expected["mandatoryPointers"]
    assert [pair for pair in numbered if pair[0] in statements.mandatory] == (
        _numbered(expected["mandatory"])
    )
    assert [line.encode() for _, line in _numbered(expected["nonMandatory"])] == list(
        statements.non_mandatory
    )


def test_pointers_select_the_published_values(published):
    for expected in published["addPointerValues"]:
        document = published["windDoc"]["credentialSubject"]
        selection = Selection.parse(document, [expected["pointer"]], at="")

        part: Any = selection.part_of(document)

        for step in expected["pointer"].split("/")[1:]:
            part = part[0] if isinstance(part, list) else part[step]
        assert part == expected["value"]


def test_the_proof_options_are_the_published_ones(published, json_ld, vectors):
    document = published["windDoc"]
    config = with_context_of(document, config_of(published["addSignedSDBase"]["proof"]))

    canonical = canonicalize(json_ld.to_quads(config))

    assert config == published["addProofConfig"]
    assert canonical.n_quads == (vectors / "vc-di-bbs/addProofConfigCanon.txt").read_bytes()


def test_the_hashes_are_the_published_ones(published, statements, json_ld):
    proof = published["addSignedSDBase"]["proof"]

    proof_hash = hash_options(published["windDoc"], proof, to_quads=json_ld.to_quads)

    assert published["addHashData"] == {
        "proofHash": proof_hash.hex(),
        "mandatoryHash": statements.mandatory_hash.hex(),
    }


def test_the_base_proof_is_the_published_one_byte_for_byte(published, signer, hmac_key, json_ld):
    signed = published["addSignedSDBase"]
    suite = Bbs2023Base(json_ld, mandatory_pointers=published["windMandatory"], hmac_key=hmac_key)

    proof = suite.create_proof(without_proofs(signed), config_of(signed["proof"]), signer=signer)

    value = BaseProofValue.decode(signed["proof"]["proofValue"])
    assert proof == signed["proof"]
    assert value.bbs_signature.hex() == published["addRawBaseSignatureInfo"]["bbsSignature"]
    assert value.encode() == signed["proof"]["proofValue"]
    suite.verify_proof(without_proofs(signed), signed["proof"], key=signer.public_key)


def test_what_the_holder_recovers_is_the_published_base_data(published):
    value = BaseProofValue.decode(published["addSignedSDBase"]["proof"]["proofValue"])

    recovered = {
        "bbsSignature": value.bbs_signature.hex(),
        "hmacKey": value.hmac_key.hex(),
        "mandatoryPointers": list(value.mandatory_pointers),
    }

    assert recovered == published["derivedRecoveredBaseData"]


def test_groups_and_indexes_are_the_published_ones(published, hmac_key, statements, json_ld):
    groups = published["derivedGroupIndexes"]
    disclosure = published["derivedDisclosureData"]

    chosen = reveal(
        published["windDoc"],
        mandatory_pointers=published["windMandatory"],
        selective_pointers=published["windSelective"],
        label_map=shuffled_label_map(hmac_key),
        to_quads=json_ld.to_quads,
    )

    others = [i for i in range(len(statements.lines)) if i not in statements.mandatory]
    combined = {others[index] for index in chosen.selective_indexes} | statements.mandatory
    assert sorted(statements.mandatory) == groups["mandatoryIndexes"]
    assert others == groups["nonMandatoryIndexes"]
    assert sorted(combined) == groups["combinedIndexes"]
    assert published["derivedAdjIndexes"] == {
        "adjMandatoryIndexes": list(chosen.mandatory_indexes),
        "adjSelectiveIndexes": list(chosen.selective_indexes),
    }
    assert [list(pair) for pair in chosen.label_map.items()] == disclosure["labelMap"]["value"]
    assert chosen.document == published["derivedUnsignedReveal"]


def test_the_published_derived_proof_reads_as_published(published):
    proof_value = published["derivedRevealDocument"]["proof"]["proofValue"]
    disclosure = published["derivedDisclosureData"]

    value = DerivedProofValue.decode(proof_value)

    assert value.bbs_proof.hex() == disclosure["bbsProof"]
    assert value.label_map == dict(disclosure["labelMap"]["value"])
    assert list(value.mandatory_indexes) == disclosure["mandatoryIndexes"]
    assert list(value.selective_indexes) == disclosure["adjSelectiveIndexes"]
    assert list(value.presentation_header) == list(disclosure["presentationHeader"].values())
    assert (
        value.presentation_header.hex() == (published["BBSDeriveMaterial"]["presentationHeaderHex"])
    )
    assert value.encode() == proof_value


def test_what_the_verifier_recovers_are_the_statements_of_the_issuer(
    published, statements, json_ld
):
    value = DerivedProofValue.decode(published["derivedRevealDocument"]["proof"]["proofValue"])

    recovered = recover(
        json_ld.to_quads(published["derivedUnsignedReveal"]),
        label_map=value.label_map,
        mandatory_indexes=value.mandatory_indexes,
    )

    assert recovered.mandatory_hash == statements.mandatory_hash
    assert set(recovered.lines) <= set(statements.lines)


def test_the_published_derived_proof_verifies_and_so_does_ours(published, signer, json_ld):
    header = bytes.fromhex(published["BBSDeriveMaterial"]["presentationHeaderHex"])
    theirs: Any = published["derivedRevealDocument"]
    ours: Any = derive(
        published["addSignedSDBase"],
        selective_pointers=published["windSelective"],
        json_ld=json_ld,
        presentation_header=header,
    )

    for secured in (theirs, ours):
        verified = verify_proofs(
            secured,
            suites=AllowedSuites([Bbs2023(json_ld, presentation_header=header)]),
            keys={secured["proof"]["verificationMethod"]: signer.public_key},
            purpose="assertionMethod",
        )

        assert verified.document == published["derivedUnsignedReveal"]
