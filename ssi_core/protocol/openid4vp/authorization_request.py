"""The Authorization Request: what a verifier asks of a wallet (OpenID4VP 1.0 section 5)."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Self

from ssi_core.encoding import base64url_encode
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.protocol.openid4vp import url
from ssi_core.protocol.openid4vp.client_id import ClientId, ClientIdPrefix
from ssi_core.protocol.openid4vp.client_metadata import ClientMetadata
from ssi_core.strict_json import as_array, as_object, as_text, as_texts

RESPONSE_TYPE: Final = "vp_token"
NONCE_BYTES: Final = 32
_URL_SAFE: Final = re.compile(r"[A-Za-z0-9._~-]+", re.ASCII)
_MAX_CHARACTERS: Final = 1024
# Known here, or about the object and not the request (RFC 9101, RFC 7519).
_KNOWN: Final = frozenset(
    {
        "client_id", "response_type", "response_mode", "response_uri", "redirect_uri", "nonce",
        "state", "dcql_query", "client_metadata", "transaction_data", "verifier_info",
        "wallet_nonce", "iss", "aud", "iat", "nbf", "exp", "jti",
    }
)  # fmt: skip


class ResponseMode(StrEnum):
    """How the answer comes back: by POST, in clear or encrypted (sections 8.2 and 8.3.1)."""

    DIRECT_POST = "direct_post"
    DIRECT_POST_JWT = "direct_post.jwt"


def new_nonce(random: Callable[[int], bytes] = secrets.token_bytes) -> str:
    """Return 256 fresh random bits in URL-safe characters, for `nonce`, `state` and paths."""
    return base64url_encode(random(NONCE_BYTES))


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """A request with response type `vp_token`. Parsing proves nothing about who asks."""

    client_id: ClientId
    nonce: str
    response_mode: ResponseMode
    response_uri: str
    dcql_query: JsonObject
    state: str | None = None
    client_metadata: ClientMetadata | None = None
    transaction_data: tuple[str, ...] = ()
    verifier_info: tuple[JsonObject, ...] = ()
    wallet_nonce: str | None = None
    other: JsonObject = field(default_factory=dict)

    def __post_init__(self) -> None:
        _require_url_safe(self.nonce, at="/nonce")
        if self.state is not None:
            _require_url_safe(self.state, at="/state")
        url.require_endpoint(self.response_uri, at="/response_uri")
        _require_own_response_uri(self.client_id, self.response_uri)

    @classmethod
    def parse(cls, source: JsonObject) -> Self:
        """Read the parameters of a request, as JSON; unknown ones are kept and mean nothing."""
        if source.get("response_type") != RESPONSE_TYPE:
            raise MalformedError("response type must be vp_token", at="/response_type")
        if "redirect_uri" in source:
            raise MalformedError("direct_post has no redirect_uri", at="/redirect_uri")
        client_id = ClientId.parse(as_text(source.get("client_id"), at="/client_id"))
        return cls(
            client_id=client_id,
            nonce=as_text(source.get("nonce"), at="/nonce"),
            response_mode=_response_mode(source.get("response_mode")),
            response_uri=_response_uri(source, client_id),
            dcql_query=as_object(source.get("dcql_query"), at="/dcql_query"),
            state=_optional_text(source, "state"),
            client_metadata=_client_metadata(source),
            transaction_data=_transaction_data(source),
            verifier_info=_verifier_info(source),
            wallet_nonce=_optional_text(source, "wallet_nonce"),
            other={name: value for name, value in source.items() if name not in _KNOWN},
        )

    def to_json(self) -> JsonObject:
        """Return the parameters as JSON."""
        value: dict[str, JsonValue] = {
            "response_type": RESPONSE_TYPE,
            "client_id": str(self.client_id),
            "response_mode": self.response_mode.value,
            "response_uri": self.response_uri,
            "nonce": self.nonce,
            "dcql_query": self.dcql_query,
        }
        if self.state is not None:
            value["state"] = self.state
        if self.client_metadata is not None:
            value["client_metadata"] = self.client_metadata.to_json()
        if self.transaction_data:
            value["transaction_data"] = list(self.transaction_data)
        if self.verifier_info:
            value["verifier_info"] = list(self.verifier_info)
        if self.wallet_nonce is not None:
            value["wallet_nonce"] = self.wallet_nonce
        return {**value, **self.other}

    @property
    def audience(self) -> str:
        """What the holder's proof must name: the full Client Identifier (section 5.9.1)."""
        return str(self.client_id)


def _require_url_safe(text: str, *, at: str) -> None:
    if len(text) > _MAX_CHARACTERS or _URL_SAFE.fullmatch(text) is None:
        raise MalformedError("must have ASCII URL safe characters only", at=at)


def _require_own_response_uri(client_id: ClientId, response_uri: str) -> None:
    match client_id.prefix:
        case ClientIdPrefix.REDIRECT_URI:
            if client_id.value != response_uri:
                raise MalformedError("must be the Client Identifier's own", at="/response_uri")
        case ClientIdPrefix.X509_SAN_DNS:
            if url.host_of(response_uri, at="/response_uri") != client_id.value.lower():
                raise MalformedError("must be on the Client Identifier's host", at="/response_uri")
        case _:
            return


def _response_mode(value: JsonValue) -> ResponseMode:
    try:
        return ResponseMode(as_text(value, at="/response_mode"))
    except ValueError:
        raise MalformedError("response mode is not supported", at="/response_mode") from None


def _response_uri(source: JsonObject, client_id: ClientId) -> str:
    # Section 5.9.3: with the prefix redirect_uri the parameter may be left out.
    if "response_uri" not in source and client_id.prefix is ClientIdPrefix.REDIRECT_URI:
        return client_id.value
    return as_text(source.get("response_uri"), at="/response_uri")


def _optional_text(source: JsonObject, name: str) -> str | None:
    return as_text(source[name], at=f"/{name}") if name in source else None


def _client_metadata(source: JsonObject) -> ClientMetadata | None:
    if "client_metadata" not in source:
        return None
    return ClientMetadata.parse(as_object(source["client_metadata"], at="/client_metadata"))


def _transaction_data(source: JsonObject) -> tuple[str, ...]:
    if "transaction_data" not in source:
        return ()
    return as_texts(source["transaction_data"], at="/transaction_data")


def _verifier_info(source: JsonObject) -> tuple[JsonObject, ...]:
    if "verifier_info" not in source:
        return ()
    items = as_array(source["verifier_info"], at="/verifier_info")
    if not items:
        raise MalformedError("must not be empty", at="/verifier_info")
    return tuple(_attestation(item, f"/verifier_info/{i}") for i, item in enumerate(items))


def _attestation(item: JsonValue, at: str) -> JsonObject:
    value = as_object(item, at=at)
    as_text(value.get("format"), at=f"{at}/format")
    if not isinstance(value.get("data"), str):
        as_object(value.get("data"), at=f"{at}/data")
    if "credential_ids" in value:
        as_texts(value["credential_ids"], at=f"{at}/credential_ids")
    return value
