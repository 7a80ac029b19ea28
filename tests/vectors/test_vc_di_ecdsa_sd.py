"""Every intermediate value of the ecdsa-sd-2023 vectors of w3c/vc-di-ecdsa (TestVectors)."""

import json
from pathlib import Path
from typing import Any

import pytest

from ssi_core.encoding import multibase_decode, multibase_encode
from ssi_core.keys import P256PublicKey, P256Signer, public_key_from_multikey
from ssi_core.proof.data_integrity import add_proof, verify_proofs, without_proofs
from ssi_core.proof.ecdsa_sd_2023 import EcdsaSd2023, EcdsaSd2023Base, derive
from ssi_core.proof.ecdsa_sd_2023_proof_value import BaseProofValue, DerivedProofValue
from ssi_core.proof.json_pointers import Selection
from ssi_core.proof.selective_disclosure import (
    Statements,
    hash_options,
    hmac_label_map,
    recover,
    reveal,
    statements_of,
)
from ssi_core.proof.suite import AllowedSuites, config_of, with_context_of
from ssi_core.rdf.contexts import Contexts, PinnedContext
from ssi_core.rdf.json_ld import JsonLd
from ssi_core.rdf.rdfc_1_0 import canonicalize

CONTEXTS = {
    "https://www.w3.org/ns/credentials/v2": "credentials-v2-REC.jsonld",
    "https://w3id.org/citizenship/v4rc1": "citizenship-v4rc1.jsonld",
}

pytestmark = pytest.mark.spec("vc-di-ecdsa", "A.7")


@pytest.fixture(scope="module")
def json_ld(vectors: Path) -> JsonLd:
    return JsonLd(
        Contexts(
            PinnedContext.trusting(url, (vectors / "contexts" / name).read_bytes())
            for url, name in CONTEXTS.items()
        )
    )


@pytest.fixture(scope="module")
def published(vectors: Path) -> dict[str, Any]:
    folder = vectors / "vc-di-ecdsa"
    files = [
        *folder.glob("employ*.json"),
        *folder.glob("ecdsa-sd-2023/*.json"),
        *folder.glob("ecdsa-sd-2023/employ/*.json"),
    ]
    return {path.stem: json.loads(path.read_text()) for path in files}


@pytest.fixture
def issuer(published) -> P256PublicKey:
    key = public_key_from_multikey(published["SDKeyMaterial"]["baseKeyPair"]["publicKeyMultibase"])
    assert isinstance(key, P256PublicKey)
    return key


@pytest.fixture
def hmac_key(published) -> bytes:
    return bytes.fromhex(published["SDKeyMaterial"]["hmacKeyString"])


@pytest.fixture
def statements(published, hmac_key, json_ld) -> Statements:
    return statements_of(
        published["employmentAuth"],
        mandatory_pointers=published["employMandatory"],
        label_map=hmac_label_map(hmac_key),
        to_quads=json_ld.to_quads,
    )


def _signer(pair: dict[str, str]) -> P256Signer:
    return P256Signer(multibase_decode(pair["secretKeyMultibase"])[2:])


def _key(multikey: str) -> bytes:
    return multibase_decode(multikey)


def test_the_canonical_document_is_the_published_one(published, json_ld):
    canonical = canonicalize(json_ld.to_quads(published["employmentAuth"]))

    assert list(canonical.lines) == published["addBaseDocCanon"]


def test_the_document_under_hmac_labels_is_the_published_one(published, statements):
    assert list(statements.lines) == published["addBaseDocHMACCanon"]


def test_mandatory_and_other_statements_are_the_published_ones(published, statements):
    expected = published["addBaseTransform"]

    numbered = [list(pair) for pair in enumerate(statements.lines)]

    assert [pair for pair in numbered if pair[0] in statements.mandatory] == (
        expected["mandatory"]["value"]
    )
    assert [pair for pair in numbered if pair[0] not in statements.mandatory] == (
        expected["nonMandatory"]["value"]
    )


def test_pointers_select_the_published_values(published):
    document = published["employmentAuth"]
    for expected in published["addPointerValues"]:
        selection = Selection.parse(document, [expected["pointer"]], at="")

        part: Any = selection.part_of(document)

        for step in expected["pointer"].split("/")[1:]:
            part = part[step]
        assert part == expected["value"]


