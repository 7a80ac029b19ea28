"""SD-JWT VC: https://datatracker.ietf.org/doc/draft-ietf-oauth-sd-jwt-vc/."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self, final

from ssi_core import jws
from ssi_core.claim_path import ClaimPath, pointer
from ssi_core.errors import DisclosureError, MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.jws import Jws
from ssi_core.keys import PublicKey, Signer
from ssi_core.period import Period, from_timestamp, to_timestamp
from ssi_core.proof import sd_jwt as sd_jwts
from ssi_core.proof.disclosure import DIGESTS, Disclosure
from ssi_core.proof.sd_jwt import Sd, SdClaims, SdJwt, SdValue
from ssi_core.proof.sd_jwt_payload import random_salt
from ssi_core.status.token import StatusReference
from ssi_core.strict_json import as_integer, as_object, as_text

TYPE: Final = "dc+sd-jwt"

# Section 2.2.2.3: a holder must not be able to hide these, nor anything inside them.
NEVER_DISCLOSABLE: Final = frozenset(
    {"iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "aka_vcts", "status"}
)
_BY_ARGUMENT: Final = frozenset({"iss", "vct", "iat", "nbf", "exp", "cnf", "status"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SdJwtVc:
    """A credential or presentation as it claims to be: nothing in it is verified yet."""

    sd_jwt: SdJwt
    jws: Jws
    payload: JsonObject
    vct: str
    issuer: str | None
    key_id: str | None
    holder_jwk: JsonObject | None
    status: StatusReference | None
    issued_at: datetime | None
    period: Period

    @classmethod
    def parse(cls, presented: str | SdJwt) -> Self:
        """Read the members that the specification defines, each of the type that it must have."""
        sd_jwt = SdJwt.parse(presented) if isinstance(presented, str) else presented
        parsed = jws.parse(sd_jwt.jws_text)
        payload = parsed.claims()
        return cls(
            sd_jwt=sd_jwt,
            jws=parsed,
            payload=payload,
            vct=as_text(payload.get("vct"), at="/vct"),
            issuer=_optional_text(payload.get("iss"), "/iss"),
            key_id=_optional_text(parsed.header.get("kid"), "/header/kid"),
            holder_jwk=_holder_jwk(payload.get("cnf")),
            status=_status(payload.get("status")),
            issued_at=numeric_date(payload.get("iat"), at="/iat"),
            period=Period(
                numeric_date(payload.get("nbf"), at="/nbf"),
                numeric_date(payload.get("exp"), at="/exp"),
            ),
        )

    @property
    def header(self) -> JsonObject:
        """The protected header of the issuer-signed JWT."""
        return self.jws.header


@dataclass(frozen=True, slots=True, kw_only=True)
@final
class VerifiedSdJwtVc:
    """A credential whose every check held. Only `ssi_core.verification` makes one.

    `claims` is the processed payload. `as_issued` is the same with `WITHHELD` in the place of each
    array element that was not disclosed; the paths in `disclosures` are positions in it.
    """

    sd_jwt: SdJwt
    vct: str
    issuer: str
    key_id: str | None
    claims: JsonObject
    as_issued: JsonObject
    disclosures: Mapping[ClaimPath, Disclosure]
    holder_key: PublicKey | None
    issued_at: datetime | None
    period: Period
    status: StatusReference | None
    key_binding: JsonObject | None

    @property
    def disclosed(self) -> frozenset[ClaimPath]:
        """The path of every claim that came in a disclosure of its own."""
        return frozenset(self.disclosures)


def issue(  # noqa: PLR0913 - one argument per registered claim
    *,
    vct: str,
    issuer: str,
    key_id: str | None,
    signer: Signer,
    claims: SdClaims,
    holder_key: JsonObject | None,
    issued_at: datetime,
    valid: Period,
    status: StatusReference | None = None,
    header: JsonObject | None = None,
    decoys: int = 0,
    salts: Callable[[], bytes] = random_salt,
) -> SdJwt:
    """Sign a credential; `claims` says with `Sd` what the holder may withhold.

    `holder_key` is the public JWK that key binding will need. `header` adds members such as `x5c`.
    """
    _check_claims(claims)
    registered: dict[str, SdValue] = {"iss": issuer, "vct": vct, "iat": to_timestamp(issued_at)}
    if valid.start is not None:
        registered["nbf"] = to_timestamp(valid.start)
    if valid.end is not None:
        registered["exp"] = to_timestamp(valid.end)
    if holder_key is not None:
        registered["cnf"] = {"jwk": holder_key}
    if status is not None:
        registered["status"] = status.to_json()
    named: JsonObject = {} if key_id is None else {"kid": key_id}
    return sd_jwts.issue(
        {**registered, **claims},
        header={**(header or {}), "typ": TYPE, **named},
        signer=signer,
        decoys=decoys,
        salts=salts,
    )


def require_plain(payload: JsonObject, disclosures: Mapping[ClaimPath, Disclosure]) -> None:
    """Refuse a registered claim, or a part of one, that a holder could have withheld."""
    if not NEVER_DISCLOSABLE.isdisjoint([path[0] for path in disclosures]):
        path = next(path for path in disclosures if path[0] in NEVER_DISCLOSABLE)
        raise DisclosureError("this claim is never selectively disclosable", at=pointer(path))
    for name in NEVER_DISCLOSABLE & payload.keys():
        value = payload[name]
        if isinstance(value, Mapping) and DIGESTS in value:
            raise DisclosureError("this claim is never selectively disclosable", at=f"/{name}")


def numeric_date(value: JsonValue, *, at: str) -> datetime | None:
    """Read an optional NumericDate; RFC 7519 section 2 allows a fraction, which is cut off."""
    if value is None:
        return None
    seconds = int(value) if isinstance(value, float) else value
    return from_timestamp(as_integer(seconds, at=at), at=at)


def _check_claims(claims: SdClaims) -> None:
    if taken := _BY_ARGUMENT & claims.keys():
        raise MalformedError("this claim is set by the issuer's own arguments", at=f"/{min(taken)}")
    for name in NEVER_DISCLOSABLE & claims.keys():
        if _has_mark(claims[name]):
            raise MalformedError("this claim is never selectively disclosable", at=f"/{name}")


def _has_mark(value: SdValue) -> bool:
    match value:
        case Sd():
            return True
        case Mapping():
            return any(map(_has_mark, value.values()))
        case Sequence() if not isinstance(value, str):
            return any(map(_has_mark, value))
        case _:
            return False


def _optional_text(value: JsonValue, at: str) -> str | None:
    return None if value is None else as_text(value, at=at)


def _holder_jwk(value: JsonValue) -> JsonObject | None:
    if value is None:
        return None
    jwk = as_object(value, at="/cnf").get("jwk")
    return None if jwk is None else as_object(jwk, at="/cnf/jwk")


def _status(value: JsonValue) -> StatusReference | None:
    if value is None:
        return None
    reference = as_object(value, at="/status").get("status_list")
    return None if reference is None else StatusReference.parse(reference)
