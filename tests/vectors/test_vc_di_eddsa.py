"""Every intermediate value of the EdDSA vectors of w3c/vc-di-eddsa (TestVectors)."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from ssi_core import jcs
from ssi_core.credential.contexts import bundled
from ssi_core.encoding import multibase_decode
from ssi_core.keys import Ed25519Signer, public_key_from_multikey
from ssi_core.proof.data_integrity import add_proof, verify_proofs, without_proofs
from ssi_core.proof.eddsa_jcs_2022 import EddsaJcs2022
from ssi_core.proof.eddsa_rdfc_2022 import EddsaRdfc2022
from ssi_core.proof.suite import AllowedSuites, config_of
from ssi_core.rdf.contexts import PinnedContext
from ssi_core.rdf.json_ld import JsonLd
from ssi_core.rdf.rdfc_1_0 import canonicalize

JSON_LD = JsonLd(bundled())
METHOD = "did:example:issuer#key"
CITIZENSHIP = "https://w3id.org/citizenship/v4rc1"
SUITES: dict[str, tuple[EddsaJcs2022 | EddsaRdfc2022, str]] = {
    "eddsa-jcs-2022": (EddsaJcs2022(), "JCS"),
    "eddsa-rdfc-2022": (EddsaRdfc2022(JSON_LD), "DataInt"),
}

pytestmark = [
    pytest.mark.spec("vc-di-eddsa", "3.2"),
    pytest.mark.spec("vc-di-eddsa", "3.3"),
    pytest.mark.parametrize("name", SUITES),
]


def with_citizenship(vectors: Path) -> JsonLd:
    text = (vectors / "contexts" / "citizenship-v4rc1.jsonld").read_bytes()
    return JsonLd(bundled().with_more([PinnedContext.trusting(CITIZENSHIP, text)]))


@pytest.fixture
def signer(vectors: Path) -> Ed25519Signer:
    pair = json.loads((vectors / "vc-di-eddsa/keyPair.json").read_text())
    signer = Ed25519Signer(multibase_decode(pair["privateKeyMultibase"])[2:])
    assert signer.public_key == public_key_from_multikey(pair["publicKeyMultibase"])
    return signer


@pytest.fixture
def value(vectors: Path, name: str):
    ending = SUITES[name][1]

    def read(what: str) -> str:
        return (vectors / "vc-di-eddsa" / name / f"{what}{ending}.txt").read_text(encoding="utf-8")

    return read


@pytest.fixture
def signed(vectors: Path, name: str) -> dict[str, Any]:
    text = (vectors / "vc-di-eddsa" / name / f"signed{SUITES[name][1]}.json").read_text()
    document: dict[str, Any] = json.loads(text)
    return document


@pytest.fixture
def config(vectors: Path, name: str) -> dict[str, Any]:
    text = (vectors / "vc-di-eddsa" / name / f"proofConfig{SUITES[name][1]}.json").read_text()
    options: dict[str, Any] = json.loads(text)
    return options


def canonical(document: Any, name: str) -> bytes:
    if name == "eddsa-jcs-2022":
        return jcs.canonicalize(document)
    return canonicalize(JSON_LD.to_quads(document)).n_quads


def test_the_published_credential_verifies(name, signed, signer):
    keys = {signed["proof"]["verificationMethod"]: signer.public_key}

    verified = verify_proofs(
        signed, suites=AllowedSuites([SUITES[name][0]]), keys=keys, purpose="assertionMethod"
    )

    assert verified.document == without_proofs(signed)


def test_canonical_forms_and_hashes_are_the_published_ones(name, value, signed, config):
    document = canonical(without_proofs(signed), name)
    options = canonical(config, name)

    hash_data = SUITES[name][0].hash_data(without_proofs(signed), config)

    assert document.decode() == value("canonDoc")
    assert options.decode() == value("proofCanon")
    assert sha256(document).hexdigest() == value("docHash").strip()
    assert sha256(options).hexdigest() == value("proofHash").strip()
    assert hash_data.hex() == value("combinedHash").strip()


def test_the_signature_is_the_published_one(name, value, signer):
    hash_data = bytes.fromhex(value("combinedHash").strip())

    proof_value = SUITES[name][0].sign(hash_data, signer)

    assert proof_value == value("sigBTC58").strip()
    assert multibase_decode(proof_value).hex() == value("sigHex").strip()


def test_the_whole_signed_document_is_the_published_one(name, signed, signer):
    proof = signed["proof"]
    options = {
        member: item
        for member, item in config_of(proof).items()
        if member not in ("type", "cryptosuite", "verificationMethod", "proofPurpose", "@context")
    }

    made = add_proof(
        without_proofs(signed),
        signer=signer,
        verification_method=proof["verificationMethod"],
        purpose=proof["proofPurpose"],
        created=None,
        suite=SUITES[name][0],
        options=options,
    )

    assert made == signed


@pytest.mark.parametrize("file", ["unsigned.json", "employmentAuth.json"])
def test_a_published_input_can_be_signed_and_verified(vectors, name, file, signer):
    document = json.loads((vectors / "vc-di-eddsa" / file).read_text())
    suite = EddsaJcs2022() if name == "eddsa-jcs-2022" else EddsaRdfc2022(with_citizenship(vectors))

    signed = add_proof(
        document,
        signer=signer,
        verification_method=METHOD,
        purpose="assertionMethod",
        created=None,
        suite=suite,
    )
    verified = verify_proofs(
        signed,
        suites=AllowedSuites([suite]),
        keys={METHOD: signer.public_key},
        purpose="assertionMethod",
    )

    assert verified.document == document


def test_what_was_signed_is_the_published_input(vectors, signed):
    document = json.loads((vectors / "vc-di-eddsa" / "unsigned.json").read_text())

    assert without_proofs(signed) == document
