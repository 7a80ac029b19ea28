"""One permission: who may see what, for which purpose, until when, and on which terms."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final, Self

from consent_contracts.access import AccessLevel
from consent_contracts.data_use import DataUseTerm, parse_data_use, require_data_use
from consent_contracts.grantor import Grantor
from consent_contracts.purpose import Purpose, covered_by
from consent_contracts.recipient import Recipient
from consent_contracts.record_scope import RecordScope
from consent_contracts.scope import Scope, ScopeItem
from consent_contracts.terms import Effect, Limits, Notice, Obligation, parse_obligations
from consent_contracts.wire import (
    MAX_LIST,
    as_digest,
    as_distinct,
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
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import Period, to_timestamp
from ssi_core.strict_json import as_object, as_text

__all__ = [
    "DISCLOSED",
    "MAX_PERIOD",
    "AccessLevel",
    "ClaimPath",
    "Effect",
    "Grant",
    "Grantor",
    "Limits",
    "Notice",
    "Obligation",
    "Recipient",
    "RecordScope",
    "Scope",
    "ScopeItem",
]

MAX_PERIOD: Final = timedelta(days=3653)
DISCLOSED: Final = ("subject", "recipient", "purposes", "scope", "terms")
"""The members that only the recipient sees, each behind its own commitment in the log."""

_PLAIN: Final = ("grant_id", "log", "nbf", "exp")
_TERMS: Final = (
    "effect", "except_purposes", "max_staleness", "limits", "obligations", "data_use", "notice",
    "request", "supersedes",
)  # fmt: skip
_SUBJECT: Final = ("keys", "grantor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a subject permits one recipient; it is complete only with the state the log gives it.

    `id` is the log entry's, and `None` as long as there is none. `holder_keys` are the thumbprints
    (RFC 7638) of the keys that hold the credentials spoken of: the subject has no other name here.
    `grantor` says who gave it in the subject's place, and `None` is the subject. What it gives is
    claims of credentials (`scope`) and health records (`records`), for `purposes` and those below
    them, `except_purposes` and those below them left out. `request_digest` ties the grant to the
    request that the person saw; `supersedes` names the grant that it takes the place of.

    With the effect `deny` it is an objection: each scope item denies its level and those above, and
    items at level `none` are spared.
    """

    id: str | None = None
    log: str
    holder_keys: frozenset[str]
    grantor: Grantor | None = None
    recipient: Recipient
    effect: Effect = Effect.PERMIT
    purposes: frozenset[Purpose]
    except_purposes: frozenset[Purpose] = frozenset()
    scope: Scope = ()
    records: tuple[RecordScope, ...] = ()
    period: Period
    max_staleness: timedelta
    limits: Limits
    obligations: frozenset[Obligation]
    data_use: tuple[DataUseTerm, ...] = ()
    notice: Notice
    request_digest: str
    supersedes: str | None = None

    def __post_init__(self) -> None:
        for name, items in (
            ("/subject/keys", self.holder_keys),
            ("/purposes", self.purposes),
            ("/scope", (*self.scope, *self.records)),
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
        if self.supersedes is not None:
            require_name(self.supersedes, at="/terms/supersedes")
        self._require_sense()

    @property
    def covered_purposes(self) -> frozenset[Purpose]:
        """The purposes and all below them, without those excepted and all below these."""
        return covered_by(self.purposes) - covered_by(self.except_purposes)

    def _require_sense(self) -> None:
        """Refuse what contradicts itself."""
        if not self.covered_purposes:
            raise MalformedError("excepts every purpose that it names", at="/terms/except_purposes")
        if self.supersedes is not None and self.supersedes == self.id:
            raise MalformedError("a grant does not supersede itself", at="/terms/supersedes")
        levels = {item.access for item in self.scope} | {item.access for item in self.records}
        if self.effect is Effect.DENY:
            if levels == {AccessLevel.NONE}:
                raise MalformedError("an objection that spares everything", at="/scope")
            if self.data_use:
                raise MalformedError("an objection has no terms of use", at="/terms/data_use")
        elif self.recipient.party is None:
            raise MalformedError("nothing is permitted to anyone at all", at="/recipient/class")
        if self.recipient.excepted and self.effect is Effect.PERMIT:
            raise MalformedError("only an objection leaves somebody out", at="/recipient/except")
        if self.data_use:
            require_data_use(self.data_use, at="/terms/data_use")
            if not self.purposes <= Purpose.HRESCH.covered:
                raise MalformedError("terms of data use are for research", at="/terms/data_use")

    @classmethod
    def parse(cls, source: JsonObject) -> Self:
        """Read a grant as JSON; a member that is not known could restrict it, so it is refused."""
        require_known(source, (*_PLAIN, *DISCLOSED), at="")
        grant_id = source.get("grant_id")
        terms = _members(source, "terms", _TERMS)
        subject = _members(source, "subject", _SUBJECT)
        scope, records = parse_scope(source.get("scope"))
        return cls(
            id=None if grant_id is None else as_text(grant_id, at="/grant_id"),
            log=as_text(source.get("log"), at="/log"),
            holder_keys=as_distinct(subject.get("keys"), as_digest, at="/subject/keys"),
            grantor=Grantor.parse(subject["grantor"]) if "grantor" in subject else None,
            recipient=Recipient.parse(source.get("recipient")),
            effect=Effect.parse(terms.get("effect", "permit"), at="/terms/effect"),
            purposes=parse_purposes(source.get("purposes"), at="/purposes"),
            except_purposes=parse_purposes(terms["except_purposes"], at="/terms/except_purposes")
            if "except_purposes" in terms
            else frozenset(),
            scope=scope,
            records=records,
            period=Period(
                as_moment(source.get("nbf"), at="/nbf"), as_moment(source.get("exp"), at="/exp")
            ),
            max_staleness=as_duration(terms.get("max_staleness"), at="/terms/max_staleness"),
            limits=Limits.parse(terms.get("limits"), at="/terms/limits"),
            obligations=parse_obligations(terms.get("obligations"), at="/terms/obligations"),
            data_use=parse_data_use(terms["data_use"], at="/terms/data_use")
            if "data_use" in terms
            else (),
            notice=Notice.parse(terms.get("notice"), at="/terms/notice"),
            request_digest=as_digest(terms.get("request"), at="/terms/request"),
            supersedes=as_text(terms["supersedes"], at="/terms/supersedes")
            if "supersedes" in terms
            else None,
        )

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads: plain members first, then the disclosed five."""
        start, end = require_term(self.period)
        named = {} if self.id is None else {"grant_id": self.id}
        return {**named, "log": self.log, "nbf": start, "exp": end, **self.disclosed()}

    def disclosed(self) -> Mapping[str, JsonValue]:
        """Return the five members of `DISCLOSED`, in that order."""
        grantor = {} if self.grantor is None else {"grantor": self.grantor.to_json()}
        return MappingProxyType(
            {
                "subject": {"keys": sorted(self.holder_keys), **grantor},
                "recipient": self.recipient.to_json(),
                "purposes": sorted(purpose.value for purpose in self.purposes),
                "scope": [item.to_json() for item in (*self.scope, *self.records)],
                "terms": self._terms(),
            }
        )

    def _terms(self) -> JsonObject:
        members: dict[str, JsonValue] = {
            "max_staleness": seconds(self.max_staleness),
            "limits": self.limits.to_json(),
            "obligations": sorted(each.value for each in self.obligations),
            "notice": self.notice.to_json(),
            "request": self.request_digest,
        }
        if self.effect is not Effect.PERMIT:
            members["effect"] = self.effect.value
        if self.except_purposes:
            members["except_purposes"] = sorted(each.value for each in self.except_purposes)
        if self.data_use:
            members["data_use"] = [each.to_json() for each in self.data_use]
        if self.supersedes is not None:
            members["supersedes"] = self.supersedes
        return members


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
    return as_distinct(value, Purpose.parse, at=at)


def parse_scope(value: JsonValue) -> tuple[Scope, tuple[RecordScope, ...]]:
    """Read an array, not empty, of scope items: those of claims, and those of records."""
    claims: list[ScopeItem] = []
    records: list[RecordScope] = []
    for item, pointer in as_list(value, at="/scope"):
        if isinstance(item, Mapping) and "records" in item:
            records.append(RecordScope.parse(item, at=pointer))
        else:
            claims.append(ScopeItem.parse(item, at=pointer))
    return tuple(claims), tuple(records)


def _members(source: JsonObject, name: str, names: tuple[str, ...]) -> JsonObject:
    inner = as_object(source.get(name), at=f"/{name}")
    require_known(inner, names, at=f"/{name}")
    return inner
