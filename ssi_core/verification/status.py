"""The last step of a verification: whether the issuer has taken the credential back."""

from datetime import datetime

from ssi_core.credential.sd_jwt_vc import SdJwtVc
from ssi_core.did.syntax import DidUrl
from ssi_core.errors import (
    ProofError,
    RevokedError,
    SsiError,
    StaleError,
    StatusUndeterminedError,
    SuspendedError,
)
from ssi_core.status import token as status_token
from ssi_core.status.token import Status, StatusListToken, StatusReference
from ssi_core.verification.evidence import Evidence, issuer_key
from ssi_core.verification.policy import VerificationPolicy


def require_status(
    credential: SdJwtVc,
    issuer: str,
    *,
    evidence: Evidence,
    policy: VerificationPolicy,
    at: datetime,
) -> None:
    """Return if the credential is valid by its issuer's status list.

    Raises `RevokedError`, `SuspendedError`, `StaleError` for a list older than the policy allows,
    and `StatusUndeterminedError` for whatever else kept us from knowing.
    """
    reference = credential.status
    if reference is None:
        if policy.require_status or "status" in credential.payload:
            raise StatusUndeterminedError("the credential names no status list", at="/status")
        return
    try:
        status = _status(reference, issuer, evidence=evidence, policy=policy, at=at)
    except (StatusUndeterminedError, StaleError):
        raise
    except SsiError as error:
        reason = f"status list: {error.reason}"
        raise StatusUndeterminedError(reason, at=error.at) from None
    match status:
        case Status.VALID:
            return
        case Status.INVALID:
            raise RevokedError("the credential is revoked", at="/status")
        case Status.SUSPENDED:
            raise SuspendedError("the credential is suspended", at="/status")
        case _:
            raise StatusUndeterminedError("the status is of an unknown kind", at="/status")


def _status(
    reference: StatusReference,
    issuer: str,
    *,
    evidence: Evidence,
    policy: VerificationPolicy,
    at: datetime,
) -> int:
    token = StatusListToken.parse(evidence.status_list(reference.uri))
    token.require_header(policy.algorithms)
    signer, key = issuer_key(
        _token_issuer(token, issuer), token.header, evidence=evidence, policy=policy, at=at
    )
    if signer != issuer and signer not in policy.status_issuers:
        raise ProofError("it is not the credential issuer's", at="/iss")
    return status_token.verify(
        token,
        uri=reference.uri,
        key=key,
        at=at,
        max_age=policy.status_max_age,
        clock_skew=policy.clock_skew,
    ).get(reference.index)


def _token_issuer(token: StatusListToken, issuer: str) -> str | None:
    if token.issuer is not None:
        return token.issuer
    if token.key_id is not None and token.key_id.startswith("did:"):
        return str(DidUrl.parse(token.key_id, at="/header/kid").did)
    return None if issuer.startswith("x509_hash:") else issuer
