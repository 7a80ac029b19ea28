"""What crosses between us and a peer: documents, and our side of issuing and verifying them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final, NamedTuple

from issuer.configurations import certify
from issuer.fhir import read_bundle
from ssi_core.credential.contexts import CREDENTIALS_V2, HEALTH_V1, bundled
from ssi_core.credential.model import Credential
from ssi_core.credential.presentation import Presentation
from ssi_core.did import key as did_key
from ssi_core.did.syntax import Did
from ssi_core.keys import Bls12381G2Signer, Ed25519Signer, P256Signer, P384Signer, PrivateKey
from ssi_core.proof import bbs_2023, ecdsa_sd_2023
from ssi_core.proof.bbs_2023 import Bbs2023, Bbs2023Base
from ssi_core.proof.data_integrity import add_proof
from ssi_core.proof.ecdsa_jcs_2019 import EcdsaJcs2019
from ssi_core.proof.ecdsa_rdfc_2019 import EcdsaRdfc2019
from ssi_core.proof.ecdsa_sd_2023 import EcdsaSd2023, EcdsaSd2023Base
from ssi_core.proof.eddsa_jcs_2022 import EddsaJcs2022
from ssi_core.proof.eddsa_rdfc_2022 import EddsaRdfc2022
from ssi_core.proof.suite import AllowedSuites, Cryptosuite
from ssi_core.rdf.json_ld import JsonLd
from ssi_core.verification import data_integrity
from ssi_core.verification.data_integrity import (
    DataIntegrityPolicy,
    ExpectedPresentation,
    VerifiedPresentation,
)
from ssi_core.verification.evidence import DidNeed, Evidence

NOW: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
CREATED: Final = "2026-03-01T11:59:00Z"
VALID_FROM: Final = "2026-01-01T00:00:00Z"
DOMAIN: Final = "clinic.example"
CHALLENGE: Final = "d4ea7b66-3f02-4a8e-9b51-0c3f3dd7a1c5"
MANDATORY: Final = ("/issuer", "/validFrom")

JSON_LD: Final = JsonLd(bundled())
SIGNERS: Final[Mapping[str, PrivateKey]] = {
    "Ed25519": Ed25519Signer(b"\x01" * 32),
    "P-256": P256Signer(b"\x01" * 32),
    "P-384": P384Signer(b"\x01" * 48),
    "Bls12381G2": Bls12381G2Signer(b"\x01" * 32),
}


class Way(NamedTuple):
    """A cryptosuite with a kind of key that it takes."""

    suite: str
    kind: str

    def __str__(self) -> str:
        return f"{self.suite} {self.kind}"


PLAIN: Final = (
    Way("eddsa-rdfc-2022", "Ed25519"),
    Way("eddsa-jcs-2022", "Ed25519"),
    Way("ecdsa-rdfc-2019", "P-256"),
    Way("ecdsa-rdfc-2019", "P-384"),
    Way("ecdsa-jcs-2019", "P-256"),
    Way("ecdsa-jcs-2019", "P-384"),
)
SELECTIVE: Final = (Way("ecdsa-sd-2023", "P-256"), Way("bbs-2023", "Bls12381G2"))

_TYPES: Final = {
    "diagnosis": "DiagnosisCredential",
    "immunization": "ImmunizationCredential",
    "laboratory_result": "LaboratoryResultCredential",
}
# Two of three results are alike but for their codes, so that their nodes must not be mixed up.
_PRESSURE: Final = {"unit": "mmHg", "system": "http://unitsofmeasure.org"}
_PANEL: Final = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [
        {"resource": resource}
        for resource in (
            {"resourceType": "Patient", "id": "p", "name": [{"given": ["Ana"], "family": "Li"}]},
            {
                "resourceType": "Observation",
                "id": "o",
                "subject": {"reference": "Patient/p"},
                "status": "final",
                "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]},
                "component": [
                    {
                        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
                        "valueQuantity": {**_PRESSURE, "value": value},
                    }
                    for code, value in (("8480-6", 120), ("8462-4", 80.5), ("8478-0", 80.5))
                ],
            },
        )
    ],
}


@dataclass(frozen=True)
class Party:
    """One of ours, who is the key that it signs with."""

    kind: str

    @property
    def signer(self) -> PrivateKey:
        return SIGNERS[self.kind]

    @property
    def did(self) -> str:
        return str(did_key.did_for(self.signer.public_key))

    def issue(
        self, document: Mapping[str, Any], suite: str, options: dict[str, Any] | None = None
    ) -> Any:
        """Return `document` as a credential of this party, with a proof of these options."""
        issued = {**document, "issuer": self.did}
        return self._sign(issued, suite, purpose="assertionMethod", options=options)

    def present(self, credential: Any, suite: str, *, domain: str | list[str] = DOMAIN) -> Any:
        """Return a presentation by this party, made for a domain and a challenge."""
        presentation = {
            "@context": [CREDENTIALS_V2],
            "type": ["VerifiablePresentation"],
            "holder": self.did,
            "verifiableCredential": [credential],
        }
        bound = {"domain": domain, "challenge": CHALLENGE}
        return self._sign(presentation, suite, purpose="authentication", options=bound)

    def _sign(
        self, document: Any, suite: str, *, purpose: str, options: dict[str, Any] | None = None
    ) -> Any:
        return add_proof(
            document,
            signer=self.signer,
            verification_method=did_key.method_id(Did.parse(self.did)),
            purpose=purpose,
            created=NOW,
            suite=_signing(suite),
            options=options,
        )


def derive(secured: Any, suite: str, pointers: Sequence[str]) -> Any:
    """Return what a holder of ours discloses of a credential with a base proof."""
    module = {"bbs-2023": bbs_2023, "ecdsa-sd-2023": ecdsa_sd_2023}[suite]
    return module.derive(secured, selective_pointers=pointers, json_ld=JSON_LD)


def verify(secured: Any) -> Credential:
    """Verify a credential as a verifier of ours does, with every check that there is."""
    return data_integrity.verify_credential(
        secured,
        evidence=_evidence(data_integrity.needs(secured)),
        policy=DataIntegrityPolicy(suites=_accepted()),
        at=NOW,
    )


def verify_presentation(secured: Any, *, domain: str = DOMAIN) -> VerifiedPresentation:
    """Verify a presentation that was asked for by `domain`."""
    presentation = Presentation.parse(secured)
    return data_integrity.verify_presentation(
        secured,
        evidence=_evidence(data_integrity.presentation_needs(presentation)),
        policy=DataIntegrityPolicy(suites=_accepted()),
        expected=ExpectedPresentation(domain=domain, challenge=CHALLENGE),
        at=NOW,
    )


def resolve(did: str) -> Any:
    """Return the DID document of a did:key."""
    return did_key.resolve(Did.parse(did)).source


def did_documents() -> dict[str, Any]:
    """Return the DID document of each party of ours."""
    return {did: resolve(did) for did in (Party(kind).did for kind in SIGNERS)}


@cache
def health_credentials() -> Mapping[str, Any]:
    """Return a credential of each configuration, made from the demo's FHIR bundle.

    A laboratory result has a number that is no integer, a panel has several alike results.
    """
    demo = (resources.files("consentry.demo") / "bundle.json").read_bytes()
    found: dict[str, Any] = {}
    for record in map(read_bundle, (demo, json.dumps(_PANEL).encode())):
        for _, resource in record.resources:
            configuration, claims = certify(record.patient, resource)
            name = "panel" if "values" in claims else configuration.id
            found.setdefault(name, _credential(_TYPES[configuration.id], claims))
    return found


def published(vectors: Path) -> Mapping[str, Any]:
    """Return documents of the specifications' own examples whose contexts we have."""
    return {
        "alumni": json.loads((vectors / "vc-di-eddsa" / "unsigned.json").read_text()),
        "windsurfing": {
            **json.loads((vectors / "vc-di-bbs" / "windDoc.json").read_text()),
            "validFrom": VALID_FROM,
        },
    }


def _credential(kind: str, claims: Any) -> Any:
    return {
        "@context": [CREDENTIALS_V2, HEALTH_V1],
        "type": ["VerifiableCredential", kind],
        "validFrom": VALID_FROM,
        "credentialSubject": {"id": "did:example:patient", **claims},
    }


def _signing(suite: str) -> Cryptosuite:
    if suite == "bbs-2023":
        return Bbs2023Base(JSON_LD, mandatory_pointers=MANDATORY)
    if suite == "ecdsa-sd-2023":
        return EcdsaSd2023Base(JSON_LD, mandatory_pointers=MANDATORY)
    return _accepted().named(suite)


def _accepted() -> AllowedSuites:
    return AllowedSuites(
        [
            Bbs2023(JSON_LD),
            EcdsaJcs2019(),
            EcdsaRdfc2019(JSON_LD),
            EcdsaSd2023(JSON_LD),
            EddsaJcs2022(),
            EddsaRdfc2022(JSON_LD),
        ]
    )


def _evidence(wanted: frozenset[DidNeed]) -> Evidence:
    return Evidence(dids={need.did: did_key.resolve(need.did) for need in wanted})
