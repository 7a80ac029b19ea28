"""The JWT and CWT claims beside a credential or presentation: whose, for whom, and until when.

https://www.w3.org/TR/vc-jose-cose/, sections 3.1.3 and 3.3.3; RFC 7519 section 4.1.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from ssi_core.credential.sd_jwt_vc import numeric_date
from ssi_core.errors import AudienceError, MalformedError, NonceError, ProofError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import Period
from ssi_core.strict_json import as_text, as_texts

_TIMES: Final = ("iat", "nbf", "exp")


def require_agreement(
    claims: JsonObject,
    *,
    party: str | None,
    document_id: str | None,
    subject_ids: Collection[str] = (),
) -> None:
    """Return if `iss`, `jti` and `sub` name what the document does: its party, its id, a subject.

    `party` is the issuer or the holder. What the document leaves open, a claim may say.
    """
    if "iss" in claims and party is not None and as_text(claims["iss"], at="/iss") != party:
        raise ProofError("the claim names another issuer or holder", at="/iss")
    if "jti" in claims and document_id is not None and claims["jti"] != document_id:
        raise ProofError("the claim names another credential or presentation", at="/jti")
    if "sub" in claims and subject_ids and claims["sub"] not in subject_ids:
        raise ProofError("the claim names another subject", at="/sub")


def require_in_force(claims: JsonObject, *, at: datetime, clock_skew: timedelta) -> None:
    """Return if the signature was made before `at`, and is good until after it (RFC 7519).

    `iat` and `exp` say when the signature was made and until when it is good, which is not the
    validity period of what was signed.
    """
    moments = {name: numeric_date(claims.get(name), at=f"/{name}") for name in _TIMES}
    start, end = moments["nbf"] or moments["iat"], moments["exp"]
    if start is not None and end is not None and start >= end:
        raise MalformedError("a signature ends after it begins", at="/exp")
    for name in ("iat", "nbf"):
        Period(moments[name], None).require(at + clock_skew, at=f"/{name}")
    Period(None, end).require(at - clock_skew, at="/exp")


def require_recipient(
    claims: JsonObject, *, audiences: Sequence[str] | None, nonce: str | None
) -> None:
    """Return if `aud` names one of `audiences`, and `nonce` is the one that was asked for.

    Without `audiences`, what names any is refused: it was not made for whoever reads it (RFC 7519
    section 4.1.3).
    """
    if audiences is None:
        if "aud" in claims:
            raise AudienceError("made for an audience, and read by nobody in particular", at="/aud")
        return
    if not set(_audiences(claims.get("aud"))) & set(audiences):
        raise AudienceError("made for another audience", at="/aud")
    if as_text(claims.get("nonce"), at="/nonce") != nonce:
        raise NonceError("made for another request", at="/nonce")


def _audiences(value: JsonValue) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else as_texts(value, at="/aud")
