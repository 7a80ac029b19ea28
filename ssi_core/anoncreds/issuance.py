"""What an issuer does: make definitions and registries, offer, issue and revoke.

https://hyperledger.github.io/anoncreds-spec/#anoncreds-issuance-data-flow
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from ssi_core import strict_json
from ssi_core.anoncreds import identifiers, library
from ssi_core.anoncreds.objects import (
    CredentialDefinition,
    RevocationRegistry,
    Schema,
    StatusList,
)
from ssi_core.anoncreds.secret import Secret
from ssi_core.anoncreds.values import normalized, require_values
from ssi_core.errors import ConflictError, MalformedError
from ssi_core.json_types import JsonObject
from ssi_core.period import to_timestamp
from ssi_core.strict_json import parse_object, render


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerDefinition:
    """A definition with what only its issuer has."""

    schema: Schema
    public: CredentialDefinition
    private: Secret
    correctness_proof: JsonObject

    @classmethod
    def generate(cls, schema: Schema, *, tag: str, revocable: bool) -> "IssuerDefinition":
        """Make the keys for credentials of `schema`: seconds of search for safe primes."""
        made, private, proof = library.new_definition(
            render(schema.source),
            schema_id=schema.id,
            issuer=str(schema.issuer),
            tag=tag,
            revocable=revocable,
        )
        source = parse_object(made)
        identifier = identifiers.object_id(schema.issuer, source)
        return cls(
            schema=schema,
            public=CredentialDefinition.parse(source, id=identifier),
            private=Secret(private),
            correctness_proof=parse_object(proof),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerRegistry:
    """A revocation registry with what only its issuer has."""

    definition: IssuerDefinition
    public: RevocationRegistry
    private: Secret

    @classmethod
    def generate(
        cls,
        definition: IssuerDefinition,
        *,
        tag: str,
        size: int,
        tails_folder: str,
        tails_url: str,
    ) -> "IssuerRegistry":
        """Make a registry for `size - 1` credentials; its tails file is written into a folder.

        The file's name is its hash. Holders fetch it from `tails_url` with that name at its end.
        """
        made, private = library.new_registry(
            render(definition.public.source),
            definition_id=definition.public.id,
            issuer=str(definition.public.issuer),
            tag=tag,
            size=size,
            tails_folder=tails_folder,
        )
        source = dict(parse_object(made))
        value = dict(strict_json.as_object(source["value"], at="/value"))
        # The library writes the path of its own file there, which is nobody's business.
        value["tailsLocation"] = f"{tails_url}/{value['tailsHash']}"
        source["value"] = value
        identifier = identifiers.object_id(definition.public.issuer, source)
        return cls(
            definition=definition,
            public=RevocationRegistry.parse(source, id=identifier),
            private=Secret(private),
        )

    def first_status_list(self, *, at: datetime) -> StatusList:
        """Return the list in which nothing is revoked."""
        made = library.new_status_list(
            render(self.definition.public.source),
            registry=render(self.public.source),
            private=self.private.reveal(),
            registry_id=self.public.id,
            issuer=str(self.public.issuer),
            timestamp=to_timestamp(at),
        )
        return self._parse(made)

    def revoke(
        self, status_list: StatusList, indexes: Collection[int], *, at: datetime
    ) -> StatusList:
        """Return a later list in which `indexes` are revoked too; there is no way back.

        Without indexes the list only becomes younger.
        """
        if not all(1 <= index < self.public.size for index in indexes):
            raise MalformedError("an index lies outside the registry")
        if to_timestamp(at) <= to_timestamp(status_list.timestamp):
            raise ConflictError("a status list is younger than the one before it")
        made = library.revoke(
            render(status_list.source),
            definition=render(self.definition.public.source),
            registry=render(self.public.source),
            private=self.private.reveal(),
            indexes=sorted(set(indexes) - status_list.revoked),
            timestamp=to_timestamp(at),
        )
        return self._parse(made)

    def _parse(self, text: str) -> StatusList:
        source = parse_object(text)
        return StatusList.parse(source, registry=self.public)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryEntry:
    """The place of one credential in a registry: an index from 1, that no other credential has."""

    registry: IssuerRegistry
    status_list: StatusList
    index: int

    def __post_init__(self) -> None:
        if not 1 <= self.index < self.registry.public.size:
            raise MalformedError("an index lies outside the registry")
        if self.index in self.status_list.revoked:
            raise ConflictError("the index is that of a revoked credential")


def offer(definition: IssuerDefinition) -> JsonObject:
    """Return a credential offer; its nonce is for one issuance."""
    made = library.new_offer(
        schema_id=definition.schema.id,
        definition_id=definition.public.id,
        correctness_proof=render(definition.correctness_proof),
    )
    return parse_object(made)


def issue(
    request: JsonObject,
    *,
    offered: JsonObject,
    definition: IssuerDefinition,
    values: Mapping[str, str],
    entry: RegistryEntry | None,
) -> JsonObject:
    """Return the credential that answers a request for what was offered.

    `values` has text for every attribute of the schema; what predicates may be asked of is an
    integer of 32 bits (a date as `YYYYMMDD`).
    """
    names = {normalized(name) for name in values}
    if len(names) != len(values) or names != definition.public.attributes:
        raise MalformedError("a credential has the attributes of its schema", at="/values")
    if definition.public.revocable and entry is None:
        raise MalformedError("a credential that can be revoked needs a place in a registry")
    require_values(values)
    made = library.issue(
        render(request),
        offer=render(offered),
        definition=render(definition.public.source),
        private=definition.private.reveal(),
        values=values,
        registry=None if entry is None else _part(entry),
    )
    return parse_object(made)


def _part(entry: RegistryEntry) -> library.RegistryPart:
    return library.RegistryPart(
        registry=render(entry.registry.public.source),
        private=entry.registry.private.reveal(),
        status_list=render(entry.status_list.source),
        index=entry.index,
    )