def test_the_proof_options_are_the_published_ones(published, json_ld, vectors):
    config = with_context_of(
        published["employmentAuth"], config_of(published["addSignedSDBase"]["proof"])
    )

    canonical = canonicalize(json_ld.to_quads(config))

    folder = vectors / "vc-di-ecdsa/ecdsa-sd-2023/employ"
    assert config == published["addProofConfig"]
    assert canonical.n_quads == (folder / "addProofConfigCanon.txt").read_bytes()


def test_the_hashes_are_the_published_ones(published, statements, json_ld):
    proof_hash = hash_options(
        published["employmentAuth"],
        published["addSignedSDBase"]["proof"],
        to_quads=json_ld.to_quads,
    )

    assert published["addHashData"] == {
        "proofHash": proof_hash.hex(),
        "mandatoryHash": statements.mandatory_hash.hex(),
    }


def test_the_published_base_proof_reads_as_published_and_verifies(published, issuer, json_ld):
    signed = published["addSignedSDBase"]
    raw, recovered = published["addRawBaseSignatureInfo"], published["derivedRecoveredBaseData"]

    value = BaseProofValue.decode(signed["proof"]["proofValue"])

    assert value.base_signature.hex() == raw["baseSignature"] == recovered["baseSignature"]
    assert value.public_key == _key(raw["publicKey"]) == _key(recovered["proofPublicKey"])
    assert [signature.hex() for signature in value.signatures] == raw["signatures"]
    assert value.hmac_key.hex() == recovered["hmacKey"]
    assert list(value.mandatory_pointers) == recovered["mandatoryPointers"]
    assert value.encode() == signed["proof"]["proofValue"]
    EcdsaSd2023Base(json_ld).verify_proof(without_proofs(signed), signed["proof"], key=issuer)


def test_our_base_proof_differs_from_the_published_one_in_its_signatures_only(
    published, hmac_key, json_ld
):
    signed = published["addSignedSDBase"]
    keys = published["SDKeyMaterial"]
    suite = EcdsaSd2023Base(
        json_ld,
        mandatory_pointers=published["employMandatory"],
        hmac_key=hmac_key,
        proof_key=_signer(keys["proofKeyPair"]),
    )
    signer = _signer(keys["baseKeyPair"])

    proof = suite.create_proof(without_proofs(signed), config_of(signed["proof"]), signer=signer)

    ours = BaseProofValue.decode(str(proof["proofValue"]))
    theirs = BaseProofValue.decode(signed["proof"]["proofValue"])
    assert config_of(proof) == config_of(signed["proof"])
    assert (ours.public_key, ours.hmac_key) == (theirs.public_key, theirs.hmac_key)
    assert ours.mandatory_pointers == theirs.mandatory_pointers
    suite.verify_proof(without_proofs(signed), proof, key=signer.public_key)


def test_groups_and_indexes_are_the_published_ones(published, hmac_key, statements, json_ld):
    groups = published["derivedGroupIndexes"]

    chosen = reveal(
        published["employmentAuth"],
        mandatory_pointers=published["employMandatory"],
        selective_pointers=published["employSelective"],
        label_map=hmac_label_map(hmac_key),
        to_quads=json_ld.to_quads,
    )

    others = [i for i in range(len(statements.lines)) if i not in statements.mandatory]
    disclosed = {others[index] for index in chosen.selective_indexes}
    assert sorted(statements.mandatory) == groups["mandatoryIndexes"]
    assert others == groups["nonMandatoryIndexes"]
    assert sorted(disclosed | statements.mandatory) == groups["combinedIndexes"]
    assert (
        list(chosen.mandatory_indexes)
        == (published["derivedAdjMandatoryIndexes"]["adjMandatoryIndexes"])
    )
    assert [list(pair) for pair in chosen.label_map.items()] == (
        published["derivedDisclosureData"]["labelMap"]["value"]
    )
    assert chosen.document == published["derivedUnsignedReveal"]


