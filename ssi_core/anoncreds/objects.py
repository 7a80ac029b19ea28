"""What an issuer publishes: schemas, credential definitions, revocation registries, status lists.

https://hyperledger.github.io/anoncreds-spec/#anoncreds-setup-data-flow. Member names are those of
the specification. Who published an object, its proof has to say: see `attested`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from ssi_core.anoncreds import identifiers
from ssi_core.anoncreds.values import normalized
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import from_timestamp
from ssi_core.strict_json import as_array, as_integer, as_object, as_text, as_texts

MAX_ATTRIBUTES: Final = 125
MAX_REGISTRY: Final = 100_000
# Stands among the attributes of a definition, and is the link secret's place.
LINK_ATTRIBUTE: Final = "master_secret"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """Which attributes a credential has."""

    id: str
    issuer: Did
    attributes: tuple[str, ...]
    source: JsonObject

    @classmethod
    def new(cls, *, issuer: Did, name: str, version: str, attributes: Iterable[str]) -> Self:
        """Return a schema that `issuer` can publish."""
        source: JsonObject = {
            "issuerId": str(issuer),
            "name": name,
            "version": version,
            "attrNames": list(attributes),
        }
        return cls.parse(source, id=identifiers.object_id(issuer, source))

    @classmethod
    def parse(cls, source: JsonObject, *, id: str) -> Self:  # noqa: A002 - the member's name
        """Read the schema that `id` stands for."""
        identifiers.require_content(id, source, at="/schema")
        attributes = as_texts(source.get("attrNames"), at="/attrNames")
        names = {normalized(name) for name in attributes} - {"", LINK_ATTRIBUTE}
        if len(names) != len(attributes) or len(attributes) > MAX_ATTRIBUTES:
            raise MalformedError("a schema names up to 125 attributes, each once", at="/attrNames")
        as_text(source.get("name"), at="/name")
        as_text(source.get("version"), at="/version")
        return cls(id=id, issuer=_issuer(source, id), attributes=attributes, source=source)


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialDefinition:
    """The public keys that an issuer signs credentials of one schema with."""

    id: str
    issuer: Did
    schema_id: str
    revocable: bool
    attributes: frozenset[str]
    source: JsonObject

    @classmethod
    def parse(cls, source: JsonObject, *, id: str) -> Self:  # noqa: A002 - the member's name
        """Read the definition that `id` stands for."""
        identifiers.require_content(id, source, at="/credentialDefinition")
        if source.get("type") != "CL":
            raise MalformedError("a definition is of type CL", at="/type")
        value = as_object(source.get("value"), at="/value")
        primary = as_object(value.get("primary"), at="/value/primary")
        keys = as_object(primary.get("r"), at="/value/primary/r").keys()
        return cls(
            id=id,
            issuer=_issuer(source, id),
            schema_id=as_text(source.get("schemaId"), at="/schemaId"),
            revocable=value.get("revocation") is not None,
            attributes=frozenset(map(normalized, keys)) - {LINK_ATTRIBUTE},
            source=source,
        )

    def require_schema(self, schema: Schema) -> None:
        """Return if the definition is one of `schema`, and has a key for each of its attributes."""
        if self.schema_id != schema.id:
            raise MalformedError("a definition is of another schema", at="/schemaId")
        if self.attributes != frozenset(map(normalized, schema.attributes)):
            raise MalformedError("a definition has other attributes than its schema", at="/value")


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationRegistry:
    """A revocation registry definition: room for so many credentials of one definition."""

    id: str
    issuer: Did
    definition_id: str
    size: int
    tails_hash: str
    source: JsonObject

    @classmethod
    def parse(cls, source: JsonObject, *, id: str) -> Self:  # noqa: A002 - the member's name
        """Read the registry definition that `id` stands for."""
        identifiers.require_content(id, source, at="/revocationRegistry")
        if source.get("revocDefType") != "CL_ACCUM":
            raise MalformedError("a registry is of type CL_ACCUM", at="/revocDefType")
        value = as_object(source.get("value"), at="/value")
        size = as_integer(value.get("maxCredNum"), at="/value/maxCredNum")
        if not 0 < size <= MAX_REGISTRY:
            raise MalformedError("a registry is larger than allowed", at="/value/maxCredNum")
        return cls(
            id=id,
            issuer=_issuer(source, id),
            definition_id=as_text(source.get("credDefId"), at="/credDefId"),
            size=size,
            tails_hash=as_text(value.get("tailsHash"), at="/value/tailsHash"),
            source=source,
        )

    def require_definition(self, definition: CredentialDefinition) -> None:
        """Return if the registry is for `definition`, and of the same issuer."""
        if self.definition_id != definition.id or self.issuer != definition.issuer:
            raise MalformedError("a registry is another definition's", at="/credDefId")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusList:
    """Which credentials of a registry are revoked, as of `timestamp`."""

    registry_id: str
    timestamp: datetime
    revoked: frozenset[int]
    source: JsonObject

    @property
    def id(self) -> str:
        """What it is asked for by."""
        return identifiers.status_list_id(self.registry_id, self.timestamp)

    @classmethod
    def parse(cls, source: JsonObject, *, registry: RevocationRegistry) -> Self:
        """Read a status list, which must be one of `registry`."""
        if source.get("revRegDefId") != registry.id:
            raise MalformedError("a status list is another registry's", at="/revRegDefId")
        _issuer(source, registry.id)
        entries = as_array(source.get("revocationList"), at="/revocationList")
        if len(entries) != registry.size:
            raise MalformedError("a status list has not the registry's size", at="/revocationList")
        as_text(source.get("currentAccumulator"), at="/currentAccumulator")
        seconds = as_integer(source.get("timestamp"), at="/timestamp")
        return cls(
            registry_id=registry.id,
            timestamp=from_timestamp(seconds, at="/timestamp"),
            revoked=frozenset(index for index, bit in enumerate(entries) if _is_set(bit)),
            source=source,
        )


def _issuer(source: JsonObject, identifier: str) -> Did:
    """Return the issuer, whose DID must be that of the identifier."""
    issuer = Did.parse(as_text(source.get("issuerId"), at="/issuerId"), at="/issuerId")
    if issuer != identifiers.issuer_of(identifier, at="/id"):
        raise MalformedError("an object is kept under another issuer's DID", at="/issuerId")
    return issuer


def _is_set(bit: JsonValue) -> bool:
    if bit in (0, 1) and not isinstance(bit, bool | float):
        return bit == 1
    raise MalformedError("an entry of a status list is 0 or 1", at="/revocationList")
