"""What a recipient asks for, as OpenID4VP transaction data, and the grant that may answer it.

https://openid.net/specs/openid-4-verifiable-presentations-1_0.html#name-transaction-data
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, Self

from consent_contracts import scope as scopes
from consent_contracts.access import AccessLevel
from consent_contracts.grant import Grant, parse_purposes, require_term
from consent_contracts.purpose import Purpose, covers
from consent_contracts.recipient import Recipient, parse_did
from consent_contracts.scope import ScopeItem
from consent_contracts.terms import Effect, Limits, NoticeText, Obligation, parse_obligations
from consent_contracts.wire import (
    as_duration,
    as_moment,
    require_duration,
    require_name,
    require_prose,
    require_web_url,
    seconds,
)
from ssi_core import strict_json
from ssi_core.did.syntax import Did
from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.errors import ConsentError, MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import Period
from ssi_core.strict_json import as_object, as_text, as_texts

TYPE: Final = "urn:consentry:consent-request:1"
HASH_ALGORITHM: Final = "sha-256"
GRANT_QUERY: Final = "consent_grant"
"""The id under which the DCQL query asks for the grant credential."""
BEYOND_REQUEST: Final = "beyond_request"
MAX_CHARACTERS: Final = 65_536

_MEMBERS: Final = frozenset(
    {
        "type",
        "credential_ids",
        "transaction_data_hashes_alg",
        "recipient",
        "recipient_name",
        "purposes",
        "not_before",
        "expires",
        "max_staleness",
        "access",
        "limits",
        "obligations",
        "notice",
        "if_refused",
        "withdrawal_uri",
        "log",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRequest:
    """A recipient's question to a person; which claims it is about stands in the DCQL query.

    `text` is the transaction data as sent (base64url), and made from the members when the request
    is new; a narrowed request keeps the text of the one that was sent. `other` holds the members
    that are not known here.
    """

    recipient: Did
    recipient_name: str
    purposes: frozenset[Purpose]
    period: Period
    max_staleness: timedelta
    access: AccessLevel
    limits: Limits
    obligations: frozenset[Obligation]
    notice: NoticeText
    if_refused: str
    withdrawal_uri: str
    log: str
    credential_ids: tuple[str, ...] = (GRANT_QUERY,)
    other: Mapping[str, JsonValue] = field(default_factory=dict, hash=False)
    text: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not self.purposes:
            raise MalformedError("a request names at least one purpose", at="/purposes")
        if self.access is AccessLevel.NONE:
            raise MalformedError("a request asks for more than nothing", at="/access")
        if not self.credential_ids:
            raise MalformedError("must not be empty", at="/credential_ids")
        require_name(self.recipient_name, at="/recipient_name")
        require_term(self.period)
        require_duration(self.max_staleness, at="/max_staleness")
        require_prose(self.if_refused, at="/if_refused", maximum=4_000)
        require_web_url(self.withdrawal_uri, at="/withdrawal_uri")
        require_name(self.log, at="/log")
        if not self.text:
            object.__setattr__(self, "text", _encoded(self.to_json()))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one element of `transaction_data`, exactly as it was sent."""
        if len(text) > MAX_CHARACTERS:
            raise MalformedError("transaction data is larger than allowed")
        body = strict_json.parse_object(base64url_decode(text, at="/transaction_data"))
        return cls.from_json(body, text=text)

    @classmethod
    def from_json(cls, body: JsonObject, *, text: str = "") -> Self:
        """Read the transaction data object; `text` is the form in which it was sent, if it was."""
        if body.get("type") != TYPE:
            raise MalformedError("not a consent request", at="/type")
        algorithms = body.get("transaction_data_hashes_alg", [HASH_ALGORITHM])
        if HASH_ALGORITHM not in as_texts(algorithms, at="/transaction_data_hashes_alg"):
            raise MalformedError("must offer sha-256", at="/transaction_data_hashes_alg")
        notice = as_object(body.get("notice"), at="/notice")
        return cls(
            recipient=parse_did(body.get("recipient"), at="/recipient"),
            recipient_name=_text(body, "recipient_name"),
            purposes=parse_purposes(body.get("purposes"), at="/purposes"),
            period=Period(
                as_moment(body.get("not_before"), at="/not_before"),
                as_moment(body.get("expires"), at="/expires"),
            ),
            max_staleness=as_duration(body.get("max_staleness"), at="/max_staleness"),
            access=AccessLevel.parse(body.get("access")),
            limits=Limits.parse(body.get("limits")),
            obligations=parse_obligations(body.get("obligations"), at="/obligations"),
            notice=NoticeText(
                as_text(notice.get("language"), at="/notice/language"),
                as_text(notice.get("text"), at="/notice/text"),
            ),
            if_refused=_text(body, "if_refused"),
            withdrawal_uri=_text(body, "withdrawal_uri"),
            log=_text(body, "log"),
            credential_ids=as_texts(body.get("credential_ids"), at="/credential_ids"),
            other={name: value for name, value in body.items() if name not in _MEMBERS},
            text=text,
        )

    def to_json(self) -> JsonObject:
        """Return the transaction data object."""
        not_before, expires = require_term(self.period)
        return {
            "type": TYPE,
            "credential_ids": list(self.credential_ids),
            "transaction_data_hashes_alg": [HASH_ALGORITHM],
            "recipient": str(self.recipient),
            "recipient_name": self.recipient_name,
            "purposes": sorted(purpose.value for purpose in self.purposes),
            "not_before": not_before,
            "expires": expires,
            "max_staleness": seconds(self.max_staleness),
            "access": str(self.access),
            "limits": self.limits.to_json(),
            "obligations": sorted(each.value for each in self.obligations),
            "notice": {"language": self.notice.language, "text": self.notice.text},
            "if_refused": self.if_refused,
            "withdrawal_uri": self.withdrawal_uri,
            "log": self.log,
            **self.other,
        }

    @property
    def digest(self) -> str:
        """SHA-256 of the text as sent, in base64url: what the grant and the key binding name."""
        return base64url_encode(sha256(self.text.encode("ascii")).digest())

    def grant(self, *, holder_keys: Collection[str], scope: Sequence[ScopeItem]) -> Grant:
        """Return the grant that answers this request in full for `scope`; it has no id yet."""
        return Grant(
            log=self.log,
            holder_keys=frozenset(holder_keys),
            recipient=Recipient(self.recipient),
            purposes=self.purposes,
            scope=tuple(scope),
            period=self.period,
            max_staleness=self.max_staleness,
            limits=self.limits,
            obligations=self.obligations,
            notice=self.notice.notice,
            request_digest=self.digest,
        )


