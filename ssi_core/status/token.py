"""Token Status List: https://datatracker.ietf.org/doc/draft-ietf-oauth-status-list/.

Status List Tokens in JWT form, which is text, and in CWT form, which is bytes.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from hashlib import sha256
from typing import Final, Self

from ssi_core import cose, jcs, jws
from ssi_core.cose import CoseSign1
from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.errors import (
    MalformedError,
    ProofError,
    SsiError,
    StaleError,
    StatusUndeterminedError,
)
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.jws import Jws
from ssi_core.keys import PublicKey, Signer
from ssi_core.period import Period, from_timestamp, to_timestamp
from ssi_core.status import cwt
from ssi_core.status.inflate import MAX_LIST_BYTES, ZLIB, deflate, inflate
from ssi_core.strict_json import as_integer, as_object, as_text

TYPE: Final = "statuslist+jwt"
MEDIA_TYPE: Final = f"application/{TYPE}"
_BITS: Final = (1, 2, 4, 8)


class Status(IntEnum):
    """Status types (section 7.1); other numbers are reserved or an application's own."""

    VALID = 0
    INVALID = 1
    SUSPENDED = 2
    APPLICATION_SPECIFIC = 3


@dataclass(frozen=True, slots=True)
class StatusReference:
    """Where the status of one credential is: an index in the list at `uri` (section 6.2)."""

    uri: str
    index: int

    def __post_init__(self) -> None:
        if not self.uri or self.index < 0:
            raise MalformedError("a status reference has a URI and an index from 0 up")

    @classmethod
    def parse(cls, value: JsonValue, *, at: str = "/status/status_list") -> Self:
        """Read the `status_list` member of a `status` claim."""
        members = as_object(value, at=at)
        index = as_integer(members.get("idx"), at=f"{at}/idx")
        if index < 0:
            raise MalformedError("a status index is 0 or more", at=f"{at}/idx")
        return cls(as_text(members.get("uri"), at=f"{at}/uri"), index)

    def to_json(self) -> JsonObject:
        """Return the `status` claim that carries this reference."""
        return {"status_list": {"idx": self.index, "uri": self.uri}}


