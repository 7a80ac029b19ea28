"""A question that a person can answer: who asks, why, until when, for which claims."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from consent_contracts.request import ConsentRequest
from ssi_core import claim_path
from ssi_core.claim_path import ClaimPath
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import to_timestamp
from ssi_core.protocol.openid4vp import AuthorizationRequest
from wallet.claims import ShownClaim

_DAY: Final = timedelta(days=1)


class Accredited(StrEnum):
    """What the log says about whether this asker may ask for what it asks."""

    YES = "accredited"
    NO = "not_accredited"
    UNKNOWN = "could_not_find_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks: how it proved that, what it calls itself, and whether it may ask.

    `response_origin` is the scheme and host that the answer goes to.
    """

    client_id: str
    response_origin: str
    did: str | None
    name: str | None
    proven_by: str
    accredited: Accredited

    def to_json(self) -> JsonObject:
        """Return the asker as JSON."""
        return {
            "client_id": self.client_id,
            "response_origin": self.response_origin,
            "did": self.did,
            "name": self.name,
            "proven_by": self.proven_by,
            "accredited": self.accredited.value,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One credential in an answer: `paths` are disclosed, `asked` are the paths of the query."""

    query_id: str
    credential_id: str
    paths: frozenset[ClaimPath]
    asked: frozenset[ClaimPath]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownShare:
    """A share as a person reads it."""

    share: Share
    title: str
    issuer_name: str
    vct: str
    claims: tuple[ShownClaim, ...]
    withheld: tuple[str, ...]
    links_verifiers: bool

    def to_json(self) -> JsonObject:
        """Return the share as JSON."""
        return {
            "query": self.share.query_id,
            "credential": self.share.credential_id,
            "title": self.title,
            "issuer": self.issuer_name,
            "vct": self.vct,
            "claims": [claim.to_json() for claim in self.claims],
            "withheld": list(self.withheld),
        }


@dataclass(frozen=True, slots=True)
class ShownOption:
    """One possible answer: all of its shares go together."""

    shares: tuple[ShownShare, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a verifier wants, checked, understood and put into words.

    `consent` is there when a grant is asked for; without it the asker does not say why.
    `transaction` names the credential query that the grant answers.
    """

    id: str
    asker: Asker
    request: AuthorizationRequest
    consent: ConsentRequest | None
    options: tuple[ShownOption, ...]
    warnings: tuple[str, ...]
    asked_at: datetime

    def option(self, index: int) -> ShownOption:
        """Return one of the options; they are counted from 0."""
        if not 0 <= index < len(self.options):
            raise MalformedError("the question has no such option", at="/option")
        return self.options[index]

    def to_json(self) -> JsonObject:
        """Return the question as JSON: everything a person needs to answer it."""
        return {
            "id": self.id,
            "who": self.asker.to_json(),
            **_reasons(self.consent),
            "options": [
                {"option": index, "share": [share.to_json() for share in option.shares]}
                for index, option in enumerate(self.options)
            ],
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A person's yes: which option, and what of it is held back.

    `days` shortens the period, `purposes` (codes) are those that are granted of the ones asked for,
    and the claims at or below `without` stay in the wallet.
    """

    option: int = 0
    days: int | None = None
    purposes: Collection[str] | None = None
    without: Collection[ClaimPath] = ()

    def __post_init__(self) -> None:
        if self.days is not None and not 0 < self.days <= _MAX_DAYS:
            raise MalformedError("a period has between 1 and 3653 days", at="/days")
        if self.purposes is not None and not self.purposes:
            raise MalformedError("a consent is for at least one purpose", at="/purposes")


_MAX_DAYS: Final = 3653


def days_asked(consent: ConsentRequest) -> int:
    """Return for how many days a grant is asked, rounded up."""
    start, end = consent.period.start, consent.period.end
    return 0 if start is None or end is None else -((start - end) // _DAY)


def _reasons(consent: ConsentRequest | None) -> dict[str, JsonValue]:
    if consent is None:
        return {"why": None, "period": None, "if_refused": None}
    return {
        "why": {
            "purposes": [
                {"code": purpose.value, "display": purpose.display}
                for purpose in sorted(consent.purposes)
            ],
            "notice": {"language": consent.notice.language, "text": consent.notice.text},
        },
        "period": {
            "not_before": _moment(consent.period.start),
            "expires": _moment(consent.period.end),
            "days": days_asked(consent),
        },
        "access": str(consent.access),
        "limits": consent.limits.to_json(),
        "obligations": sorted(obligation.value for obligation in consent.obligations),
        "if_refused": consent.if_refused,
    }


def _moment(value: datetime | None) -> int | None:
    return None if value is None else to_timestamp(value)


def render_share(share: Share) -> JsonObject:
    """Return a share as the vault keeps it."""
    return {
        "query": share.query_id,
        "credential": share.credential_id,
        "paths": _render_paths(share.paths),
        "asked": _render_paths(share.asked),
    }


def _render_paths(paths: Collection[ClaimPath]) -> list[JsonValue]:
    return sorted((claim_path.render(path) for path in paths), key=str)
