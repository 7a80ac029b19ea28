"""Every way to secure a credential with Data Integrity, for tests that try each wrong on each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from ssi_core.credential.contexts import CREDENTIALS_V2, HEALTH_V1, bundled
from ssi_core.credential.model import Credential
from ssi_core.did.document import DidDocument, VerificationRelationship
from ssi_core.did.syntax import Did
from ssi_core.errors import SsiError
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
from ssi_core.verification.data_integrity import (
    DataIntegrityPolicy,
    ExpectedPresentation,
    verify_credential,
    verify_document,
)
from ssi_core.verification.evidence import Evidence

NOW: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
JSON_LD: Final = JsonLd(bundled())
CLINIC: Final = "did:web:clinic.example"
OTHER: Final = "did:web:other.example"
DOMAIN: Final = "insurer.example"
CHALLENGE: Final = "n-0S6_WzA2Mj"
DOCUMENT: Final[Mapping[str, Any]] = {
    "@context": [CREDENTIALS_V2, HEALTH_V1],
    "type": ["VerifiableCredential", "DiagnosisCredential"],
    "issuer": CLINIC,
    "validFrom": "2026-01-01T00:00:00Z",
    "validUntil": "2027-01-01T00:00:00Z",
    "credentialSubject": {
        "given_name": "Ana",
        "code": {"system": "http://snomed.info/sct", "code": "44054006", "display": "Diabetes"},
        "encounter": {"class": "AMB", "start": "2019-06-11T09:30:00Z"},
    },
}
MANDATORY: Final = ("/issuer", "/validFrom", "/validUntil")
CHOSEN: Final = ("/credentialSubject/code", "/credentialSubject/encounter/class")

_MAKE: Final[Mapping[str, Callable[[int], PrivateKey]]] = {
    "Ed25519": lambda number: Ed25519Signer(bytes([number]) * 32),
    "P-256": lambda number: P256Signer(bytes([number]) * 32),
    "P-384": lambda number: P384Signer(bytes([number]) * 48),
    "Bls12381G2": lambda number: Bls12381G2Signer(bytes([number]) * 32),
}
_ACCEPTED: Final = (
    EcdsaJcs2019(),
    EcdsaRdfc2019(JSON_LD),
    EddsaJcs2022(),
    EddsaRdfc2022(JSON_LD),
)


def signer_of(kind: str, number: int = 1) -> PrivateKey:
    """Return the issuer's key of a kind, or another of that kind."""
    return _MAKE[kind](number)


@dataclass(frozen=True)
class Row:
    """A cryptosuite, a kind of key and, for selective disclosure, a base or a derived proof."""

    suite: str
    kind: str
    form: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.suite, self.kind, self.form) if part)

    @property
    def is_selective(self) -> bool:
        return bool(self.form)

    @property
    def method(self) -> str:
        """The issuer's own method, which may make assertions and authenticate."""
        return f"{CLINIC}#{self.kind}"

    def signer(self, number: int = 1) -> PrivateKey:
        """Return the issuer's key, or another of the kind."""
        return signer_of(self.kind, number)

    def secure(
        self,
        document: Any = DOCUMENT,
        *,
        number: int = 1,
        method: str | None = None,
        purpose: str = "assertionMethod",
        **options: Any,
    ) -> Any:
        """Return `document` with one more proof, which nothing is wrong with unless told."""
        secured = add_proof(
            document,
            signer=self.signer(number),
            verification_method=self.method if method is None else method,
            purpose=purpose,
            created=NOW,
            suite=self._signing(),
            options=options,
        )
        return self._derived(secured) if self.form == "derived" else secured

    def verify(self, secured: Any, *, evidence: Evidence | None = None) -> Credential:
        """Verify a credential as a verifier does who accepts what this row makes."""
        return verify_credential(
            secured,
            evidence=EVIDENCE if evidence is None else evidence,
            policy=DataIntegrityPolicy(suites=self.accepted()),
            at=NOW,
        )

    def verify_for(self, secured: Any, domain: str = DOMAIN, challenge: str = CHALLENGE) -> Any:
        """Verify a document that must have been made for a domain and a challenge."""
        return verify_document(
            secured,
            purpose=VerificationRelationship.ASSERTION_METHOD,
            evidence=EVIDENCE,
            policy=DataIntegrityPolicy(suites=self.accepted()),
            expected=ExpectedPresentation(domain=domain, challenge=challenge),
            at=NOW,
        )

    def accepted(self) -> AllowedSuites:
        """Return the suites without selective disclosure, and the one of this row."""
        return AllowedSuites([*_ACCEPTED, self._verifying()] if self.form else _ACCEPTED)

    def _signing(self) -> Cryptosuite:
        if self.suite == "bbs-2023":
            return Bbs2023Base(JSON_LD, mandatory_pointers=MANDATORY)
        if self.suite == "ecdsa-sd-2023":
            return EcdsaSd2023Base(JSON_LD, mandatory_pointers=MANDATORY)
        return AllowedSuites(_ACCEPTED).named(self.suite)

    def _verifying(self) -> Cryptosuite:
        if self.form == "base":
            return self._signing()
        return Bbs2023(JSON_LD) if self.suite == "bbs-2023" else EcdsaSd2023(JSON_LD)

    def _derived(self, secured: Any) -> Any:
        module = bbs_2023 if self.suite == "bbs-2023" else ecdsa_sd_2023
        return module.derive(secured, selective_pointers=CHOSEN, json_ld=JSON_LD)


