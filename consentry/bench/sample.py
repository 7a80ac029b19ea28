"""A credential with 20 claims, each of which its holder may show or keep back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from ssi_core.claim_path import ClaimPath
from ssi_core.credential import sd_jwt_vc
from ssi_core.did import key as did_key
from ssi_core.json_types import JsonValue
from ssi_core.keys import Ed25519Signer, P256Signer
from ssi_core.period import Period
from ssi_core.proof.sd_jwt import Sd, SdJwt, bind, derive
from ssi_core.status.token import StatusReference
from ssi_core.verification import Expected

VCT: Final = "urn:consentry:diagnosis:1"
EXPECTED: Final = Expected(audience="https://insurer.example", nonce="n-0S6_WzA2Mj-20-claims")
CLAIMS: Final[Mapping[str, JsonValue]] = {
    "given_name": "Maribel",
    "family_name": "Okafor",
    "birth_date": "1974-03-02",
    "gender": "female",
    "code": {"system": "http://snomed.info/sct", "code": "44054006", "display": "Diabetes type 2"},
    "clinical_status": "active",
    "verification_status": "confirmed",
    "category": "encounter-diagnosis",
    "severity": "moderate",
    "body_site": "not applicable",
    "onset": "2019-06-11",
    "recorded": "2019-06-12",
    "encounter": {"class": "AMB", "type": "185349003", "start": "2019-06-11T09:30:00Z"},
    "asserter": {"name": "Dr. Ada Novak", "identifier": "9999912345"},
    "organization": {"name": "Northfield Clinic", "identifier": "urn:oid:2.999.1"},
    "stage": "not staged",
    "evidence": ["laboratory", "history"],
    "note_count": 3,
    "primary": True,
    "language": "en",
}
FEW: Final[tuple[ClaimPath, ...]] = (("code",), ("onset",), ("organization",))
ALL: Final[tuple[ClaimPath, ...]] = tuple((name,) for name in CLAIMS)
_VALIDITY: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """An issuer and a holder with keys of one algorithm, at one moment."""

    issuer: Ed25519Signer | P256Signer
    holder: Ed25519Signer | P256Signer
    at: datetime
    did: str = field(init=False)
    key_id: str = field(init=False)

    def __post_init__(self) -> None:
        did = did_key.did_for(self.issuer.public_key)
        object.__setattr__(self, "did", str(did))
        object.__setattr__(self, "key_id", did_key.method_id(did))

    @classmethod
    def of(cls, algorithm: str, *, at: datetime) -> "Parties":
        """Make new keys for `algorithm`, which is ES256 or EdDSA."""
        kind = P256Signer if algorithm == "ES256" else Ed25519Signer
        return cls(issuer=kind.generate(), holder=kind.generate(), at=at)

    def issue(self, *, status: StatusReference | None = None) -> str:
        """Issue the credential to the holder."""
        return str(
            sd_jwt_vc.issue(
                vct=VCT,
                issuer=self.did,
                key_id=self.key_id,
                signer=self.issuer,
                claims={name: Sd(value) for name, value in CLAIMS.items()},
                holder_key=self.holder.public_key.jwk,
                issued_at=self.at,
                valid=Period(self.at, self.at + _VALIDITY),
                status=status,
            )
        )

    def present(self, credential: str, keep: tuple[ClaimPath, ...]) -> str:
        """Show the claims `keep` to whom `EXPECTED` names, as a wallet does."""
        derived = derive(SdJwt.parse(credential), keep)
        return str(
            bind(
                derived,
                signer=self.holder,
                audience=EXPECTED.audience,
                nonce=EXPECTED.nonce,
                at=self.at,
            )
        )
