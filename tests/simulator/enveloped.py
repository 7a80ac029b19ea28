"""An issuer and a holder who secure what they say with JOSE, SD-JWT and COSE."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from ssi_core.credential.contexts import CREDENTIALS_V2
from ssi_core.credential.enveloped import CREDENTIAL_MEDIA_TYPES, PRESENTATION_MEDIA_TYPES
from ssi_core.credential.presentation import Envelope
from ssi_core.credential.vc_jose_cose import issue
from ssi_core.did.document import DidDocument
from ssi_core.did.syntax import Did
from ssi_core.keys import P256Signer, Signer
from ssi_core.verification.data_integrity import ExpectedPresentation
from ssi_core.verification.enveloped import EnvelopedPolicy
from ssi_core.verification.evidence import Evidence

NOON: Final = datetime(2026, 12, 1, 12, tzinfo=UTC)
NOW: Final = int(NOON.timestamp())
POLICY: Final = EnvelopedPolicy(
    algorithms=frozenset({"EdDSA", "Ed25519", "ES256", "ES384", "ES512"}),
    media_types=CREDENTIAL_MEDIA_TYPES | PRESENTATION_MEDIA_TYPES,
)
EXPECTED: Final = ExpectedPresentation(domain="https://insurer.example", challenge="c-1")
FOR_INSURER: Final = {"aud": "https://insurer.example", "nonce": "c-1"}


@dataclass(frozen=True, kw_only=True)
class Party:
    """Someone with a did:web, whose document lists one key where it says."""

    did: Did
    signer: Signer = field(default_factory=P256Signer.generate)
    relationships: tuple[str, ...] = ("assertionMethod", "authentication")

    @property
    def key_id(self) -> str:
        return f"{self.did}#key"

    def document(self, **members: Any) -> DidDocument:
        method = {
            "id": self.key_id,
            "type": "JsonWebKey",
            "controller": str(self.did),
            "publicKeyJwk": self.signer.public_key.jwk,
            **members,
        }
        listed = {name: [self.key_id] for name in self.relationships}
        return DidDocument.parse({"id": str(self.did), "verificationMethod": [method], **listed})

    def secure(self, document: Any, media_type: str, **changes: Any) -> Envelope:
        arguments: dict[str, Any] = {"key_id": self.key_id, "signer": self.signer}
        return issue(document, media_type=media_type, **{**arguments, **changes})


def clinic(**changes: Any) -> Party:
    return Party(did=Did.parse("did:web:clinic.example"), **changes)


def holder(**changes: Any) -> Party:
    return Party(did=Did.parse("did:web:holder.example"), **changes)


def evidence(*parties: Party) -> Evidence:
    return Evidence(dids={party.did: party.document() for party in parties})


def credential(issuer: Party, **changes: Any) -> dict[str, Any]:
    document = {
        "@context": [CREDENTIALS_V2],
        "id": "urn:uuid:3978344f-8596-4c3a-a978-8fcaba3903c5",
        "type": ["VerifiableCredential"],
        "issuer": {"id": str(issuer.did), "name": "Clinic"},
        "validFrom": "2026-11-01T00:00:00Z",
        "validUntil": "2027-11-01T00:00:00Z",
        "credentialSubject": {"id": "did:web:holder.example", "name": "Ada", "codes": ["a", "b"]},
        **changes,
    }
    return {name: value for name, value in document.items() if value is not None}


def presentation(by: Party, *credentials: Envelope, **changes: Any) -> dict[str, Any]:
    document = {
        "@context": [CREDENTIALS_V2],
        "type": ["VerifiablePresentation"],
        "holder": str(by.did),
        "verifiableCredential": [item.source for item in credentials],
        **changes,
    }
    return {name: value for name, value in document.items() if value is not None}