PLAIN: Final = (
    Row("eddsa-rdfc-2022", "Ed25519"),
    Row("eddsa-jcs-2022", "Ed25519"),
    Row("ecdsa-rdfc-2019", "P-256"),
    Row("ecdsa-rdfc-2019", "P-384"),
    Row("ecdsa-jcs-2019", "P-256"),
    Row("ecdsa-jcs-2019", "P-384"),
)
SELECTIVE: Final = (
    Row("ecdsa-sd-2023", "P-256", "base"),
    Row("ecdsa-sd-2023", "P-256", "derived"),
    Row("bbs-2023", "Bls12381G2", "base"),
    Row("bbs-2023", "Bls12381G2", "derived"),
)
ROWS: Final = (*PLAIN, *SELECTIVE)


@dataclass(frozen=True)
class Refusal:
    """Why something was refused: the class of the error, where, and the reason in words."""

    error: type[SsiError]
    at: str | None
    reason: str


def refusal(verify: Callable[[], object]) -> Refusal | None:
    """Return why `verify` refused, or None if it did not."""
    try:
        verify()
    except SsiError as error:
        return Refusal(type(error), error.at, error.reason)
    return None


def refused_value(row: Row, change: Callable[[str], str]) -> Refusal | None:
    """Return why a good proof of `row` is refused whose proof value was changed."""
    secured = row.secure()
    value = change(secured["proof"]["proofValue"])
    return refusal(lambda: row.verify(with_proof(secured, proofValue=value)))


def with_proof(secured: Any, **members: Any) -> Any:
    """Return `secured` with other members in its one proof; `...` takes a member out."""
    proof = {**secured["proof"], **members}
    return {
        **secured,
        "proof": {name: value for name, value in proof.items() if value is not ...},
    }


def _document(did: str) -> DidDocument:
    methods: list[Any] = []
    relationships: dict[str, list[str]] = {"assertionMethod": [], "authentication": []}
    for kind, make in _MAKE.items():
        for number, name, ends, purposes in (
            (1, kind, {}, ("assertionMethod", "authentication")),
            (2, f"{kind}-second", {}, ("assertionMethod",)),
            (1, f"{kind}-login", {}, ("authentication",)),
            (1, f"{kind}-expired", {"expires": "2026-02-01T00:00:00Z"}, ("assertionMethod",)),
            (1, f"{kind}-revoked", {"revoked": "2026-02-01T00:00:00Z"}, ("assertionMethod",)),
        ):
            method = {
                "id": f"{did}#{name}",
                "type": "Multikey",
                "controller": did,
                "publicKeyMultibase": make(number).public_key.multikey,
            }
            methods.append({**method, **ends})
            for purpose in purposes:
                relationships[purpose].append(f"{did}#{name}")
    return DidDocument.parse({"id": did, "verificationMethod": methods, **relationships})


EVIDENCE: Final = Evidence(dids={Did.parse(did): _document(did) for did in (CLINIC, OTHER)})
