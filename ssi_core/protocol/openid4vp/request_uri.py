"""How a request reaches a wallet: by reference, by value, or in the URI's own parameters.

OpenID4VP 1.0 sections 5.1 to 5.4 and 5.10, RFC 9101 section 5.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Self, TypeAlias
from urllib.parse import parse_qsl, quote, urlencode

from ssi_core import strict_json
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.protocol.openid4vp import url
from ssi_core.protocol.openid4vp.authorization_request import AuthorizationRequest
from ssi_core.protocol.openid4vp.client_id import ClientId

SCHEME: Final = "openid4vp"
MEDIA_TYPE: Final = "application/oauth-authz-req+jwt"
_MAX_CHARACTERS: Final = 65_536
_MAX_FIELDS: Final = 64
# Parameters that hold JSON, and travel as its text in a URI (section 5.1).
_JSON_PARAMETERS: Final = ("dcql_query", "client_metadata", "transaction_data", "verifier_info")


class RequestUriMethod(StrEnum):
    """How the wallet asks for the request object."""

    GET = "get"
    POST = "post"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestByReference:
    """The request object waits at `request_uri`."""

    client_id: ClientId
    request_uri: str
    method: RequestUriMethod = RequestUriMethod.GET

    def render(self, *, scheme: str = SCHEME) -> str:
        """Return the URI that a wallet opens or scans."""
        fields = {"client_id": str(self.client_id), "request_uri": self.request_uri}
        if self.method is RequestUriMethod.POST:
            fields["request_uri_method"] = self.method.value
        return _render(fields, scheme)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestByValue:
    """The request object came along, as `request`."""

    client_id: ClientId
    request: str

    def render(self, *, scheme: str = SCHEME) -> str:
        """Return the URI that a wallet opens."""
        return _render({"client_id": str(self.client_id), "request": self.request}, scheme)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestInParameters:
    """An unsigned request, whole, in the parameters of the URI."""

    request: AuthorizationRequest

    def render(self, *, scheme: str = SCHEME) -> str:
        """Return the URI that a wallet opens."""
        source = self.request.to_json()
        texts = {n: v if isinstance(v, str) else strict_json.render(v) for n, v in source.items()}
        return _render(texts, scheme)


RequestUri: TypeAlias = RequestByReference | RequestByValue | RequestInParameters


def parse_request_uri(text: str) -> RequestUri:
    """Read what a wallet was given: any scheme or universal link, its query decides."""
    if len(text) > _MAX_CHARACTERS or not text.isascii() or not text.isprintable():
        raise MalformedError("not an authorization request URI")
    before, mark, query = text.partition("?")
    if not mark or ":" not in before:
        raise MalformedError("not an authorization request URI")
    fields = parse_form(query.partition("#")[0])
    client_id = ClientId.parse(fields.get("client_id", ""))
    if "request_uri" in fields and "request" in fields:
        raise MalformedError("a request is by value or by reference, not both", at="/request_uri")
    if "request_uri" in fields:
        return RequestByReference(
            client_id=client_id,
            request_uri=url.require_endpoint(fields["request_uri"], at="/request_uri"),
            method=_method(fields),
        )
    if "request_uri_method" in fields:
        raise MalformedError("needs a request_uri", at="/request_uri_method")
    if "request" in fields:
        return RequestByValue(client_id=client_id, request=fields["request"])
    return RequestInParameters(request=AuthorizationRequest.parse(_from_fields(fields)))


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestUriPost:
    """What a wallet posts to `request_uri`: what it can do, and a nonce (section 5.10)."""

    wallet_metadata: JsonObject = field(default_factory=dict)
    wallet_nonce: str | None = None

    @classmethod
    def parse(cls, fields: Mapping[str, str]) -> Self:
        """Read the form fields; unknown ones are ignored."""
        metadata = fields.get("wallet_metadata")
        return cls(
            wallet_metadata={} if metadata is None else strict_json.parse_object(metadata),
            wallet_nonce=fields.get("wallet_nonce") or None,
        )

    def to_form(self) -> dict[str, str]:
        """Return the form fields."""
        fields: dict[str, str] = {}
        if self.wallet_metadata:
            fields["wallet_metadata"] = strict_json.render(self.wallet_metadata)
        if self.wallet_nonce is not None:
            fields["wallet_nonce"] = self.wallet_nonce
        return fields


def parse_form(text: str) -> dict[str, str]:
    """Read `application/x-www-form-urlencoded` text; a repeated name is refused (RFC 6749 3.1)."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise MalformedError("not a form in UTF-8, or one with too many fields") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise MalformedError("a form names a field twice")
    return fields


def _render(fields: Mapping[str, str], scheme: str) -> str:
    return f"{scheme}://?{urlencode(fields, quote_via=quote)}"


def _method(fields: Mapping[str, str]) -> RequestUriMethod:
    try:
        return RequestUriMethod(fields.get("request_uri_method", RequestUriMethod.GET.value))
    except ValueError:
        raise MalformedError("must be get or post", at="/request_uri_method") from None


def _from_fields(fields: Mapping[str, str]) -> JsonObject:
    source: dict[str, JsonValue] = dict(fields)
    for name in _JSON_PARAMETERS:
        if name in fields:
            source[name] = strict_json.parse(fields[name])
    return source
