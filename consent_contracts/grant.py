"""One permission: who may see what, for which purpose, until when, and on which terms."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final, Self, TypeVar

from consent_contracts.access import AccessLevel
from consent_contracts.purpose import Purpose
from consent_contracts.scope import Scope, ScopeItem
from consent_contracts.terms import Limits, Notice, Obligation, parse_obligations
from consent_contracts.wire import (
    MAX_LIST,
    as_digest,
    as_duration,
    as_list,
    as_moment,
    require_digest,
    require_duration,
    require_known,
    require_name,
    require_whole_seconds,
    seconds,
)
from ssi_core.claim_path import ClaimPath
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import Period, to_timestamp
from ssi_core.strict_json import as_object, as_text

__all__ = [
    "DISCLOSED",
    "MAX_PERIOD",
    "AccessLevel",
    "ClaimPath",
    "Grant",
    "Limits",
    "Notice",
    "Obligation",
    "Scope",
    "ScopeItem",
]

MAX_PERIOD: Final = timedelta(days=3653)
DISCLOSED: Final = ("subject", "recipient", "purposes", "scope", "terms")
"""The members that only the recipient sees, each behind its own commitment in the log."""

_T = TypeVar("_T")
_PLAIN: Final = ("grant_id", "log", "nbf", "exp")
_TERMS: Final = ("max_staleness", "limits", "obligations", "notice", "request")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a subject permits one recipient; it is complete only with the state the log gives it.

    `id` is the log entry's, and `None` as long as there is none. `holder_keys` are the thumbprints
    (RFC 7638) of the keys that hold the credentials spoken of: the subject has no other name here.
    `request_digest` ties the grant to the request that the person saw.
    """

    id: str | None = None
    log: str
    holder_keys: frozenset[str]
    recipient: Did
    purposes: frozenset[Purpose]
    scope: Scope
    period: Period
    max_staleness: timedelta
    limits: Limits
    obligations: frozenset[Obligation]
    notice: Notice
    request_digest: str

    def __post_init__(self) -> None:
        for name, items in (
            ("/subject/keys", self.holder_keys),
            ("/purposes", self.purposes),
            ("/scope", self.scope),
        ):
            if not 0 < len(items) <= MAX_LIST:
                raise MalformedError("must have between 1 and 256 elements", at=name)
        if self.id is not None:
            require_name(self.id, at="/grant_id")
        require_name(self.log, at="/log")
        for key in self.holder_keys:
            require_digest(key, at="/subject/keys")
        require_term(self.period)
        require_duration(self.max_staleness, at="/terms/max_staleness")
        require_digest(self.request_digest, at="/terms/request")

    @classmethod
    def parse(cls, source: JsonObject) -> Self:
        """Read a grant as JSON; a member that is not known could restrict it, so it is refused."""
        require_known(source, (*_PLAIN, *DISCLOSED), at="")
        grant_id = source.get("grant_id")
        terms = _members(source, "terms", _TERMS)
        return cls(
            id=None if grant_id is None else as_text(grant_id, at="/grant_id"),
            log=as_text(source.get("log"), at="/log"),
            holder_keys=_set(
                _members(source, "subject", ("keys",)).get("keys"), as_digest, at="/subject/keys"
            ),
            recipient=parse_did(
                _members(source, "recipient", ("id",)).get("id"), at="/recipient/id"
            ),
            purposes=parse_purposes(source.get("purposes"), at="/purposes"),
            scope=tuple(
                ScopeItem.parse(item, at=pointer)
                for item, pointer in as_list(source.get("scope"), at="/scope")
            ),
            period=Period(
                as_moment(source.get("nbf"), at="/nbf"), as_moment(source.get("exp"), at="/exp")
            ),
            max_staleness=as_duration(terms.get("max_staleness"), at="/terms/max_staleness"),
            limits=Limits.parse(terms.get("limits"), at="/terms/limits"),
            obligations=parse_obligations(terms.get("obligations"), at="/terms/obligations"),
            notice=Notice.parse(terms.get("notice"), at="/terms/notice"),
            request_digest=as_digest(terms.get("request"), at="/terms/request"),
        )

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads: plain members first, then the disclosed five."""
        start, end = require_term(self.period)
        named = {} if self.id is None else {"grant_id": self.id}
        return {**named, "log": self.log, "nbf": start, "exp": end, **self.disclosed()}

    def disclosed(self) -> Mapping[str, JsonValue]:
        """Return the five members of `DISCLOSED`, in that order."""
        return MappingProxyType(
            {
                "subject": {"keys": sorted(self.holder_keys)},
                "recipient": {"id": str(self.recipient)},
                "purposes": sorted(purpose.value for purpose in self.purposes),
                "scope": [item.to_json() for item in self.scope],
                "terms": {
                    "max_staleness": seconds(self.max_staleness),
                    "limits": self.limits.to_json(),
                    "obligations": sorted(each.value for each in self.obligations),
                    "notice": self.notice.to_json(),
                    "request": self.request_digest,
                },
            }
        )


def require_term(period: Period) -> tuple[int, int]:
    """Return start and end as NumericDates; both must be there, and at most ten years apart."""
    if period.start is None or period.end is None:
        raise MalformedError("a grant has a beginning and an end", at="/exp")
    require_whole_seconds(period.start, at="/nbf")
    require_whole_seconds(period.end, at="/exp")
    if period.end - period.start > MAX_PERIOD:
        raise MalformedError("a grant lasts ten years at most", at="/exp")
    return to_timestamp(period.start), to_timestamp(period.end)


def parse_purposes(value: JsonValue, *, at: str) -> frozenset[Purpose]:
    """Read an array, not empty, of PurposeOfUse codes."""
    return _set(value, Purpose.parse, at=at)


def parse_did(value: JsonValue, *, at: str) -> Did:
    """Read a DID that stands as a string."""
    return Did.parse(as_text(value, at=at), at=at)


def _members(source: JsonObject, name: str, names: tuple[str, ...]) -> JsonObject:
    inner = as_object(source.get(name), at=f"/{name}")
    require_known(inner, names, at=f"/{name}")
    return inner


def _set(value: JsonValue, read: Callable[..., _T], *, at: str) -> frozenset[_T]:
    items = as_list(value, at=at)
    found = frozenset(read(item, at=pointer) for item, pointer in items)
    if len(found) != len(items):
        raise MalformedError("an element stands here twice", at=at)
    return found
