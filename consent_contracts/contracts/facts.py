"""Verified facts that contracts share: a credential that was shown, and what consent says."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Self

from consent_contracts.access_request import AccessRequest
from consent_contracts.context import NOTHING_KNOWN, Context
from consent_contracts.decision import Decision, Permit, decide
from consent_contracts.recipient import Accreditation, RecipientKind, parse_did
from consent_contracts.record import GrantRecord
from consent_contracts.wire import (
    MAX_LIST,
    as_digest,
    as_moment,
    require_digest,
    require_known,
    require_name,
    require_whole_seconds,
)
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import to_timestamp
from ssi_core.strict_json import as_array, as_boolean, as_object, as_text

_CREDENTIAL: Final = ("vct", "issuer", "accreditations", "holder_key", "verified_at", "claims")


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedCredential:
    """A credential that was shown, with proof, status and holder binding verified at a moment.

    `accreditations` are all that the log says of its issuer; `None` could not be found out.
    """

    vct: str
    issuer: Did
    accreditations: frozenset[Accreditation] | None
    holder_key: str
    verified_at: datetime
    claims: JsonObject = field(hash=False)

    def __post_init__(self) -> None:
        require_name(self.vct, at="/vct", maximum=1024)
        require_digest(self.holder_key, at="/holder_key")
        require_whole_seconds(self.verified_at, at="/verified_at")

    @classmethod
    def parse(cls, value: JsonValue, *, at: str) -> Self:
        """Read the members of this class by their names; `accreditations` may be missing."""
        source = as_object(value, at=at)
        require_known(source, _CREDENTIAL, at=at)
        return cls(
            vct=as_text(source.get("vct"), at=f"{at}/vct"),
            issuer=parse_did(source.get("issuer"), at=f"{at}/issuer"),
            accreditations=parse_accreditations(source, at=at),
            holder_key=as_digest(source.get("holder_key"), at=f"{at}/holder_key"),
            verified_at=as_moment(source.get("verified_at"), at=f"{at}/verified_at"),
            claims=as_object(source.get("claims"), at=f"{at}/claims"),
        )

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads."""
        known = {}
        if self.accreditations is not None:
            ordered = sorted(
                self.accreditations, key=lambda each: (each.kind, str(each.accredited_by))
            )
            known["accreditations"] = [each.to_json() for each in ordered]
        return {
            "vct": self.vct,
            "issuer": str(self.issuer),
            **known,
            "holder_key": self.holder_key,
            "verified_at": to_timestamp(self.verified_at),
            "claims": self.claims,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Consents:
    """A person's grants with what is known about them; the contract says what is asked of them."""

    records: tuple[GrantRecord, ...]
    context: Context = NOTHING_KNOWN

    @classmethod
    def parse(cls, value: JsonValue, *, at: str) -> Self:
        """Read `{"records", "context"?}`."""
        source = as_object(value, at=at)
        require_known(source, ("records", "context"), at=at)
        records = as_array(source.get("records"), at=f"{at}/records")
        if len(records) > MAX_LIST:
            raise MalformedError("must have at most 256 elements", at=f"{at}/records")
        return cls(
            records=tuple(GrantRecord.parse(each) for each in records),
            context=Context.parse(source["context"], at=f"{at}/context")
            if "context" in source
            else NOTHING_KNOWN,
        )

    def decide(self, request: AccessRequest, *, at: datetime) -> Decision:
        """Return what the engine says; a contract never takes somebody's word for it."""
        return decide(request, self.records, at=at, context=self.context)


@dataclass(frozen=True, slots=True)
class Review:
    """What a person said about something that was referred; who says so was authenticated before.

    `about` is the digest of what was referred, so that a review cannot be used for anything else.
    """

    by: Did
    about: str
    approves: bool

    @classmethod
    def parse(cls, value: JsonValue, *, at: str) -> Self:
        """Read `{"by", "about", "approves"}`."""
        source = as_object(value, at=at)
        require_known(source, ("by", "about", "approves"), at=at)
        return cls(
            parse_did(source.get("by"), at=f"{at}/by"),
            as_digest(source.get("about"), at=f"{at}/about"),
            as_boolean(source.get("approves"), at=f"{at}/approves"),
        )


def parse_review(facts: JsonObject) -> Review | None:
    """Read the member `review` of the facts, if there is one."""
    return Review.parse(facts["review"], at="/facts/review") if "review" in facts else None


def approval(review: Review | None, about: str) -> bool | None:
    """Return what a review says about `about`; `None` is nothing."""
    return None if review is None or review.about != about else review.approves


def refusals_of(decision: Decision) -> tuple[str, ...]:
    """Return the codes of what stands against a permit; none for a permit."""
    if isinstance(decision, Permit):
        return ()
    return tuple(refusal.value for refusal in decision.refusals)


def is_accredited(
    accreditations: frozenset[Accreditation] | None,
    kind: RecipientKind,
    accreditors: frozenset[Did],
) -> bool | None:
    """Say whether one of `accreditors` says that a party is of `kind`; `None` is not known."""
    if accreditations is None:
        return None
    return any(each.kind is kind and each.accredited_by in accreditors for each in accreditations)


def parse_accreditations(source: JsonObject, *, at: str) -> frozenset[Accreditation] | None:
    """Read the member `accreditations`; if it is missing it could not be found out."""
    if "accreditations" not in source:
        return None
    at = f"{at}/accreditations"
    values: Sequence[JsonValue] = as_array(source["accreditations"], at=at)
    return frozenset(
        Accreditation.parse(each, at=f"{at}/{place}") for place, each in enumerate(values)
    )
