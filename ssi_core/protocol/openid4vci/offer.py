"""Credential offers, by value and by reference (section 4.1)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import parse_qsl, quote, urlsplit

from ssi_core import strict_json
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.protocol.openid4vci.members import optional, others, present
from ssi_core.protocol.openid4vci.urls import require_issuer_identifier, require_url
from ssi_core.strict_json import as_integer, as_object, as_text, as_texts

CREDENTIAL_OFFER_ENDPOINT: Final = "openid-credential-offer://"
PRE_AUTHORIZED_CODE: Final = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
INPUT_MODES: Final = frozenset({"numeric", "text"})
_MAX_DESCRIPTION: Final = 300
_MAX_URI: Final = 65_536
_MAX_FIELDS: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class TxCode:
    """What kind of transaction code the issuer expects; its presence alone asks for one."""

    input_mode: str = "numeric"
    length: int | None = None
    description: str | None = None
    others: JsonObject = field(default_factory=dict)

    @classmethod
    def parse(cls, source: JsonObject, *, at: str = "/tx_code") -> Self:
        """Read a `tx_code` object, which may be empty."""
        input_mode = as_text(source.get("input_mode", "numeric"), at=f"{at}/input_mode")
        if input_mode not in INPUT_MODES:
            raise MalformedError("input_mode is numeric or text", at=f"{at}/input_mode")
        description = optional(source, "description", as_text, at=at)
        if description is not None and len(description) > _MAX_DESCRIPTION:
            raise MalformedError("at most 300 characters are allowed", at=f"{at}/description")
        return cls(
            input_mode=input_mode,
            length=optional(source, "length", _length, at=at),
            description=description,
            others=others(source, {"input_mode", "length", "description"}),
        )

    def render(self) -> JsonObject:
        """Return the JSON object."""
        known = present(length=self.length, description=self.description)
        return {**self.others, "input_mode": self.input_mode, **known}


@dataclass(frozen=True, slots=True, kw_only=True)
class PreAuthorizedCodeGrant:
    """The issuer's authorisation in advance, as a code that works once."""

    pre_authorized_code: str
    tx_code: TxCode | None = None
    authorization_server: str | None = None
    others: JsonObject = field(default_factory=dict)

    @classmethod
    def parse(cls, source: JsonObject, *, at: str) -> Self:
        """Read the grant's parameters; `tx_code` asks for a code even when it is empty."""
        code = as_text(source.get("pre-authorized_code"), at=f"{at}/pre-authorized_code")
        return cls(
            pre_authorized_code=code,
            tx_code=optional(source, "tx_code", _tx_code, at=at),
            authorization_server=optional(source, "authorization_server", as_text, at=at),
            others=others(source, {"pre-authorized_code", "tx_code", "authorization_server"}),
        )

    def render(self) -> JsonObject:
        """Return the JSON object."""
        grant = {**self.others, "pre-authorized_code": self.pre_authorized_code}
        if self.tx_code is not None:
            grant["tx_code"] = self.tx_code.render()
        return {**grant, **present(authorization_server=self.authorization_server)}


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialOffer:
    """Which credentials an issuer offers, and how to get them."""

    credential_issuer: str
    credential_configuration_ids: tuple[str, ...]
    pre_authorized_code_grant: PreAuthorizedCodeGrant | None = None
    other_grants: JsonObject = field(default_factory=dict)
    others: JsonObject = field(default_factory=dict)

    @classmethod
    def parse(cls, source: JsonObject) -> Self:
        """Read a Credential Offer object."""
        issuer = as_text(source.get("credential_issuer"), at="/credential_issuer")
        place = "/credential_configuration_ids"
        ids = as_texts(source.get("credential_configuration_ids"), at=place)
        if len(set(ids)) != len(ids):
            raise MalformedError("an offer names each configuration once", at=place)
        grants = as_object(source.get("grants", {}), at="/grants")
        return cls(
            credential_issuer=require_issuer_identifier(issuer, at="/credential_issuer"),
            credential_configuration_ids=ids,
            pre_authorized_code_grant=optional(grants, PRE_AUTHORIZED_CODE, _grant, at="/grants"),
            other_grants=others(grants, {PRE_AUTHORIZED_CODE}),
            others=others(source, {"credential_issuer", "credential_configuration_ids", "grants"}),
        )

    def render(self) -> JsonObject:
        """Return the Credential Offer object."""
        grants: dict[str, JsonValue] = dict(self.other_grants)
        if self.pre_authorized_code_grant is not None:
            grants[PRE_AUTHORIZED_CODE] = self.pre_authorized_code_grant.render()
        return {
            **self.others,
            "credential_issuer": self.credential_issuer,
            "credential_configuration_ids": list(self.credential_configuration_ids),
            **present(grants=grants),
        }

    def uri(self, endpoint: str = CREDENTIAL_OFFER_ENDPOINT) -> str:
        """Return the link that carries this offer by value (section 4.1.2)."""
        return f"{endpoint}?credential_offer={quote(strict_json.render(self.render()), safe='')}"


@dataclass(frozen=True, slots=True)
class CredentialOfferReference:
    """Where a Credential Offer object can be fetched with GET (section 4.1.3)."""

    url: str

    def uri(self, endpoint: str = CREDENTIAL_OFFER_ENDPOINT) -> str:
        """Return the link that carries this reference."""
        return f"{endpoint}?credential_offer_uri={quote(self.url, safe='')}"


def parse_offer_uri(text: str) -> CredentialOffer | CredentialOfferReference:
    """Read a link to the wallet's Credential Offer Endpoint, whatever its scheme.

    It has exactly one of `credential_offer` and `credential_offer_uri`.
    """
    fields = _query(text)
    if ("credential_offer" in fields) == ("credential_offer_uri" in fields):
        raise MalformedError("a link has one of credential_offer and credential_offer_uri")
    if "credential_offer" in fields:
        return CredentialOffer.parse(strict_json.parse_object(fields["credential_offer"]))
    url = require_url(fields["credential_offer_uri"], at="/credential_offer_uri")
    return CredentialOfferReference(url)


def _query(text: str) -> Mapping[str, str]:
    if len(text) > _MAX_URI:
        raise MalformedError("an offer link is larger than allowed")
    try:
        query = urlsplit(text.strip()).query
        pairs = parse_qsl(query, errors="strict", max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise MalformedError("not an offer link") from None
    if len(dict(pairs)) != len(pairs):
        raise MalformedError("an offer link names a parameter twice")
    return dict(pairs)


def _length(value: JsonValue, *, at: str) -> int:
    length = as_integer(value, at=at)
    if length < 1:
        raise MalformedError("must be positive", at=at)
    return length


def _tx_code(value: JsonValue, *, at: str) -> TxCode:
    return TxCode.parse(as_object(value, at=at), at=at)


def _grant(value: JsonValue, *, at: str) -> PreAuthorizedCodeGrant:
    return PreAuthorizedCodeGrant.parse(as_object(value, at=at), at=at)
