"""SD-JWT VC between us and a peer: one credential, and our three roles."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from ssi_core.credential import sd_jwt_vc
from ssi_core.credential.sd_jwt_vc import VerifiedSdJwtVc
from ssi_core.did import jwk as did_jwk
from ssi_core.did.syntax import Did
from ssi_core.encoding import base64url_encode
from ssi_core.keys import Ed25519Signer, P256Signer
from ssi_core.period import Period, to_timestamp
from ssi_core.proof.sd_jwt import Sd, SdClaims, SdJwt, bind, derive
from ssi_core.status import token as status_token
from ssi_core.status.token import StatusList, StatusReference
from ssi_core.strict_json import render
from ssi_core.verification import Evidence, Expected, VerificationPolicy, verify
from tests.support.interop import NOW

VCT: Final = "urn:consentry:diagnosis:1"
AUDIENCE: Final = "https://insurer.example"
NONCE: Final = "n-0S6_WzA2Mj"
AT: Final = to_timestamp(NOW)
STATUS_URI: Final = "https://clinic.example/status-lists/1"
SIGNERS: Final[Mapping[str, P256Signer | Ed25519Signer]] = {
    "ES256": P256Signer(b"\x02" * 32),
    "EdDSA": Ed25519Signer(b"\x02" * 32),
}
PLAIN_CLAIMS: Final[Mapping[str, Any]] = {
    "given_name": "Ana",
    "code": {"system": "http://snomed.info/sct", "code": "44054006", "display": "Diabetes"},
    "performers": ["Dr. Ng", "Dr. Okafor"],
    "onset": "2019-05-02",
}
_CLAIMS: Final[SdClaims] = {
    "given_name": Sd("Ana"),
    "code": Sd({"system": "http://snomed.info/sct", "code": "44054006", "display": Sd("Diabetes")}),
    "performers": [Sd("Dr. Ng"), Sd("Dr. Okafor")],
    "onset": Sd("2019-05-02"),
}
_DAY: Final = timedelta(days=1)


def did_of(jwk: Mapping[str, Any]) -> str:
    """Return the did:jwk of a key, whoever has it."""
    return str(Did("jwk", base64url_encode(render(dict(jwk)).encode())))


def our_did(algorithm: str) -> str:
    """Return the did:jwk of our issuer."""
    return did_of(SIGNERS[algorithm].public_key.jwk)


def issue(
    algorithm: str, *, holder: Mapping[str, Any], status: int | None = None, at: datetime = NOW
) -> str:
    """Issue a diagnosis to the holder of a key; `status` is its index in our status list."""
    did = our_did(algorithm)
    reference = None if status is None else StatusReference(STATUS_URI, status)
    credential = sd_jwt_vc.issue(
        vct=VCT,
        issuer=did,
        key_id=did_jwk.method_id(Did.parse(did)),
        signer=SIGNERS[algorithm],
        claims=_CLAIMS,
        holder_key=dict(holder),
        issued_at=at - _DAY,
        valid=Period(at - _DAY, at + _DAY),
        status=reference,
        decoys=2,
    )
    return str(credential)


def status_list(algorithm: str, statuses: Mapping[int, int]) -> str:
    """Return our Status List Token."""
    return status_token.issue_token(
        StatusList.new(64, 1).with_status(statuses),
        uri=STATUS_URI,
        signer=SIGNERS[algorithm],
        key_id=did_jwk.method_id(Did.parse(our_did(algorithm))),
        issued_at=NOW - timedelta(minutes=1),
        expires_at=NOW + _DAY,
        ttl=timedelta(minutes=5),
    )


def present(credential: str, algorithm: str) -> str:
    """Present the code and the second performer, and nothing else."""
    kept = derive(SdJwt.parse(credential), [("code",), ("performers", 1)])
    presented = bind(kept, signer=SIGNERS[algorithm], audience=AUDIENCE, nonce=NONCE, at=NOW)
    return str(presented)


def accept(
    presented: str, *, issuer: str, nonce: str = NONCE, at: datetime = NOW
) -> VerifiedSdJwtVc:
    """Verify a presentation as a verifier of ours does."""
    did = Did.parse(issuer)
    policy = VerificationPolicy(
        algorithms=frozenset(SIGNERS), vcts=frozenset({VCT}), require_status=False
    )
    return verify(
        presented,
        evidence=Evidence(dids={did: did_jwk.resolve(did)}),
        policy=policy,
        expected=Expected(audience=AUDIENCE, nonce=nonce),
        at=at,
    )
