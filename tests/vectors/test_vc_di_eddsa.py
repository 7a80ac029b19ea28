"""Every intermediate value of the eddsa-jcs-2022 vectors of w3c/vc-di-eddsa (TestVectors)."""

import json
from pathlib import Path

import pytest

from ssi_core import jcs
from ssi_core.encoding import multibase_decode
from ssi_core.keys import Ed25519Signer, public_key_from_multikey
from ssi_core.proof.data_integrity import verify_proofs, without_proofs
from ssi_core.proof.eddsa_jcs_2022 import EddsaJcs2022
from ssi_core.proof.suite import AllowedSuites

pytestmark = pytest.mark.spec("vc-di-eddsa", "3.3")


@pytest.fixture
def folder(vectors: Path) -> Path:
    return vectors / "vc-di-eddsa/eddsa-jcs-2022"


@pytest.fixture
def key_pair(vectors: Path) -> dict[str, str]:
    pair: dict[str, str] = json.loads((vectors / "vc-di-eddsa/keyPair.json").read_text())
    return pair


def test_the_published_credential_verifies(folder, key_pair):
    signed = json.loads((folder / "signedJCS.json").read_text())
    keys = {
        signed["proof"]["verificationMethod"]: public_key_from_multikey(
            key_pair["publicKeyMultibase"]
        )
    }

    verified = verify_proofs(
        signed, suites=AllowedSuites([EddsaJcs2022()]), keys=keys, purpose="assertionMethod"
    )

    assert verified.document == without_proofs(signed)


def test_canonical_forms_and_hashes_are_the_published_ones(folder):
    document = without_proofs(json.loads((folder / "signedJCS.json").read_text()))
    config = json.loads((folder / "proofConfigJCS.json").read_text())

    hash_data = EddsaJcs2022().hash_data(document, config)

    assert jcs.canonicalize(document).decode() == (folder / "canonDocJCS.txt").read_text().strip()
    assert jcs.canonicalize(config).decode() == (folder / "proofCanonJCS.txt").read_text().strip()
    assert hash_data.hex() == (folder / "combinedHashJCS.txt").read_text().strip()


def test_the_signature_is_the_published_one(folder, key_pair):
    seed = multibase_decode(key_pair["privateKeyMultibase"])[2:]
    hash_data = bytes.fromhex((folder / "combinedHashJCS.txt").read_text().strip())

    proof_value = EddsaJcs2022().sign(hash_data, Ed25519Signer(seed))

    assert proof_value == (folder / "sigBTC58JCS.txt").read_text().strip()
