"""Other Python libraries on the same work, where they are installed."""

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, Final

from consentry.bench.machine import version_of
from consentry.bench.measure import Case, often
from consentry.bench.sample import CLAIMS, EXPECTED, VCT, Parties
from ssi_core.encoding import base64url_encode
from ssi_core.json_types import JsonObject
from ssi_core.keys import Ed25519Signer, P256Signer
from ssi_core.period import to_timestamp

_DAY: Final = 86_400
_REFERENCES: Final = {
    "issue": "one raw signature",
    "present": "one raw signature",
    "verify": "two raw verifications",
}


def peer_cases(parties: Parties, credential: str, presented: str) -> tuple[list[Case], list[str]]:
    """Return cases of the libraries that are here, and a remark on each that is not, or cannot.

    They present the same credential with all its claims, and verify the same presentation.
    """
    cases: list[Case] = []
    remarks: list[str] = []
    for package, build in (("openvc-core", _openvc), ("sd-jwt", _sd_jwt)):
        if version_of(package) is None:
            remarks.append(f"{package} is not installed, so it was not measured.")
            continue
        try:
            cases += _cases(package, build(parties, credential, presented))
        except ImportError:
            remarks.append(f"{package} cannot be imported, so it was not measured.")
    if isinstance(parties.holder, Ed25519Signer) and version_of("sd-jwt") is not None:
        remarks.append("sd-jwt checks key binding with ES256 only.")
    remarks.append("sd-jwt refuses less: disclosures that no digest names, and expiry, pass.")
    return cases, remarks


def _cases(package: str, works: Iterator[tuple[str, Callable[[], object]]]) -> Iterator[Case]:
    for name, once in works:
        once()
        yield Case(name=f"{package}: {name}", run=often(once), reference=_REFERENCES[name])


def _openvc(
    parties: Parties, credential: str, presented: str
) -> Iterator[tuple[str, Callable[[], object]]]:
    suite = import_module("openvc.proof.sd_jwt").SdJwtVcProofSuite()
    issuer = _openvc_key(parties.issuer, parties.key_id)
    holder = _openvc_key(parties.holder, "holder")
    claims = {"iss": parties.did, **CLAIMS}
    issuer_jwk, holder_jwk = parties.issuer.public_key.jwk, parties.holder.public_key.jwk
    purpose = {"audience": EXPECTED.audience, "nonce": EXPECTED.nonce}
    yield (
        "issue",
        lambda: suite.issue(
            claims,
            signing_key=issuer,
            disclosable=tuple(CLAIMS),
            holder_jwk=holder_jwk,
            vct=VCT,
            expires_in_s=_DAY,
        ),
    )
    yield (
        "present",
        lambda: suite.create_presentation(credential, holder_key=holder, **purpose),
    )
    yield (
        "verify",
        lambda: suite.verify(
            presented,
            public_key_jwk=issuer_jwk,
            require_key_binding=True,
            expected_vct=VCT,
            kb_max_age_s=_DAY,
            **purpose,
        ),
    )


def _openvc_key(signer: Ed25519Signer | P256Signer, name: str) -> Any:
    keys = import_module("openvc.keys")
    kind = keys.P256SigningKey if isinstance(signer, P256Signer) else keys.Ed25519SigningKey
    return kind.from_jwk(_private_jwk(signer), name)


def _sd_jwt(
    parties: Parties, credential: str, presented: str
) -> Iterator[tuple[str, Callable[[], object]]]:
    issuers, holders = import_module("sd_jwt.issuer"), import_module("sd_jwt.holder")
    verifiers, common = import_module("sd_jwt.verifier"), import_module("sd_jwt.common")
    jwk = import_module("jwcrypto.jwk").JWK
    issuer, holder = jwk(**_private_jwk(parties.issuer)), jwk(**_private_jwk(parties.holder))
    algorithm = parties.issuer.public_key.algorithm
    purpose = {"nonce": EXPECTED.nonce, "aud": EXPECTED.audience}
    marked = {common.SDObj(name): value for name, value in CLAIMS.items()}
    plain = {"iss": parties.did, "vct": VCT, "iat": to_timestamp(parties.at)}

    def present() -> object:
        return holders.SDJWTHolder(credential).create_presentation(
            True, holder_key=holder, sign_alg=algorithm, **purpose  # noqa: FBT003 - its own way
        )  # fmt: skip

    yield (
        "issue",
        lambda: (
            issuers.SDJWTIssuer(plain | marked, issuer, holder, sign_alg=algorithm).sd_jwt_issuance
        ),
    )
    yield "present", present
    if isinstance(parties.holder, P256Signer):
        yield (
            "verify",
            lambda: verifiers.SDJWTVerifier(
                presented, lambda *_: issuer, EXPECTED.audience, EXPECTED.nonce
            ).get_verified_payload(),
        )


def _private_jwk(signer: Ed25519Signer | P256Signer) -> JsonObject:
    return {**signer.public_key.jwk, "d": base64url_encode(signer.secret)}