def narrow(
    request: ConsentRequest,
    *,
    not_before: datetime | None = None,
    expires: datetime | None = None,
    purposes: Collection[Purpose] | None = None,
    access: AccessLevel | None = None,
    max_staleness: timedelta | None = None,
    limits: Limits | None = None,
    obligations: Collection[Obligation] = (),
) -> ConsentRequest:
    """Return what a person is ready to grant of `request`; `obligations` are added to its own.

    Raises `ConsentError` for anything that would go beyond the request. Moments are cut to whole
    seconds, inwards. The text, and with it the digest, stays that of the request as sent.
    """
    start, end = request.period.start, request.period.end
    narrowed = replace(
        request,
        period=Period(
            start if not_before is None else _next_second(not_before),
            end if expires is None else expires.replace(microsecond=0),
        ),
        purposes=request.purposes if purposes is None else frozenset(purposes),
        access=request.access if access is None else access,
        max_staleness=request.max_staleness if max_staleness is None else max_staleness,
        limits=request.limits if limits is None else limits,
        obligations=request.obligations | frozenset(obligations),
    )
    _require_terms_within(narrowed, request)
    _require(narrowed.access <= request.access, at="/access")
    return narrowed


def require_within(
    grant: Grant, request: ConsentRequest, *, asked: Sequence[ScopeItem] | None = None
) -> None:
    """Return if `grant` answers `request` and gives no more; raise `ConsentError` if not.

    The wallet calls this before it signs, the verifier after it verified. `asked` is the scope that
    the DCQL query comes to; give it wherever the query is at hand.
    """
    _require(grant.recipient == Recipient(request.recipient), at="/recipient")
    _require(grant.effect is Effect.PERMIT, at="/terms/effect")
    _require(grant.request_digest == request.digest, at="/terms/request")
    _require(grant.log == request.log, at="/log")
    _require(grant.notice == request.notice.notice, at="/terms/notice")
    _require_terms_within(grant, request)
    # A request of this kind asks for claims of credentials, and for no health records.
    _require(not grant.records, at="/scope")
    _require(all(item.access <= request.access for item in grant.scope), at="/scope")
    if asked is not None:
        _require(scopes.is_within(grant.scope, asked), at="/scope")


def _require_terms_within(given: Grant | ConsentRequest, request: ConsentRequest) -> None:
    _require(
        all(
            any(covers(asked, purpose) for asked in request.purposes) for purpose in given.purposes
        ),
        at="/purposes",
    )
    _require(request.period.covers(given.period), at="/exp")
    _require(given.max_staleness <= request.max_staleness, at="/terms/max_staleness")
    _require(given.limits.is_within(request.limits), at="/terms/limits")
    _require(given.obligations >= request.obligations, at="/terms/obligations")


def _require(holds: bool, *, at: str) -> None:  # noqa: FBT001 - the one thing it takes
    if not holds:
        raise ConsentError(
            "a grant never goes beyond its request", at=at, refusals=(BEYOND_REQUEST,)
        )


def _encoded(body: JsonObject) -> str:
    try:
        return base64url_encode(strict_json.render(body).encode("utf-8"))
    except (ValueError, TypeError, RecursionError):
        raise MalformedError("a member is not JSON") from None


def _text(body: JsonObject, name: str) -> str:
    return as_text(body.get(name), at=f"/{name}")


def _next_second(moment: datetime) -> datetime:
    whole = moment.replace(microsecond=0)
    return whole if whole == moment else whole + timedelta(seconds=1)
