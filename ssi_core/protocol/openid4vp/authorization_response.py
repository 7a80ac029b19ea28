"""The Authorization Response: presentations by query id (OpenID4VP 1.0 section 8)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, Self

from ssi_core import jwe, strict_json
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.jwe import AgreementKey
from ssi_core.protocol.openid4vp.client_metadata import ClientMetadata
from ssi_core.protocol.openid4vp.error_response import ErrorResponse
from ssi_core.strict_json import as_array, as_object, as_text

MAX_PRESENTATIONS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationResponse:
    """Presentations as strings, by the id of the credential query that each answers."""

    vp_token: Mapping[str, tuple[str, ...]]
    state: str | None = None

    @classmethod
    def parse(cls, source: JsonObject) -> Self:
        """Read the parameters as JSON, as they stand in an encrypted response."""
        return cls(
            vp_token=_vp_token(source.get("vp_token")),
            state=as_text(source["state"], at="/state") if "state" in source else None,
        )

    def to_json(self) -> JsonObject:
        """Return the parameters as JSON."""
        value: dict[str, JsonValue] = {"vp_token": self._vp_token()}
        return value if self.state is None else {**value, "state": self.state}

    def to_form(self) -> dict[str, str]:
        """Return the form fields for response mode `direct_post`."""
        fields = {"vp_token": strict_json.render(self._vp_token())}
        return fields if self.state is None else {**fields, "state": self.state}

    def to_encrypted_form(
        self, metadata: ClientMetadata, *, party_u: bytes | None = None, nonce: str | None = None
    ) -> dict[str, str]:
        """Return the form fields for `direct_post.jwt`; a given nonce enters the derivation."""
        token = jwe.encrypt(
            strict_json.render(self.to_json()).encode(),
            recipient=metadata.encryption_key(),
            content_algorithm=metadata.content_algorithm(),
            party_u=party_u,
            party_v=None if nonce is None else nonce.encode("ascii"),
        )
        return {"response": token}

    def _vp_token(self) -> dict[str, JsonValue]:
        return {name: list(items) for name, items in self.vp_token.items()}


def parse_response(
    fields: Mapping[str, str],
    *,
    key: AgreementKey | None,
    content_algorithms: Collection[str] = jwe.CONTENT_ALGORITHMS,
) -> AuthorizationResponse | ErrorResponse:
    """Read the form fields that a wallet posted.

    With a `key` the response must be encrypted to it (`direct_post.jwt`); an error may come in
    clear all the same (section 8.3.1). Without one, an encrypted response is refused.
    """
    if "error" in fields:
        return ErrorResponse.parse(fields)
    if key is None:
        return AuthorizationResponse.parse(_from_form(fields))
    if "response" not in fields:
        raise MalformedError("the response must be encrypted", at="/response")
    opened = jwe.decrypt(fields["response"], key=key, content_algorithms=content_algorithms)
    content = strict_json.parse_object(opened.plaintext)
    if "error" in content:
        return ErrorResponse.parse(_texts(content))
    return AuthorizationResponse.parse(content)


def _from_form(fields: Mapping[str, str]) -> JsonObject:
    if "response" in fields:
        raise MalformedError("an encrypted response was not asked for", at="/response")
    if "vp_token" not in fields:
        raise MalformedError("must be present", at="/vp_token")
    return {**fields, "vp_token": strict_json.parse(fields["vp_token"])}


def _vp_token(value: JsonValue) -> Mapping[str, tuple[str, ...]]:
    token = as_object(value, at="/vp_token")
    if not token:
        raise MalformedError("must not be empty", at="/vp_token")
    presentations = {name: _presentations(items) for name, items in token.items()}
    if sum(len(items) for items in presentations.values()) > MAX_PRESENTATIONS:
        raise MalformedError("too many presentations", at="/vp_token")
    return presentations


def _presentations(value: JsonValue) -> tuple[str, ...]:
    # The query id is a stranger's text, so the pointer stops before it.
    items = as_array(value, at="/vp_token")
    if not items:
        raise MalformedError("each entry must hold a presentation", at="/vp_token")
    return tuple(as_text(item, at="/vp_token") for item in items)


def _texts(content: JsonObject) -> Mapping[str, str]:
    names = ("error", "error_description", "state")
    return {name: as_text(content[name], at=f"/{name}") for name in names if name in content}