@pytest.mark.parametrize("name", ["mandatory", "selective", "combined"])
def test_each_group_has_the_published_statements(name, published, hmac_key, json_ld):
    mandatory, selective = published["employMandatory"], published["employSelective"]
    pointers = {
        "mandatory": mandatory,
        "selective": selective,
        "combined": [*mandatory, *selective],
    }
    expected = published["derivedAllGroupData"]

    group = statements_of(
        published["employmentAuth"],
        mandatory_pointers=pointers[name],
        label_map=hmac_label_map(hmac_key),
        to_quads=json_ld.to_quads,
    )

    matching = [[index, group.lines[index]] for index in sorted(group.mandatory)]
    assert list(group.lines) == expected["nquads"]
    assert matching == expected["groups"][name]["matching"]["value"]


def test_the_derived_credential_is_the_published_one_byte_for_byte(published, json_ld):
    derived = derive(
        published["addSignedSDBase"],
        selective_pointers=published["employSelective"],
        json_ld=json_ld,
    )

    assert derived == published["derivedRevealDocument"]


def test_the_published_derived_proof_reads_as_published(published):
    proof_value = published["derivedRevealDocument"]["proof"]["proofValue"]
    for expected in (published["derivedDisclosureData"], published["verifyDerivedProofValue"]):
        labels = expected["labelMap"]

        value = DerivedProofValue.decode(proof_value)

        assert value.base_signature.hex() == expected["baseSignature"]
        assert multibase_encode(value.public_key) == expected["publicKey"]
        assert [signature.hex() for signature in value.signatures] == expected["signatures"]
        assert expected["signatures"] == published["derivedAdjSignatures"]["filteredSignatures"]
        assert value.label_map == dict(labels["value"] if isinstance(labels, dict) else labels)
        assert list(value.mandatory_indexes) == expected["mandatoryIndexes"]
        assert value.encode() == proof_value


def test_what_the_verifier_recovers_is_the_published_verify_data(published, json_ld):
    expected = published["verifyCreateVerifyData"]
    revealed = published["derivedRevealDocument"]
    value = DerivedProofValue.decode(revealed["proof"]["proofValue"])

    recovered = recover(
        json_ld.to_quads(without_proofs(revealed)),
        label_map=value.label_map,
        mandatory_indexes=value.mandatory_indexes,
    )
    proof_hash = hash_options(
        without_proofs(revealed), revealed["proof"], to_quads=json_ld.to_quads
    )

    assert list(recovered.lines) == published["verifyNQuads"]
    assert [line.decode() for line in recovered.non_mandatory] == expected["nonMandatory"]
    assert recovered.mandatory_hash.hex() == expected["mandatoryHash"]
    assert proof_hash.hex() == expected["proofHash"]


def test_the_published_derived_proof_verifies(published, issuer, json_ld):
    secured = published["derivedRevealDocument"]

    verified = verify_proofs(
        secured,
        suites=AllowedSuites([EcdsaSd2023(json_ld)]),
        keys={secured["proof"]["verificationMethod"]: issuer},
        purpose="assertionMethod",
    )

    assert verified.document == published["derivedUnsignedReveal"]


def test_the_other_published_credential_is_signed_derived_and_verified(vectors, published, json_ld):
    folder = vectors / "vc-di-ecdsa"
    document = json.loads((folder / "prCredUnsigned.json").read_text())
    mandatory = json.loads((folder / "prCredMandatory.json").read_text())
    selective = json.loads((folder / "prCredSelective.json").read_text())
    signer = _signer(published["SDKeyMaterial"]["baseKeyPair"])
    method = published["addSignedSDBase"]["proof"]["verificationMethod"]

    base = add_proof(
        document,
        signer=signer,
        verification_method=method,
        purpose="assertionMethod",
        created=None,
        suite=EcdsaSd2023Base(json_ld, mandatory_pointers=mandatory),
    )
    derived = derive(base, selective_pointers=selective, json_ld=json_ld)
    verified = verify_proofs(
        derived,
        suites=AllowedSuites([EcdsaSd2023(json_ld)]),
        keys={method: signer.public_key},
        purpose="assertionMethod",
    )

    assert verified.document.keys() == {
        "@context",
        "type",
        "issuer",
        "validFrom",
        "validUntil",
        "credentialSubject",
    }
    assert verified.document["credentialSubject"] == {
        "type": document["credentialSubject"]["type"],
        "birthCountry": document["credentialSubject"]["birthCountry"],
    }
