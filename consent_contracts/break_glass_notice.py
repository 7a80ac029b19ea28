"""What a person is told of a broken glass, and how a wallet asks for it: by a holder's key.

Nobody else has the key that the data is bound by, and whoever keeps the data has seen its public
half before, so asking tells nothing. What is told are the disclosures that the log's entry commits
to: the wallet sees that it is the truth.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from consent_contracts import signed
from consent_contracts.break_glass import (
    Closed,
    Emergency,
    Ending,
    OpenedEmergency,
    ReviewedEmergency,
)
from consent_contracts.break_glass_ending import Review
from consent_contracts.break_glass_log import COMMITMENTS, EmergencySecret, disclosures
from consent_contracts.break_glass_rule import EmergencyReason
from consent_contracts.recipient import parse_did
from consent_contracts.wire import (
    as_digest,
    as_distinct,
    as_moment,
    require_known,
    require_name,
    require_whole_seconds,
)
from ssi_core import jws
from ssi_core.did.syntax import Did
from ssi_core.errors import AudienceError, LogProofError, MalformedError, StaleError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import Signer, public_key_from_jwk, thumbprint
from ssi_core.period import to_timestamp
from ssi_core.proof.disclosure import Disclosure
from ssi_core.strict_json import as_array, as_boolean, as_object, as_text

TYPE: Final = "consent-emergencies+jwt"
MAX_NOTICES: Final = 256
_FRESH_FOR: Final = timedelta(minutes=5)
_MEMBERS: Final = ("session", "log", "opened_at", "due_at", "flagged", "disclosures")
_LATER: Final = ("ended_at", "ending", "review_due_at", "review")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticesWanted:
    """A holder asks a custodian (`audience`, its URL) what was opened without consent.

    With `after`, the id of a session that was told of, only of what was opened after that.
    """

    audience: str
    issued_at: datetime
    after: str | None = None

    def __post_init__(self) -> None:
        require_name(self.audience, at="/aud", maximum=2_048)
        if self.after is not None:
            require_name(self.after, at="/after")
        require_whole_seconds(self.issued_at, at="/iat")

    @classmethod
    def parse(cls, claims: JsonObject) -> Self:
        """Read the claims, unverified."""
        require_known(claims, ("aud", "iat", "after"), at="")
        return cls(
            audience=as_text(claims.get("aud"), at="/aud"),
            issued_at=as_moment(claims.get("iat"), at="/iat"),
            after=as_text(claims["after"], at="/after") if "after" in claims else None,
        )

    def sign(self, signer: Signer) -> str:
        """Sign it with the key that a copy of a credential is bound to; the key goes along."""
        claims: JsonObject = {"aud": self.audience, "iat": to_timestamp(self.issued_at)}
        if self.after is not None:
            claims = {**claims, "after": self.after}
        return jws.sign({"typ": TYPE, "jwk": signer.public_key.jwk}, claims, signer=signer)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenGlassNotice:
    """One emergency, as its person is told of it: `disclosures` open the log's commitments.

    `flagged` says that it opened while the log was away; until then the log has no such entry.
    `ended_at` and the `ending`, which says why, are there once it has ended, `review` (a JWS) once
    another person has looked at it, which they have to by `review_due_at`. None of this is in the
    log: the organisation signs the review, and whoever is told of one verifies that.
    """

    session: str
    log: str
    opened_at: datetime
    due_at: datetime
    flagged: bool
    disclosures: tuple[Disclosure, ...]
    ended_at: datetime | None = None
    ending: Ending | None = None
    review_due_at: datetime | None = None
    review: str | None = None

    def __post_init__(self) -> None:
        require_name(self.session, at="/session")
        require_name(self.log, at="/log")
        if {each.name for each in self.disclosures} != COMMITMENTS.keys():
            raise MalformedError("an emergency has exactly its disclosures", at="/disclosures")
        # What cannot be shown to a person is refused here, and not where it is shown.
        _ = (self.subject, self.recipient, self.actor, self.reason)
        if self.ending is not None and self.ended_at is None:
            raise MalformedError("what has not ended has no ending", at="/ending")
        self._require_review_of_this()

    @classmethod
    def of(
        cls,
        opened: OpenedEmergency,
        secret: EmergencySecret,
        *,
        state: Emergency,
        review: str | None = None,
    ) -> Self:
        """Return what the person is told of a session that is in this `state`."""
        return cls(
            session=opened.id,
            log=opened.logged.log,
            opened_at=opened.opened_at,
            due_at=opened.notice.due_at,
            flagged=opened.flagged,
            disclosures=disclosures(opened.request, opened.reason, secret),
            ended_at=state.ended_at if isinstance(state, Closed) else None,
            ending=state.ending if isinstance(state, Closed) else None,
            review_due_at=opened.review_due_at,
            review=review if isinstance(state, ReviewedEmergency) else None,
        )

    @classmethod
    def parse(cls, value: JsonValue, *, at: str = "") -> Self:
        """Read what `to_json` wrote."""
        source = as_object(value, at=at)
        require_known(source, (*_MEMBERS, *_LATER), at=at)
        texts = as_array(source.get("disclosures"), at=f"{at}/disclosures")
        if len(texts) != len(COMMITMENTS):
            raise MalformedError("an emergency has six disclosures", at=f"{at}/disclosures")
        return cls(
            session=as_text(source.get("session"), at=f"{at}/session"),
            log=as_text(source.get("log"), at=f"{at}/log"),
            opened_at=as_moment(source.get("opened_at"), at=f"{at}/opened_at"),
            due_at=as_moment(source.get("due_at"), at=f"{at}/due_at"),
            flagged=as_boolean(source.get("flagged"), at=f"{at}/flagged"),
            disclosures=Disclosure.parse_all(
                [as_text(text, at=f"{at}/disclosures") for text in texts],
                at=f"{at}/disclosures",
            ),
            **{
                name: as_moment(source[name], at=f"{at}/{name}")
                for name in ("ended_at", "review_due_at")
                if name in source
            },
            ending=Ending.parse(source["ending"], at=f"{at}/ending")
            if "ending" in source
            else None,
            review=as_text(source["review"], at=f"{at}/review") if "review" in source else None,
        )

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads."""
        members: dict[str, JsonValue] = {
            "session": self.session,
            "log": self.log,
            "opened_at": to_timestamp(self.opened_at),
            "due_at": to_timestamp(self.due_at),
            "flagged": self.flagged,
            "disclosures": [each.text for each in self.disclosures],
        }
        for name, moment in (("ended_at", self.ended_at), ("review_due_at", self.review_due_at)):
            if moment is not None:
                members[name] = to_timestamp(moment)
        if self.ending is not None:
            members["ending"] = self.ending.value
        return members if self.review is None else {**members, "review": self.review}

    @property
    def subject(self) -> frozenset[str]:
        """Whose data: thumbprints of the keys that it is bound by."""
        return as_distinct(self._disclosed["subject"], as_digest, at="/disclosures/subject")

    @property
    def recipient(self) -> Did:
        """For which organisation somebody looked."""
        return parse_did(self._disclosed["recipient"], at="/disclosures/recipient")

    @property
    def actor(self) -> Did:
        """Who looked."""
        return parse_did(self._disclosed["actor"], at="/disclosures/actor")

    @property
    def reason(self) -> EmergencyReason:
        """Why."""
        return EmergencyReason.parse(self._disclosed["reason"], at="/disclosures/reason")

    @property
    def reviewed(self) -> Review | None:
        """What the review says, if there is one; its signature has not been looked at."""
        return None if self.review is None else Review.unverified(self.review)

    def _require_review_of_this(self) -> None:
        said = self.reviewed
        if said is None:
            return
        if self.ended_at is None:
            raise MalformedError("what has not ended was not reviewed", at="/review")
        if (said.session, said.issuer) != (self.session, self.recipient):
            raise MalformedError("is the review of something else", at="/review")
        if said.reviewer == self.actor:
            raise MalformedError("nobody reviews themselves", at="/review")

    @property
    def _disclosed(self) -> Mapping[str | None, JsonValue]:
        return {each.name: each.value for each in self.disclosures}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notices:
    """What a custodian answers, oldest first; `more` says that others were opened after these."""

    told: tuple[BrokenGlassNotice, ...]
    more: bool

    @classmethod
    def parse(cls, body: JsonObject) -> Self:
        """Read what `to_json` wrote, and what custodians say who know nothing of `more`."""
        found = as_array(body.get("notices"), at="/notices")
        if len(found) > MAX_NOTICES:
            raise MalformedError("more notices than are read at once", at="/notices")
        more = as_boolean(body.get("more", False), at="/more")
        if more and not found:
            raise MalformedError("there is more, and nothing that it comes after", at="/more")
        told = (BrokenGlassNotice.parse(each, at=f"/notices/{n}") for n, each in enumerate(found))
        return cls(told=tuple(told), more=more)

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads."""
        return {"notices": [each.to_json() for each in self.told], "more": self.more}


def verify_wanted(text: str, *, audience: str, at: datetime) -> tuple[str, NoticesWanted]:
    """Return what is asked for, and the thumbprint of the holder's key that signed it just now.

    Raises `AudienceError` if it was made for another custodian, and `StaleError`.
    """
    parsed = jws.parse(text, max_characters=signed.MAX_CHARACTERS)
    jwk = as_object(parsed.header.get("jwk"), at="/header/jwk")
    key = public_key_from_jwk(jwk, at="/header/jwk")
    wanted = NoticesWanted.parse(signed.verify(text, typ=TYPE, key=key))
    if wanted.audience != audience:
        raise AudienceError("made for another custodian", at="/aud")
    if abs(at - wanted.issued_at) > _FRESH_FOR:
        raise StaleError("not signed just now", at="/iat")
    return thumbprint(key.jwk), wanted


def require_true(notice: BrokenGlassNotice, commitments: JsonObject) -> BrokenGlassNotice:
    """Return a notice if it opens the `commitments` of the log's entry, `c`, each of them."""
    digests = {COMMITMENTS[each.name or ""]: each.digest() for each in notice.disclosures}
    if digests != dict(commitments):
        raise LogProofError("the log commits to something else than is told", at="/c")
    return notice
