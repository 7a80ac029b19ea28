"""What a verifier asks for and what it accepts, as data: one JSON object for each policy.

A member that is not known could be a restriction, so it is refused. Empty lists are refused.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Self, TypeAlias

from consent_contracts.access import AccessLevel
from consent_contracts.grant import MAX_PERIOD, parse_purposes
from consent_contracts.purpose import Purpose
from consent_contracts.request import GRANT_QUERY
from consent_contracts.scope import ScopeItem
from consent_contracts.terms import Limits, NoticeText, Obligation, parse_obligations
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.presentation.dcql import SD_JWT_VC_FORMAT, CredentialQuery, DcqlQuery
from ssi_core.strict_json import as_array, as_boolean, as_integer, as_object, as_text, as_texts

CONFIGURED: Final = "configured"
"""In the place of a list of roots: those that the process was configured with."""
ALGORITHMS: Final = frozenset({"ES256", "EdDSA", "Ed25519"})
"""Signature algorithms of issuers, holders and status lists that every policy accepts."""
CLOCK_SKEW: Final = timedelta(seconds=60)
_MAX_DURATION: Final = timedelta(days=366)
_MEMBERS: Final = frozenset(
    {
        "id", "title", "purposes", "credentials", "query", "issuers", "status", "holder_binding",
        "grant", "notice", "if_refused",
    }
)  # fmt: skip
_GRANT_MEMBERS: Final = frozenset(
    {
        "required", "period", "max_staleness", "max_checkpoint_age", "access", "obligations",
        "limits",
    }
)  # fmt: skip
_CREDENTIAL_MEMBERS: Final = frozenset({"id", "vct", "claims", "claim_sets", "multiple"})


@dataclass(frozen=True, slots=True)
class NamedIssuers:
    """These issuers and no others."""

    dids: frozenset[Did]


@dataclass(frozen=True, slots=True)
class AccreditedIssuers:
    """Issuers with an accreditation in the log for the type, from one of these roots down."""

    roots: frozenset[Did]


@dataclass(frozen=True, slots=True)
class UnsafeAnyIssuer:
    """Whoever signed: right for interoperability tests, wrong for decisions about people."""


IssuerRule: TypeAlias = NamedIssuers | AccreditedIssuers | UnsafeAnyIssuer


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusRule:
    """Whether a credential must have a status list, and how old its statement may be.

    `in_log` asks that the list is the one whose digest its issuer published last in the log.
    """

    required: bool
    max_age: timedelta | None
    in_log: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRule:
    """The consent that a person is asked for, and how fresh the log's word on it must be."""

    purposes: frozenset[Purpose]
    period: timedelta
    max_staleness: timedelta
    max_checkpoint_age: timedelta
    access: AccessLevel
    obligations: frozenset[Obligation]
    limits: Limits
    notice: NoticeText
    if_refused: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One question that an organisation asks, and the rules that its answer must meet.

    Without a `grant` rule this is plain OpenID4VP, which any wallet can answer. Only then may
    `query`, DCQL as it is sent, stand in the place of `credentials`.
    """

    id: str
    title: str
    query: DcqlQuery
    issuers: IssuerRule
    status: StatusRule
    holder_binding: bool
    grant: GrantRule | None
    source: JsonObject

    @classmethod
    def parse(cls, source: JsonObject, *, roots: Collection[Did] = ()) -> Self:
        """Read a policy; `roots` stand in where it says `"accredited_under": "configured"`."""
        _require_known(source, _MEMBERS, "")
        holder_binding = as_boolean(source.get("holder_binding"), at="/holder_binding")
        grant = _grant(source)
        if grant is not None and not holder_binding:
            raise MalformedError("a grant needs holder binding", at="/holder_binding")
        return cls(
            id=as_text(source.get("id"), at="/id"),
            title=as_text(source.get("title"), at="/title"),
            query=_query(source, holder_binding=holder_binding),
            issuers=_issuers(source.get("issuers"), roots),
            status=_status(source.get("status")),
            holder_binding=holder_binding,
            grant=grant,
            source=source,
        )

    @property
    def credentials(self) -> tuple[CredentialQuery, ...]:
        """The credentials that are asked for, a grant not among them."""
        return self.query.credentials

    @property
    def scope(self) -> tuple[ScopeItem, ...]:
        """Every claim that the query asks for, at the grant's access level: what may be granted."""
        level = AccessLevel.FULL if self.grant is None else self.grant.access
        return tuple(
            ScopeItem(vct=vct, claims=frozenset(claim.path for claim in query.claims), access=level)
            for query in self.credentials
            for vct in query.vct_values
        )


