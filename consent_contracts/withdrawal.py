"""A withdrawal that provably arrives: the subject's notice, and the recipient's acknowledgement."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final, Self

from consent_contracts import signed
from consent_contracts.recipient import parse_did
from consent_contracts.wire import (
    as_digest,
    as_moment,
    require_digest,
    require_known,
    require_name,
    require_whole_seconds,
)
from ssi_core.did.syntax import Did
from ssi_core.encoding import base64url_encode
from ssi_core.errors import AudienceError, MalformedError, ProofError
from ssi_core.json_types import JsonObject
from ssi_core.keys import Ed25519PublicKey, PublicKey, Signer
from ssi_core.period import to_timestamp
from ssi_core.strict_json import as_boolean, as_integer, as_text

NOTICE_TYPE: Final = "consent-withdrawal+jwt"
ACKNOWLEDGEMENT_TYPE: Final = "consent-withdrawal-ack+jwt"


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalNotice:
    """The subject tells a recipient that a grant has ended, and where the log says so.

    `entry` is the index of the entry that ended it.
    """

    grant_id: str
    log: str
    entry: int
    issued_at: datetime
    audience: Did

    def __post_init__(self) -> None:
        require_name(self.grant_id, at="/grant_id")
        require_name(self.log, at="/log")
        require_whole_seconds(self.issued_at, at="/iat")
        if self.entry < 0:
            raise MalformedError("must not be negative", at="/entry")

    @classmethod
    def parse(cls, claims: JsonObject) -> Self:
        """Read the claims of a notice, unverified."""
        require_known(claims, ("grant_id", "log", "entry", "iat", "aud"), at="")
        return cls(
            grant_id=as_text(claims.get("grant_id"), at="/grant_id"),
            log=as_text(claims.get("log"), at="/log"),
            entry=as_integer(claims.get("entry"), at="/entry"),
            issued_at=as_moment(claims.get("iat"), at="/iat"),
            audience=parse_did(claims.get("aud"), at="/aud"),
        )

    def to_json(self) -> JsonObject:
        """Return the claims that `parse` reads."""
        return {
            "grant_id": self.grant_id,
            "log": self.log,
            "entry": self.entry,
            "iat": to_timestamp(self.issued_at),
            "aud": str(self.audience),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """The recipient confirms a notice: when it came, from when on nothing is used any more.

    `notice_digest` is that of the notice as it was sent. `erased` says that the data is gone too.
    """

    recipient: Did
    grant_id: str
    notice_digest: str
    received_at: datetime
    effective_at: datetime
    erased: bool

    def __post_init__(self) -> None:
        require_name(self.grant_id, at="/grant_id")
        require_digest(self.notice_digest, at="/notice")
        require_whole_seconds(self.received_at, at="/received_at")
        require_whole_seconds(self.effective_at, at="/effective_at")

    @classmethod
    def parse(cls, claims: JsonObject) -> Self:
        """Read the claims of an acknowledgement, unverified."""
        names = ("iss", "grant_id", "notice", "received_at", "effective_at", "erased")
        require_known(claims, names, at="")
        return cls(
            recipient=parse_did(claims.get("iss"), at="/iss"),
            grant_id=as_text(claims.get("grant_id"), at="/grant_id"),
            notice_digest=as_digest(claims.get("notice"), at="/notice"),
            received_at=as_moment(claims.get("received_at"), at="/received_at"),
            effective_at=as_moment(claims.get("effective_at"), at="/effective_at"),
            erased=as_boolean(claims.get("erased"), at="/erased"),
        )

    def to_json(self) -> JsonObject:
        """Return the claims that `parse` reads."""
        return {
            "iss": str(self.recipient),
            "grant_id": self.grant_id,
            "notice": self.notice_digest,
            "received_at": to_timestamp(self.received_at),
            "effective_at": to_timestamp(self.effective_at),
            "erased": self.erased,
        }


def notify(notice: WithdrawalNotice, *, signer: Signer) -> str:
    """Sign a notice with a key that may end the grant; the log knows which, so it is not named."""
    return signed.sign(notice.to_json(), typ=NOTICE_TYPE, signer=signer, key_id=None)


def verify_notice(text: str, *, key: Ed25519PublicKey, audience: Did) -> WithdrawalNotice:
    """Return the notice if the grant's own `key` signed it for `audience`.

    The log decides whether the grant has ended; a notice only says when to look.
    """
    notice = WithdrawalNotice.parse(signed.verify(text, typ=NOTICE_TYPE, key=key))
    if notice.audience != audience:
        raise AudienceError("made for another recipient", at="/aud")
    return notice


def unverified_grant_id(text: str) -> str:
    """Return which grant a notice speaks of: what to look up before `verify_notice`."""
    return WithdrawalNotice.parse(signed.unverified_claims(text)).grant_id


def notice_digest(text: str) -> str:
    """Return the SHA-256 of a notice as it was sent, base64url."""
    if not text.isascii():
        raise MalformedError("a notice is a JWS")
    return base64url_encode(sha256(text.encode("ascii")).digest())


def acknowledge(acknowledgement: Acknowledgement, *, signer: Signer, key_id: str) -> str:
    """Sign an acknowledgement with a key of the recipient's DID, named by `key_id` (a DID URL)."""
    text = signed.sign(
        acknowledgement.to_json(), typ=ACKNOWLEDGEMENT_TYPE, signer=signer, key_id=key_id
    )
    _require_own_key(text, acknowledgement)
    return text


def verify_acknowledgement(
    text: str, *, key: PublicKey, notice: str, recipient: Did
) -> Acknowledgement:
    """Return the acknowledgement if `key` of `recipient` signed it in answer to `notice`.

    `notice` is the text as it was sent; `signed.key_id(text)` says which key must be resolved.
    """
    claims = signed.verify(text, typ=ACKNOWLEDGEMENT_TYPE, key=key)
    acknowledgement = Acknowledgement.parse(claims)
    _require_own_key(text, acknowledgement)
    if acknowledgement.recipient != recipient:
        raise ProofError("acknowledged by somebody else", at="/iss")
    if acknowledgement.notice_digest != notice_digest(notice):
        raise ProofError("acknowledges another notice", at="/notice")
    if acknowledgement.grant_id != unverified_grant_id(notice):
        raise ProofError("acknowledges another grant", at="/grant_id")
    return acknowledgement


def _require_own_key(text: str, acknowledgement: Acknowledgement) -> None:
    if signed.key_id(text).did != acknowledgement.recipient:
        raise ProofError("signed by a key of somebody else", at="/header/kid")
