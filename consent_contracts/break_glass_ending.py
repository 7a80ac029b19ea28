"""What an organisation signs after it broke the glass: that it is over, and what a review found."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from consent_contracts import signed
from consent_contracts.break_glass import Finding
from consent_contracts.break_glass_addressed import require_heard, require_well_addressed
from consent_contracts.break_glass_roster import STATEMENT
from consent_contracts.recipient import parse_did
from consent_contracts.wire import as_moment, require_known, require_name, require_prose
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject
from ssi_core.keys import PublicKey, Signer
from ssi_core.period import to_timestamp
from ssi_core.strict_json import as_text

CLOSING_TYPE: Final = "consent-emergency-closing+jwt"
REVIEW_TYPE: Final = "consent-emergency-review+jwt"
MAX_GROUNDS: Final = 500
"""How much a review says of why, in characters: the person is shown all of it."""
_ADDRESS: Final = ("iss", "aud", "iat", "exp", "session")


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """The organisation that opened `session` needs it no longer."""

    issuer: Did
    audience: str
    issued_at: datetime
    expires_at: datetime
    session: str

    def __post_init__(self) -> None:
        require_well_addressed(self)
        require_name(self.session, at="/session")

    @classmethod
    def parse(cls, claims: JsonObject) -> Self:
        """Read the claims, unverified."""
        require_known(claims, _ADDRESS, at="")
        return cls(
            issuer=parse_did(claims.get("iss"), at="/iss"),
            audience=as_text(claims.get("aud"), at="/aud"),
            issued_at=as_moment(claims.get("iat"), at="/iat"),
            expires_at=as_moment(claims.get("exp"), at="/exp"),
            session=as_text(claims.get("session"), at="/session"),
        )

    def to_json(self) -> JsonObject:
        """Return the claims that `parse` reads."""
        return {
            "iss": str(self.issuer),
            "aud": self.audience,
            "iat": to_timestamp(self.issued_at),
            "exp": to_timestamp(self.expires_at),
            "session": self.session,
        }

    def sign(self, *, signer: Signer, key_id: str) -> str:
        """Sign it with a key of the organisation's DID, named by `key_id` (a DID URL)."""
        return signed.sign(self.to_json(), typ=CLOSING_TYPE, signer=signer, key_id=key_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What `reviewer`, a person of the organisation that opened `session`, found, and why.

    `grounds` are for the person whose data it was. `statement` is the reviewer's own signature.
    """

    issuer: Did
    audience: str
    issued_at: datetime
    expires_at: datetime
    session: str
    reviewer: Did
    finding: Finding
    grounds: str
    statement: str | None = None

    def __post_init__(self) -> None:
        require_well_addressed(self)
        require_name(self.session, at="/session")
        require_prose(self.grounds, at="/grounds", maximum=MAX_GROUNDS)
        if self.reviewer == self.issuer:
            raise MalformedError("an organisation is not a person", at="/reviewer")

    @classmethod
    def parse(cls, claims: JsonObject) -> Self:
        """Read the claims, unverified."""
        require_known(claims, (*_ADDRESS, "reviewer", "finding", "grounds", STATEMENT), at="")
        return cls(
            issuer=parse_did(claims.get("iss"), at="/iss"),
            audience=as_text(claims.get("aud"), at="/aud"),
            issued_at=as_moment(claims.get("iat"), at="/iat"),
            expires_at=as_moment(claims.get("exp"), at="/exp"),
            session=as_text(claims.get("session"), at="/session"),
            reviewer=parse_did(claims.get("reviewer"), at="/reviewer"),
            finding=Finding.parse(claims.get("finding")),
            grounds=as_text(claims.get("grounds"), at="/grounds"),
            statement=as_text(claims[STATEMENT], at=f"/{STATEMENT}")
            if STATEMENT in claims
            else None,
        )

    @classmethod
    def unverified(cls, text: str) -> Self:
        """Read a review without looking at its signature: one that was verified before."""
        return cls.parse(signed.unverified_claims(text))

    def to_json(self) -> JsonObject:
        """Return the claims that `parse` reads."""
        said: JsonObject = {
            "iss": str(self.issuer),
            "aud": self.audience,
            "iat": to_timestamp(self.issued_at),
            "exp": to_timestamp(self.expires_at),
            "session": self.session,
            "reviewer": str(self.reviewer),
            "finding": self.finding.value,
            "grounds": self.grounds,
        }
        return said if self.statement is None else {**said, STATEMENT: self.statement}

    def sign(self, *, signer: Signer, key_id: str) -> str:
        """Sign it with a key of the organisation's DID, named by `key_id` (a DID URL)."""
        return signed.sign(self.to_json(), typ=REVIEW_TYPE, signer=signer, key_id=key_id)


def verify_closing(text: str, *, key: PublicKey, audience: str, at: datetime) -> Closing:
    """Return what `text` says if `key` of the organisation signed it, for this custodian and now.

    `signed.key_id(text)` says which key must be resolved.
    """
    closing = Closing.parse(signed.verify(text, typ=CLOSING_TYPE, key=key))
    require_heard(closing, text, audience=audience, at=at)
    return closing


def verify_review(text: str, *, key: PublicKey, audience: str, at: datetime) -> Review:
    """Return what `text` says if `key` of the organisation signed it, for this custodian and now.

    At another time than that of the review, for whoever is shown it, give `issued_at` as `at`.
    """
    review = Review.parse(signed.verify(text, typ=REVIEW_TYPE, key=key))
    require_heard(review, text, audience=audience, at=at)
    return review
