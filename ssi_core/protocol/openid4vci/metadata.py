"""Credential Issuer Metadata (section 12.2): endpoints, and which credentials can be had."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from ssi_core import claim_path
from ssi_core.claim_path import ClaimPath
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.protocol.openid4vci.members import items, optional, others, present
from ssi_core.protocol.openid4vci.urls import require_issuer_identifier, require_url
from ssi_core.strict_json import as_boolean, as_integer, as_object, as_text, as_texts

SD_JWT_VC_FORMAT: Final = "dc+sd-jwt"
JWT_PROOF: Final = "jwt"
MIN_BATCH_SIZE: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Display:
    """How something is shown in one language; logo and colours stay in `others`."""

    name: str | None = None
    locale: str | None = None
    others: JsonObject = field(default_factory=dict)

    @classmethod
    def parse(cls, source: JsonObject, *, at: str) -> Self:
        """Read one element of a `display` array."""
        return cls(
            name=optional(source, "name", as_text, at=at),
            locale=optional(source, "locale", as_text, at=at),
            others=others(source, {"name", "locale"}),
        )

    def render(self) -> JsonObject:
        """Return the JSON object."""
        return {**present(name=self.name, locale=self.locale), **self.others}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimDescription:
    """One claim that a credential may have, and how it is shown (appendix B.2)."""

    path: ClaimPath
    mandatory: bool = False
    display: tuple[Display, ...] = ()
    others: JsonObject = field(default_factory=dict)

    @classmethod
    def parse(cls, source: JsonObject, *, at: str) -> Self:
        """Read one element of a `claims` array."""
        return cls(
            path=claim_path.parse(source.get("path"), at=f"{at}/path"),
            mandatory=as_boolean(source.get("mandatory", False), at=f"{at}/mandatory"),
            display=_displays(source, at),
            others=others(source, {"path", "mandatory", "display"}),
        )

    def render(self) -> JsonObject:
        """Return the JSON object."""
        known = present(display=[item.render() for item in self.display])
        mandatory: JsonObject = {"mandatory": True} if self.mandatory else {}
        return {"path": claim_path.render(self.path), **mandatory, **known, **self.others}


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialConfiguration:
    """One kind of credential that the issuer makes."""

    id: str
    format: str
    vct: str | None = None
    scope: str | None = None
    signing_algorithms: tuple[JsonValue, ...] = ()
    binding_methods: tuple[str, ...] = ()
    proof_types: Mapping[str, JsonObject] = field(default_factory=dict)
    display: tuple[Display, ...] = ()
    claims: tuple[ClaimDescription, ...] = ()
    other_metadata: JsonObject = field(default_factory=dict)
    others: JsonObject = field(default_factory=dict)

    @classmethod
    def parse(cls, identifier: str, source: JsonObject, *, at: str) -> Self:
        """Read one entry of `credential_configurations_supported`."""
        metadata = as_object(source.get("credential_metadata", {}), at=f"{at}/credential_metadata")
        place = f"{at}/credential_metadata"
        claims = items(metadata, "claims", _claim, at=place)
        if len({claim.path for claim in claims}) != len(claims):
            raise MalformedError("a claim is described once", at=f"{place}/claims")
        return cls(
            id=identifier,
            format=as_text(source.get("format"), at=f"{at}/format"),
            vct=optional(source, "vct", as_text, at=at),
            scope=optional(source, "scope", as_text, at=at),
            signing_algorithms=items(source, _SIGNING, _anything, at=at),
            binding_methods=items(source, _BINDING, as_text, at=at),
            proof_types=_proof_types(source, at),
            display=_displays(metadata, place),
            claims=claims,
            other_metadata=others(metadata, {"display", "claims"}),
            others=others(source, _CONFIGURATION_MEMBERS),
        )

    def proof_algorithms(self, proof_type: str = JWT_PROOF) -> tuple[str, ...]:
        """Return the algorithms a key proof may have; empty if that type is not supported."""
        supported = self.proof_types.get(proof_type)
        if supported is None:
            return ()
        place = f"/proof_types_supported/{proof_type}/proof_signing_alg_values_supported"
        return as_texts(supported.get("proof_signing_alg_values_supported"), at=place)

    def render(self) -> JsonObject:
        """Return the JSON object that stands under this configuration's id."""
        metadata: JsonObject = {
            **self.other_metadata,
            **present(
                display=[item.render() for item in self.display],
                claims=[claim.render() for claim in self.claims],
            ),
        }
        return {
            "format": self.format,
            **present(
                vct=self.vct,
                scope=self.scope,
                cryptographic_binding_methods_supported=list(self.binding_methods),
                credential_signing_alg_values_supported=list(self.signing_algorithms),
                proof_types_supported=dict(self.proof_types),
                credential_metadata=metadata,
            ),
            **self.others,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialIssuerMetadata:
    """What a Credential Issuer says of itself."""

    credential_issuer: str
    credential_endpoint: str
    configurations: Mapping[str, CredentialConfiguration]
    nonce_endpoint: str | None = None
    notification_endpoint: str | None = None
    deferred_credential_endpoint: str | None = None
    authorization_servers: tuple[str, ...] = ()
    batch_size: int | None = None
    display: tuple[Display, ...] = ()
    others: JsonObject = field(default_factory=dict)

    @classmethod
    def parse(cls, source: JsonObject, *, issuer: str | None = None) -> Self:
        """Read the metadata; it must be of `issuer`, from whose identifier its URL was made."""
        name = as_text(source.get("credential_issuer"), at="/credential_issuer")
        if issuer is not None and name != issuer:
            raise MalformedError("metadata is of another issuer", at="/credential_issuer")
        endpoint = as_text(source.get("credential_endpoint"), at="/credential_endpoint")
        return cls(
            credential_issuer=require_issuer_identifier(name, at="/credential_issuer"),
            credential_endpoint=require_url(endpoint, at="/credential_endpoint"),
            configurations=_configurations(source),
            nonce_endpoint=optional(source, "nonce_endpoint", _url),
            notification_endpoint=optional(source, "notification_endpoint", _url),
            deferred_credential_endpoint=optional(source, "deferred_credential_endpoint", _url),
            authorization_servers=items(source, "authorization_servers", _issuer),
            batch_size=optional(source, "batch_credential_issuance", _batch_size),
            display=_displays(source, ""),
            others=others(source, _METADATA_MEMBERS),
        )

    @property
    def authorization_server(self) -> str:
        """The identifier of the authorization server to use: the first, or the issuer itself."""
        return (*self.authorization_servers, self.credential_issuer)[0]

    def render(self) -> JsonObject:
        """Return the JSON object."""
        batch: JsonObject = {} if self.batch_size is None else {"batch_size": self.batch_size}
        return {
            "credential_issuer": self.credential_issuer,
            "credential_endpoint": self.credential_endpoint,
            **present(
                nonce_endpoint=self.nonce_endpoint,
                notification_endpoint=self.notification_endpoint,
                deferred_credential_endpoint=self.deferred_credential_endpoint,
                authorization_servers=list(self.authorization_servers),
                batch_credential_issuance=batch,
                display=[item.render() for item in self.display],
            ),
            **self.others,
            _CONFIGURATIONS: {key: item.render() for key, item in self.configurations.items()},
        }


_SIGNING: Final = "credential_signing_alg_values_supported"
_BINDING: Final = "cryptographic_binding_methods_supported"
_CONFIGURATIONS: Final = "credential_configurations_supported"
_CONFIGURATION_MEMBERS: Final = frozenset(
    {"format", "vct", "scope", _SIGNING, _BINDING, "proof_types_supported", "credential_metadata"}
)
_METADATA_MEMBERS: Final = frozenset(
    {
        "credential_issuer",
        "credential_endpoint",
        "nonce_endpoint",
        "notification_endpoint",
        "deferred_credential_endpoint",
        "authorization_servers",
        "batch_credential_issuance",
        "display",
        _CONFIGURATIONS,
    }
)


def _configurations(source: JsonObject) -> Mapping[str, CredentialConfiguration]:
    at = f"/{_CONFIGURATIONS}"
    entries = as_object(source.get(_CONFIGURATIONS), at=at)
    # Names are the issuer's own words, so a pointer says which one by its place.
    return {
        name: CredentialConfiguration.parse(
            name, as_object(entry, at=f"{at}/{index}"), at=f"{at}/{index}"
        )
        for index, (name, entry) in enumerate(entries.items())
    }


def _proof_types(source: JsonObject, at: str) -> Mapping[str, JsonObject]:
    place = f"{at}/proof_types_supported"
    entries = as_object(source.get("proof_types_supported", {}), at=place)
    return {name: as_object(entry, at=place) for name, entry in entries.items()}


def _batch_size(value: JsonValue, *, at: str) -> int:
    size = as_integer(as_object(value, at=at).get("batch_size"), at=f"{at}/batch_size")
    if size < MIN_BATCH_SIZE:
        raise MalformedError("a batch has room for two or more", at=f"{at}/batch_size")
    return size


def _displays(source: JsonObject, at: str) -> tuple[Display, ...]:
    return items(source, "display", _display, at=at)


def _display(value: JsonValue, *, at: str) -> Display:
    return Display.parse(as_object(value, at=at), at=at)


def _claim(value: JsonValue, *, at: str) -> ClaimDescription:
    return ClaimDescription.parse(as_object(value, at=at), at=at)


def _anything(value: JsonValue, *, at: str) -> JsonValue:  # noqa: ARG001 - a Reader has `at`
    return value


def _url(value: JsonValue, *, at: str) -> str:
    return require_url(as_text(value, at=at), at=at)


def _issuer(value: JsonValue, *, at: str) -> str:
    return require_issuer_identifier(as_text(value, at=at), at=at)