def _grant(source: JsonObject) -> GrantRule | None:
    at = "/grant"
    value = as_object(source.get("grant"), at=at)
    _require_known(value, _GRANT_MEMBERS, at)
    if not as_boolean(value.get("required"), at=f"{at}/required"):
        if len(value) > 1 or source.keys() & {"purposes", "notice", "if_refused"}:
            raise MalformedError("without a grant there are no terms for one", at=at)
        return None
    notice = as_object(source.get("notice"), at="/notice")
    _require_known(notice, ("language", "text"), "/notice")
    access = AccessLevel.parse(value.get("access"), at=f"{at}/access")
    if access is AccessLevel.NONE:
        raise MalformedError("a policy asks for more than nothing", at=f"{at}/access")
    return GrantRule(
        purposes=parse_purposes(source.get("purposes"), at="/purposes"),
        period=_duration(value.get("period"), f"{at}/period", maximum=MAX_PERIOD),
        max_staleness=_duration(value.get("max_staleness"), f"{at}/max_staleness"),
        max_checkpoint_age=_duration(value.get("max_checkpoint_age"), f"{at}/max_checkpoint_age"),
        access=access,
        obligations=parse_obligations(value.get("obligations"), at=f"{at}/obligations"),
        limits=Limits.parse(value.get("limits", {}), at=f"{at}/limits"),
        notice=NoticeText(
            as_text(notice.get("language"), at="/notice/language"),
            as_text(notice.get("text"), at="/notice/text"),
        ),
        if_refused=as_text(source.get("if_refused"), at="/if_refused"),
    )


def _query(source: JsonObject, *, holder_binding: bool) -> DcqlQuery:
    if "query" not in source:
        return DcqlQuery(
            credentials=_credentials(source.get("credentials"), holder_binding=holder_binding)
        )
    if "credentials" in source or source.get("grant") != {"required": False}:
        raise MalformedError("a query stands alone, and asks for no grant", at="/query")
    query = DcqlQuery.parse(as_object(source["query"], at="/query"))
    for index, asked in enumerate(query.credentials):
        at = f"/query/credentials/{index}"
        if asked.format != SD_JWT_VC_FORMAT:
            raise MalformedError("only SD-JWT VCs can be verified here", at=f"{at}/format")
        if asked.id == GRANT_QUERY:
            raise MalformedError("the id is that of a grant's query", at=f"{at}/id")
        if asked.require_cryptographic_holder_binding is not holder_binding:
            raise MalformedError("the policy says otherwise of holder binding", at=at)
    return query


def _credentials(value: JsonValue, *, holder_binding: bool) -> tuple[CredentialQuery, ...]:
    items = as_array(value, at="/credentials")
    if not items:
        raise MalformedError("a policy asks for a credential", at="/credentials")
    queries = tuple(
        _credential(item, f"/credentials/{index}", holder_binding=holder_binding)
        for index, item in enumerate(items)
    )
    if len({query.id for query in queries}) != len(queries):
        raise MalformedError("an id stands twice", at="/credentials")
    return queries


def _credential(value: JsonValue, at: str, *, holder_binding: bool) -> CredentialQuery:
    source = as_object(value, at=at)
    _require_known(source, _CREDENTIAL_MEMBERS, at)
    claims = as_array(source.get("claims"), at=f"{at}/claims")
    if not claims:
        raise MalformedError("a policy asks for a claim", at=f"{at}/claims")
    query: dict[str, JsonValue] = {
        "id": source.get("id"),
        "format": SD_JWT_VC_FORMAT,
        "meta": {"vct_values": [as_text(source.get("vct"), at=f"{at}/vct")]},
        "claims": [_claim(claim) for claim in claims],
        "require_cryptographic_holder_binding": holder_binding,
    }
    for name in ("claim_sets", "multiple"):
        if name in source:
            query[name] = source[name]
    return CredentialQuery.parse(query, at=at)


def _claim(value: JsonValue) -> JsonValue:
    # A bare path is the short form of {"path": ...}.
    return value if isinstance(value, dict) else {"path": value}


def _issuers(value: JsonValue, roots: Collection[Did]) -> IssuerRule:
    at = "/issuers"
    source = as_object(value, at=at)
    if len(source) != 1:
        raise MalformedError("must have exactly one rule", at=at)
    match next(iter(source.items())):
        case "dids", dids:
            return NamedIssuers(_dids(dids, f"{at}/dids"))
        case "accredited_under", "configured":
            if not roots:
                raise MalformedError(
                    "the process is configured without roots", at=f"{at}/accredited_under"
                )
            return AccreditedIssuers(frozenset(roots))
        case "accredited_under", dids:
            return AccreditedIssuers(_dids(dids, f"{at}/accredited_under"))
        case "unsafe_any", True:
            return UnsafeAnyIssuer()
        case _:
            raise MalformedError("not a rule about issuers", at=at)


def _dids(value: JsonValue, at: str) -> frozenset[Did]:
    return frozenset(Did.parse(text, at=at) for text in as_texts(value, at=at))


def _status(value: JsonValue) -> StatusRule:
    source = as_object(value, at="/status")
    _require_known(source, ("required", "max_age", "in_log"), "/status")
    max_age = source.get("max_age")
    return StatusRule(
        required=as_boolean(source.get("required"), at="/status/required"),
        max_age=None if max_age is None else _duration(max_age, "/status/max_age"),
        in_log=as_boolean(source.get("in_log", False), at="/status/in_log"),
    )


def _duration(value: JsonValue, at: str, *, maximum: timedelta = _MAX_DURATION) -> timedelta:
    seconds = as_integer(value, at=at)
    if not 1 <= seconds <= maximum.total_seconds():
        raise MalformedError("must be seconds, at least one, and not too many", at=at)
    return timedelta(seconds=seconds)


def _require_known(source: JsonObject, names: Collection[str], at: str) -> None:
    if not source.keys() <= set(names):
        raise MalformedError("has a member that is not known here", at=at)
