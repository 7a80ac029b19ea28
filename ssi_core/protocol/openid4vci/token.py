"""Token requests and responses of the pre-authorized code flow (section 6)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import parse_qsl

from ssi_core import strict_json
from ssi_core.errors import MalformedError, OAuthError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.protocol.openid4vci import errors
from ssi_core.protocol.openid4vci.members import items, optional, others, present
from ssi_core.protocol.openid4vci.offer import PRE_AUTHORIZED_CODE
from ssi_core.strict_json import as_array, as_integer, as_object, as_text, as_texts

OPENID_CREDENTIAL: Final = "openid_credential"
_MAX_FORM: Final = 65_536
_MAX_FIELDS: Final = 64
_REQUEST_MEMBERS: Final = frozenset(
    {"grant_type", "pre-authorized_code", "tx_code", "client_id", "authorization_details"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationDetail:
    """One credential configuration that is asked for or granted (section 5.1.1)."""

    credential_configuration_id: str
    credential_identifiers: tuple[str, ...] = ()
    others: JsonObject = field(default_factory=dict)

    @classmethod
    def parse(cls, source: JsonObject, *, at: str) -> Self:
        """Read one detail of type `openid_credential`."""
        if source.get("type") != OPENID_CREDENTIAL:
            raise MalformedError("the type of authorization details is not known", at=f"{at}/type")
        place = f"{at}/credential_configuration_id"
        return cls(
            credential_configuration_id=as_text(
                source.get("credential_configuration_id"), at=place
            ),
            credential_identifiers=items(source, "credential_identifiers", as_text, at=at),
            others=others(
                source, {"type", "credential_configuration_id", "credential_identifiers"}
            ),
        )

    def render(self) -> JsonObject:
        """Return the JSON object."""
        return {
            "type": OPENID_CREDENTIAL,
            "credential_configuration_id": self.credential_configuration_id,
            **present(credential_identifiers=list(self.credential_identifiers)),
            **self.others,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """A pre-authorized code, with the transaction code that the person typed in."""

    pre_authorized_code: str
    tx_code: str | None = None
    client_id: str | None = None
    authorization_details: tuple[AuthorizationDetail, ...] = ()
    others: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, fields: Mapping[str, str]) -> Self:
        """Read the form fields; raises `OAuthError` with the codes of section 6.3."""
        if "grant_type" not in fields:
            raise OAuthError("grant_type is missing", error=errors.INVALID_REQUEST)
        if fields["grant_type"] != PRE_AUTHORIZED_CODE:
            raise OAuthError(
                "only the pre-authorized code grant is supported",
                error=errors.UNSUPPORTED_GRANT_TYPE,
            )
        if "pre-authorized_code" not in fields:
            raise OAuthError("pre-authorized_code is missing", error=errors.INVALID_REQUEST)
        return cls(
            pre_authorized_code=fields["pre-authorized_code"],
            tx_code=fields.get("tx_code"),
            client_id=fields.get("client_id"),
            authorization_details=_requested_details(fields.get("authorization_details")),
            others={name: text for name, text in fields.items() if name not in _REQUEST_MEMBERS},
        )

    def render(self) -> dict[str, str]:
        """Return the form fields."""
        fields = {
            **self.others,
            "grant_type": PRE_AUTHORIZED_CODE,
            "pre-authorized_code": self.pre_authorized_code,
        }
        if self.tx_code is not None:
            fields["tx_code"] = self.tx_code
        if self.client_id is not None:
            fields["client_id"] = self.client_id
        if self.authorization_details:
            details = [detail.render() for detail in self.authorization_details]
            fields["authorization_details"] = strict_json.render(details)
        return fields


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenResponse:
    """An access token, its lifetime in seconds, and which credentials it stands for."""

    access_token: str
    expires_in: int | None = None
    authorization_details: tuple[AuthorizationDetail, ...] = ()
    others: JsonObject = field(default_factory=dict)

    @classmethod
    def parse(cls, source: JsonObject) -> Self:
        """Read the response; only bearer tokens (RFC 6750) are understood."""
        if as_text(source.get("token_type"), at="/token_type").lower() != "bearer":
            raise MalformedError("only bearer tokens are understood", at="/token_type")
        return cls(
            access_token=as_text(source.get("access_token"), at="/access_token"),
            expires_in=optional(source, "expires_in", as_integer),
            authorization_details=items(source, "authorization_details", _granted_detail),
            others=others(
                source, {"access_token", "token_type", "expires_in", "authorization_details"}
            ),
        )

    def render(self) -> JsonObject:
        """Return the JSON object."""
        details = [detail.render() for detail in self.authorization_details]
        return {
            **self.others,
            "access_token": self.access_token,
            "token_type": "Bearer",
            **present(expires_in=self.expires_in, authorization_details=details),
        }


def parse_form(body: bytes) -> Mapping[str, str]:
    """Read an `application/x-www-form-urlencoded` body (RFC 6749 section 3.2 and appendix B).

    A field without a value counts as absent; a field that is there twice is refused.
    """
    if len(body) > _MAX_FORM:
        raise MalformedError("the form is larger than allowed")
    try:
        pairs = parse_qsl(body.decode("ascii"), errors="strict", max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise MalformedError("not a form") from None
    if len(dict(pairs)) != len(pairs):
        raise MalformedError("the form has a field twice")
    return dict(pairs)


def _requested_details(text: str | None) -> tuple[AuthorizationDetail, ...]:
    if text is None:
        return ()
    at = "/authorization_details"
    try:
        entries = as_array(strict_json.parse(text), at=at)
        details = tuple(_detail(entry, at=f"{at}/{index}") for index, entry in enumerate(entries))
    except MalformedError as error:
        raise errors.refusal(error, errors.INVALID_AUTHORIZATION_DETAILS) from None
    if not details:
        raise OAuthError("must not be empty", at=at, error=errors.INVALID_AUTHORIZATION_DETAILS)
    return details


def _detail(value: JsonValue, *, at: str) -> AuthorizationDetail:
    return AuthorizationDetail.parse(as_object(value, at=at), at=at)


def _granted_detail(value: JsonValue, *, at: str) -> AuthorizationDetail:
    source = as_object(value, at=at)
    as_texts(source.get("credential_identifiers"), at=f"{at}/credential_identifiers")
    return AuthorizationDetail.parse(source, at=at)
