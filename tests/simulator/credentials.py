"""An issuer and a holder in memory, with what a verifier would have fetched of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ssi_core.credential import sd_jwt_vc
from ssi_core.did.document import DidDocument
from ssi_core.did.syntax import Did
from ssi_core.json_types import JsonObject
from ssi_core.keys import P256Signer
from ssi_core.period import Period
from ssi_core.proof.sd_jwt import Sd, SdClaims, SdJwt, bind, derive
from ssi_core.status import token as status_token
from ssi_core.status.token import StatusList, StatusReference
from ssi_core.verification import Evidence, Expected, VerificationPolicy

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
VCT = "urn:consentry:diagnosis:1"
AUDIENCE = "decentralized_identifier:did:web:insurer.example"
NONCE = "n-0S6_WzA2Mj"
STATUS_URI = "https://clinic.example/status-lists/1"
STATUS_INDEX = 7

CLAIMS: SdClaims = {
    "given_name": Sd("Ada"),
    "code": Sd({"system": "http://snomed.info/sct", "code": "44054006", "display": Sd("Diabetes")}),
    "performers": Sd([Sd("Dr. Ng"), Sd("Dr. Okafor"), "Clinic"]),
    "onset": Sd("2019-05-02"),
}

EXPECTED = Expected(audience=AUDIENCE, nonce=NONCE)
POLICY = VerificationPolicy(
    algorithms=frozenset({"ES256", "EdDSA"}), vcts=frozenset({VCT}), require_status=True
)


@dataclass(frozen=True, kw_only=True)
class Issuer:
    """A clinic with a did:web, one assertion key, and a status list."""

    did: Did = field(default_factory=lambda: Did.parse("did:web:clinic.example"))
    signer: P256Signer = field(default_factory=P256Signer.generate)

    @property
    def key_id(self) -> str:
        return f"{self.did}#assertion"

    def document(self, relationship: str = "assertionMethod") -> DidDocument:
        method: JsonObject = {
            "id": self.key_id,
            "type": "JsonWebKey",
            "controller": str(self.did),
            "publicKeyJwk": self.signer.public_key.jwk,
        }
        return DidDocument.parse(
            {"id": str(self.did), "verificationMethod": [method], relationship: [self.key_id]}
        )

    def issue(self, holder: P256Signer, **changes: Any) -> SdJwt:
        arguments: dict[str, Any] = {
            "vct": VCT,
            "issuer": str(self.did),
            "key_id": self.key_id,
            "signer": self.signer,
            "claims": CLAIMS,
            "holder_key": holder.public_key.jwk,
            "issued_at": NOON - timedelta(days=1),
            "valid": Period(NOON - timedelta(days=1), NOON + timedelta(days=30)),
            "status": StatusReference(STATUS_URI, STATUS_INDEX),
        }
        return sd_jwt_vc.issue(**{**arguments, **changes})

    def status_token(self, statuses: Mapping[int, int] | None = None, **changes: Any) -> str:
        return status_token.issue_token(self._listed(statuses), **self._published(changes))

    def status_cwt(self, statuses: Mapping[int, int] | None = None, **changes: Any) -> bytes:
        return status_token.issue_cwt(self._listed(statuses), **self._published(changes))

    def _listed(self, statuses: Mapping[int, int] | None) -> StatusList:
        return StatusList.new(64, 2).with_status(statuses or {})

    def _published(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        arguments: dict[str, Any] = {
            "uri": STATUS_URI,
            "signer": self.signer,
            "key_id": self.key_id,
            "issued_at": NOON - timedelta(minutes=1),
            "expires_at": NOON + timedelta(hours=1),
            "ttl": timedelta(minutes=5),
        }
        return {**arguments, **changes}

    def evidence(self, **changes: Any) -> Evidence:
        facts = Evidence(
            dids={self.did: self.document()}, status_lists={STATUS_URI: self.status_token()}
        )
        return replace(facts, **changes)


def present(credential: SdJwt, holder: P256Signer, **changes: Any) -> SdJwt:
    """Return a presentation of `given_name` and the code's `display` to the insurer, at noon."""
    kept = changes.pop("keep", [("given_name",), ("code", "display")])
    arguments: dict[str, Any] = {
        "signer": holder,
        "audience": AUDIENCE,
        "nonce": NONCE,
        "at": NOON,
    }
    return bind(derive(credential, kept), **{**arguments, **changes})
