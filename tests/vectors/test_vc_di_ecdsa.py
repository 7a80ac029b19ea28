"""Every intermediate value of the ECDSA vectors of w3c/vc-di-ecdsa, on both curves."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256, sha384
from pathlib import Path
from typing import Any

import pytest

from ssi_core import jcs
from ssi_core.credential.contexts import bundled
from ssi_core.encoding import multibase_decode
from ssi_core.errors import MalformedError, ProofError
from ssi_core.keys import P256Signer, P384Signer, public_key_from_multikey
from ssi_core.proof.data_integrity import verify_proofs, without_proofs
from ssi_core.proof.ecdsa_jcs_2019 import EcdsaJcs2019
from ssi_core.proof.ecdsa_rdfc_2019 import EcdsaRdfc2019
from ssi_core.proof.suite import AllowedSuites
from ssi_core.rdf.json_ld import JsonLd
from ssi_core.rdf.rdfc_1_0 import HashFunction, canonicalize

JSON_LD = JsonLd(bundled())
SUITES: dict[str, EcdsaRdfc2019 | EcdsaJcs2019] = {
    "ecdsa-rdfc-2019": EcdsaRdfc2019(JSON_LD),
    "ecdsa-jcs-2019": EcdsaJcs2019(),
}
HASHES: dict[str, HashFunction] = {"P256": sha256, "P384": sha384}
SIGNERS: dict[str, Callable[[bytes], P256Signer | P384Signer]] = {
    "P256": P256Signer,
    "P384": P384Signer,
}

pytestmark = [pytest.mark.spec("vc-di-ecdsa", "3.2"), pytest.mark.spec("vc-di-ecdsa", "3.3")]


@dataclass(frozen=True)
class Published:
    """The files of one suite on one curve."""

    folder: Path
    suite: str
    curve: str

    def _path(self, what: str, ending: str) -> Path:
        kind = "JCSECDSA" if self.suite == "ecdsa-jcs-2019" else "ECDSA"
        folder = self.folder / f"{self.suite}-{self.curve.lower()}"
        return folder / f"{what}{kind}{self.curve}.{ending}"

    def value(self, what: str) -> str:
        return self._path(what, "txt").read_text(encoding="utf-8")

    def document(self, what: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self._path(what, "json").read_text())
        return document

    @property
    def signer(self) -> P256Signer | P384Signer:
        pair = json.loads((self.folder / f"{self.curve.lower()}KeyPair.json").read_text())
        signer = SIGNERS[self.curve](multibase_decode(pair["secretKeyMultibase"])[2:])
        assert signer.public_key == public_key_from_multikey(pair["publicKeyMultibase"])
        return signer

    def canonical(self, document: Any) -> bytes:
        if self.suite == "ecdsa-jcs-2019":
            return jcs.canonicalize(document)
        quads = JSON_LD.to_quads(document)
        return canonicalize(quads, hash_function=HASHES[self.curve]).n_quads


@pytest.fixture(params=HASHES)
def curve(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(params=SUITES)
def published(request: pytest.FixtureRequest, vectors: Path, curve: str) -> Published:
    return Published(vectors / "vc-di-ecdsa", request.param, curve)


def test_the_published_credential_verifies(published: Published):
    signed = published.document("signed")
    keys = {signed["proof"]["verificationMethod"]: published.signer.public_key}

    verified = verify_proofs(
        signed,
        suites=AllowedSuites(SUITES.values()),
        keys=keys,
        purpose="assertionMethod",
    )

    assert verified.document == without_proofs(signed)


def test_canonical_forms_and_hashes_are_the_published_ones(published: Published):
    function, key = HASHES[published.curve], published.signer.public_key
    document = without_proofs(published.document("signed"))
    config = published.document("proofConfig")

    hash_data = SUITES[published.suite].hash_data(document, config, key=key)

    assert published.canonical(document).decode() == published.value("canonDoc")
    assert published.canonical(config).decode() == published.value("proofCanon")
    digests = [function(published.canonical(item)).hexdigest() for item in (config, document)]
    assert digests == [published.value("proofHash").strip(), published.value("docHash").strip()]
    assert hash_data.hex() == published.value("combinedHash").strip()


def test_the_published_signature_is_of_the_published_hash(published: Published):
    hash_data = bytes.fromhex(published.value("combinedHash").strip())
    proof_value = published.value("sigBTC58").strip()

    signature = multibase_decode(proof_value)

    assert signature.hex() == published.value("sigHex").strip()
    published.signer.public_key.verify(signature, hash_data)
    with pytest.raises(ProofError):
        published.signer.public_key.verify(signature, hash_data + b"\x00")


def test_the_key_of_the_other_curve_does_not_verify(published: Published):
    signed = published.document("signed")
    curve = "P384" if published.curve == "P256" else "P256"
    other = Published(published.folder, published.suite, curve)
    keys = {signed["proof"]["verificationMethod"]: other.signer.public_key}

    with pytest.raises(MalformedError, match="ECDSA signature"):
        verify_proofs(
            signed, suites=AllowedSuites(SUITES.values()), keys=keys, purpose="assertionMethod"
        )


def test_what_was_signed_is_the_published_input(vectors, published):
    document = json.loads((vectors / "vc-di-ecdsa" / "unsigned.json").read_text())

    assert without_proofs(published.document("signed")) == document
