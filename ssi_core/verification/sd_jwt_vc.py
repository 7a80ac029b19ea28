"""SD-JWT VC, verified in nine steps.

RFC 9901 sections 7.1 and 7.3, draft-ietf-oauth-sd-jwt-vc section 2.4 and, for status,
draft-ietf-oauth-status-list section 8.3.
"""

from datetime import datetime, timedelta

from ssi_core import jws
from ssi_core.credential.sd_jwt_vc import (
    SdJwtVc,
    VerifiedSdJwtVc,
    numeric_date,
    require_plain,
)
from ssi_core.errors import HolderBindingError, MalformedError, QueryError
from ssi_core.json_types import JsonObject
from ssi_core.keys import PublicKey, public_key_from_jwk
from ssi_core.period import Period
from ssi_core.presentation.binding import verify_key_binding
from ssi_core.proof.sd_jwt_payload import hash_algorithm, reveal
from ssi_core.verification.evidence import (
    Evidence,
    Need,
    StatusNeed,
    issuer_key,
    issuer_need,
    named_issuer,
)
from ssi_core.verification.policy import Expected, VerificationPolicy
from ssi_core.verification.status import require_status


def needs(presented: str | SdJwtVc, *, policy: VerificationPolicy | None = None) -> frozenset[Need]:
    """Return what has to be fetched before `verify` can decide.

    Raises `TrustError` for an issuer whose key nothing that we fetch could tell.
    """
    credential = _parsed(presented)
    found: set[Need] = set()
    if "x5c" not in credential.header:
        found.add(issuer_need(named_issuer(credential.issuer, credential.header)))
    if credential.status is not None:
        found.add(StatusNeed(credential.status.uri))
        found |= {issuer_need(name) for name in (policy.status_issuers if policy else ())}
    return frozenset(found)


def verify(
    presented: str | SdJwtVc,
    *,
    evidence: Evidence,
    policy: VerificationPolicy,
    expected: Expected | None,
    at: datetime,
) -> VerifiedSdJwtVc:
    """Return the credential if every check holds; raise the reason of the first that does not.

    `expected` may be None only where the policy does not require holder binding, and then key
    binding is not looked at.
    """
    # 1. Parse.
    credential = _parsed(presented)

    # 2. Algorithm and type are accepted, before any key is looked for.
    jws.require_header(credential.jws, algorithms=policy.algorithms, typ=policy.accepted_types)

    # 3. The issuer's key, from the evidence.
    issuer, key = issuer_key(
        credential.issuer, credential.header, evidence=evidence, policy=policy, at=at
    )

    # 4. The issuer's signature.
    jws.verify(credential.jws, key=key)

    # 5. Disclosures: each is named by one digest, and none hides what must be plain.
    sd_jwt = credential.sd_jwt
    revealed = reveal(
        credential.payload, sd_jwt.disclosures, hash_algorithms=policy.hash_algorithms
    )
    require_plain(credential.payload, revealed.disclosures)
    claims = revealed.claims()

    # 6. The type of credential is accepted.
    if credential.vct not in policy.vcts:
        raise QueryError("the type of credential is not accepted", at="/vct")

    # 7. Validity: nbf, exp, iat (which alone of them may be in a disclosure).
    _require_valid(credential.period, at=at, skew=policy.clock_skew)
    issued_at = credential.issued_at or numeric_date(claims.get("iat"), at="/iat")
    Period(issued_at, None).require(at + policy.clock_skew, at="/iat")

    # 8. Key binding: the holder's key, audience, nonce, age, this SD-JWT, these transactions.
    holder_key = _holder_key(credential)
    key_binding: JsonObject | None = None
    if policy.require_holder_binding:
        key_binding = _key_binding(credential, holder_key, policy=policy, expected=expected, at=at)

    # 9. Status: valid; else revoked, suspended, or undetermined.
    require_status(credential, issuer, evidence=evidence, policy=policy, at=at)

    return VerifiedSdJwtVc(
        sd_jwt=credential.sd_jwt,
        vct=credential.vct,
        issuer=issuer,
        key_id=credential.key_id,
        claims=claims,
        as_issued=revealed.as_issued,
        disclosures=revealed.disclosures,
        holder_key=holder_key,
        issued_at=issued_at,
        period=credential.period,
        status=credential.status,
        key_binding=key_binding,
    )


def _parsed(presented: str | SdJwtVc) -> SdJwtVc:
    return presented if isinstance(presented, SdJwtVc) else SdJwtVc.parse(presented)


def _require_valid(period: Period, *, at: datetime, skew: timedelta) -> None:
    if at in period:
        return
    Period(period.start, None).require(at + skew, at="/nbf")
    Period(None, period.end).require(at - skew, at="/exp")


def _holder_key(credential: SdJwtVc) -> PublicKey | None:
    if credential.holder_jwk is None:
        return None
    return public_key_from_jwk(credential.holder_jwk, at="/cnf/jwk")


def _key_binding(
    credential: SdJwtVc,
    holder_key: PublicKey | None,
    *,
    policy: VerificationPolicy,
    expected: Expected | None,
    at: datetime,
) -> JsonObject:
    if expected is None:
        raise MalformedError("holder binding is required, but for what was not said")
    if holder_key is None:
        raise HolderBindingError("the credential is bound to no key", at="/cnf/jwk")
    sd_hash = credential.sd_jwt.hash(hash_algorithm(credential.payload))
    return verify_key_binding(
        credential.sd_jwt,
        holder_key=holder_key,
        audience=expected.audience,
        nonce=expected.nonce,
        at=at,
        max_age=policy.key_binding_max_age,
        transaction_data=expected.transaction_data,
        algorithms=policy.algorithms,
        clock_skew=policy.clock_skew,
        sd_hash=sd_hash,
    )