@dataclass(frozen=True, slots=True)
class StatusList:
    """Statuses of 1, 2, 4 or 8 bits each, packed from the least significant bit (section 4.1)."""

    bits: int
    data: bytes

    def __post_init__(self) -> None:
        if self.bits not in _BITS:
            raise MalformedError("a status has 1, 2, 4 or 8 bits", at="/bits")

    @classmethod
    def new(cls, length: int, bits: int = 1) -> Self:
        """Return a list of at least `length` statuses, each VALID."""
        if length <= 0 or bits not in _BITS:
            raise MalformedError("a status list has statuses of 1, 2, 4 or 8 bits")
        return cls(bits, bytes(-(-length * bits // 8)))

    def __len__(self) -> int:
        return len(self.data) * 8 // self.bits

    def get(self, index: int) -> int:
        """Return the status at `index`; compare it with `Status`."""
        if not 0 <= index < len(self):
            raise MalformedError("the index lies outside the status list", at="/idx")
        byte, offset = divmod(index * self.bits, 8)
        return self.data[byte] >> offset & (1 << self.bits) - 1

    def with_status(self, changes: Mapping[int, int]) -> Self:
        """Return a list in which the statuses at these indexes are these."""
        data = bytearray(self.data)
        mask = (1 << self.bits) - 1
        for index, status in changes.items():
            if not 0 <= index < len(self) or not 0 <= status <= mask:
                raise MalformedError("the index or the status does not fit the status list")
            byte, offset = divmod(index * self.bits, 8)
            data[byte] = data[byte] & ~(mask << offset) | status << offset
        return type(self)(self.bits, bytes(data))

    def encode(self) -> JsonObject:
        """Return `bits` and `lst`, compressed as hard as possible (section 4.2)."""
        return {"bits": self.bits, "lst": base64url_encode(deflate(self.data, frame=ZLIB))}

    @classmethod
    def decode(cls, value: JsonValue, *, max_bytes: int = MAX_LIST_BYTES) -> Self:
        """Read `bits` and `lst`, refusing what would inflate beyond `max_bytes`."""
        members = as_object(value, at="/status_list")
        bits = as_integer(members.get("bits"), at="/status_list/bits")
        text = as_text(members.get("lst"), at="/status_list/lst")
        compressed = base64url_decode(text, at="/status_list/lst")
        at = "/status_list/lst"
        return cls(bits, inflate(compressed, frame=ZLIB, max_bytes=max_bytes, at=at))


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusListToken:
    """A Status List Token as it claims to be; `verify` says whether it is."""

    message: Jws | CoseSign1
    # What names the key: the JOSE header, or what says the same in a COSE one.
    header: JsonObject
    uri: str
    issuer: str | None
    key_id: str | None
    issued_at: datetime
    expires_at: datetime | None
    ttl: timedelta | None
    encoded_list: JsonObject

    @classmethod
    def parse(cls, source: str | bytes) -> Self:
        """Read the JWT form (section 5.1) or the CWT form (5.2), without inflating its list."""
        message = jws.parse(source) if isinstance(source, str) else cwt.parse(source)
        if isinstance(message, Jws):
            header, claims = message.header, message.claims()
        else:
            header, claims = cwt.header(message), cwt.claims(message)
        issuer, key_id = claims.get("iss"), header.get("kid")
        return cls(
            message=message,
            header=header,
            uri=as_text(claims.get("sub"), at="/sub"),
            issuer=None if issuer is None else as_text(issuer, at="/iss"),
            key_id=None if key_id is None else as_text(key_id, at="/header/kid"),
            issued_at=from_timestamp(as_integer(claims.get("iat"), at="/iat"), at="/iat"),
            expires_at=_moment(claims.get("exp")),
            ttl=_ttl(claims.get("ttl")),
            encoded_list=as_object(claims.get("status_list"), at="/status_list"),
        )

    def require_header(self, algorithms: Collection[str]) -> None:
        """Check algorithm and type: do this before finding a key."""
        if isinstance(self.message, Jws):
            jws.require_header(self.message, algorithms=algorithms, typ=TYPE)
        else:
            cose.require_header(self.message, algorithms=algorithms, typ=cwt.TYPE)


def issue_token(
    status_list: StatusList,
    *,
    uri: str,
    signer: Signer,
    key_id: str | None,
    issued_at: datetime,
    expires_at: datetime | None,
    ttl: timedelta | None = None,
    issuer: str | None = None,
) -> str:
    """Sign `status_list` as the Status List Token served at `uri`, in JWT form (section 5.1)."""
    claims = _claims(status_list, uri, issued_at, expires_at, ttl=ttl, issuer=issuer)
    header = {"typ": TYPE} if key_id is None else {"kid": key_id, "typ": TYPE}
    return jws.sign(header, claims, signer=signer)


def issue_cwt(
    status_list: StatusList,
    *,
    uri: str,
    signer: Signer,
    key_id: str | None,
    issued_at: datetime,
    expires_at: datetime | None,
    ttl: timedelta | None = None,
    issuer: str | None = None,
) -> bytes:
    """Sign `status_list` as the Status List Token served at `uri`, in CWT form (section 5.2)."""
    claims = _claims(status_list, uri, issued_at, expires_at, ttl=ttl, issuer=issuer)
    return cwt.sign(claims, signer=signer, key_id=key_id)


def verify(
    token: str | bytes | StatusListToken,
    *,
    uri: str,
    key: PublicKey,
    at: datetime,
    max_age: timedelta | None = None,
    clock_skew: timedelta = timedelta(0),
) -> StatusList:
    """Return the list if `key` signed it for `uri` and it is in force (section 8.3).

    Whatever is wrong with it raises `StatusUndeterminedError`, for then nothing is known of the
    credential; one that is merely older than `max_age` raises `StaleError`.
    """
    try:
        parsed = token if isinstance(token, StatusListToken) else StatusListToken.parse(token)
        _require_valid(parsed, uri=uri, key=key, at=at, clock_skew=clock_skew)
        status_list = StatusList.decode(parsed.encoded_list)
    except SsiError as error:
        reason = f"status list: {error.reason}"
        raise StatusUndeterminedError(reason, at=error.at) from None
    if max_age is not None and at - parsed.issued_at > max_age:
        raise StaleError("the status list is older than allowed", at="/iat")
    return status_list


def digest(status_list: StatusList | JsonObject) -> str:
    """Return base64url of SHA-256 over the canonical JSON of `bits` and `lst`.

    Of a token that was received, digest its `encoded_list`: another zlib may compress otherwise.
    """
    encoded = status_list.encode() if isinstance(status_list, StatusList) else status_list
    members = {name: encoded.get(name) for name in ("bits", "lst")}
    return base64url_encode(sha256(jcs.canonicalize(members)).digest())


def _claims(
    status_list: StatusList,
    uri: str,
    issued_at: datetime,
    expires_at: datetime | None,
    *,
    ttl: timedelta | None,
    issuer: str | None,
) -> JsonObject:
    claims: dict[str, JsonValue] = {} if issuer is None else {"iss": issuer}
    claims |= {"sub": uri, "iat": to_timestamp(issued_at)}
    if expires_at is not None:
        claims["exp"] = to_timestamp(expires_at)
    if ttl is not None:
        claims["ttl"] = int(ttl.total_seconds())
    return {**claims, "status_list": status_list.encode()}


def _require_valid(
    token: StatusListToken, *, uri: str, key: PublicKey, at: datetime, clock_skew: timedelta
) -> None:
    token.require_header(key.algorithms)
    if isinstance(token.message, Jws):
        jws.verify(token.message, key=key)
    else:
        cose.verify(token.message, key=key)
    if token.uri != uri:
        raise ProofError("it is another list's", at="/sub")
    Period(token.issued_at, None).require(at + clock_skew, at="/iat")
    Period(None, token.expires_at).require(at - clock_skew, at="/exp")


def _moment(value: JsonValue) -> datetime | None:
    return None if value is None else from_timestamp(as_integer(value, at="/exp"), at="/exp")


def _ttl(value: JsonValue) -> timedelta | None:
    if value is None:
        return None
    seconds = as_integer(value, at="/ttl")
    if not 0 < seconds <= timedelta.max.days * 86_400:
        raise MalformedError("ttl is a positive number of seconds", at="/ttl")
    return timedelta(seconds=seconds)
