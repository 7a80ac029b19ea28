"""What a holder does: ask for a credential, keep it, and present it.

https://hyperledger.github.io/anoncreds-spec/#generate-presentation
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from ssi_core.anoncreds import library
from ssi_core.anoncreds.objects import (
    CredentialDefinition,
    RevocationRegistry,
    Schema,
    StatusList,
)
from ssi_core.anoncreds.request import Predicate, PresentationRequest, Relation
from ssi_core.anoncreds.secret import LinkSecret, Secret
from ssi_core.anoncreds.values import as_predicate_value, encode, normalized
from ssi_core.encoding import base58btc_encode
from ssi_core.errors import (
    MalformedError,
    ProofError,
    QueryError,
    RevokedError,
    StatusUndeterminedError,
)
from ssi_core.json_types import JsonObject
from ssi_core.period import to_timestamp
from ssi_core.strict_json import as_object, parse_object, render

# Whom a request is from is not said: the issuer knows by the offer.
_ENTROPY: Final = "consentry"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedCredential:
    """A request on its way to the issuer, and what its maker must remember until the answer."""

    request: JsonObject
    remembered: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCredential:
    """A credential as its holder keeps it, with the public objects that it is of."""

    source: Secret
    schema: Schema
    definition: CredentialDefinition
    registry: RevocationRegistry | None
    index: int | None
    values: Mapping[str, str]

    def __repr__(self) -> str:
        return f"HeldCredential(definition={self.definition.id!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class NonRevocation:
    """What it takes to show that a credential is not revoked: a list, and the tails file's path."""

    status_list: StatusList
    tails_file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A credential for some referents of a request."""

    credential: HeldCredential
    referents: frozenset[str]
    non_revocation: NonRevocation | None = None


def request_credential(
    offered: JsonObject,
    *,
    schema: Schema,
    definition: CredentialDefinition,
    link_secret: LinkSecret,
) -> RequestedCredential:
    """Return the request that answers an offer of credentials of `definition`."""
    definition.require_schema(schema)
    if (offered.get("schema_id"), offered.get("cred_def_id")) != (schema.id, definition.id):
        raise MalformedError("the offer is of another definition", at="/cred_def_id")
    request, remembered = library.new_request(
        render(offered),
        definition=render(definition.source),
        link_secret=link_secret.secret.reveal(),
        entropy=_ENTROPY,
    )
    return RequestedCredential(request=parse_object(request), remembered=Secret(remembered))


def receive(
    issued: JsonObject,
    *,
    requested: RequestedCredential,
    link_secret: LinkSecret,
    schema: Schema,
    definition: CredentialDefinition,
    registry: RevocationRegistry | None,
) -> HeldCredential:
    """Return the credential to keep if the issuer's signature on it holds."""
    definition.require_schema(schema)
    if issued.get("cred_def_id") != definition.id or issued.get("schema_id") != schema.id:
        raise MalformedError("the credential is of another definition", at="/cred_def_id")
    if issued.get("rev_reg_id") != (None if registry is None else registry.id):
        raise MalformedError("the credential is of another registry", at="/rev_reg_id")
    if registry is not None:
        registry.require_definition(definition)
    done = library.complete(
        render(issued),
        remembered=requested.remembered.reveal(),
        link_secret=link_secret.secret.reveal(),
        definition=render(definition.source),
        registry=None if registry is None else render(registry.source),
    )
    members = parse_object(done)
    return HeldCredential(
        source=Secret(done),
        schema=schema,
        definition=definition,
        registry=registry,
        index=None if registry is None else _index(members),
        values=_values(members),
    )


def present(
    request: PresentationRequest, choices: Sequence[Choice], *, link_secret: LinkSecret
) -> JsonObject:
    """Return the presentation that answers `request` from the chosen credentials.

    Raises `QueryError` where they do not answer it: a referent that is left out or an attribute
    that is missing, another definition, or a predicate that is false. Raises `RevokedError` where
    a credential is revoked, and `StatusUndeterminedError` where nothing is there to tell.
    """
    chosen = [referent for choice in choices for referent in choice.referents]
    if sorted(chosen) != sorted([*request.attributes, *request.predicates]):
        raise QueryError("each referent is answered by one credential")
    for choice in choices:
        _require_choice(choice, request)
    made = library.present(
        render(request.to_json()),
        [_part(choice, request) for choice in choices],
        link_secret=link_secret.secret.reveal(),
        schemas={item.schema.id: render(item.schema.source) for item in _held(choices)},
        definitions={item.definition.id: render(item.definition.source) for item in _held(choices)},
    )
    return parse_object(made)


def require_tails(content: bytes, registry: RevocationRegistry) -> None:
    """Return if `content` is the tails file of `registry`."""
    if base58btc_encode(sha256(content).digest()) != registry.tails_hash:
        raise ProofError("the tails file is another registry's", at="/value/tailsHash")


def _held(choices: Sequence[Choice]) -> list[HeldCredential]:
    return [choice.credential for choice in choices]


def _require_choice(choice: Choice, request: PresentationRequest) -> None:
    held = choice.credential
    if held.definition.id not in request.definitions:
        raise QueryError("the credential is of another definition")
    values = {normalized(name): value for name, value in held.values.items()}
    for referent in choice.referents & request.attributes.keys():
        if not all(normalized(name) in values for name in request.attributes[referent]):
            raise QueryError("the credential has no such attribute")
    for referent in choice.referents & request.predicates.keys():
        _require_true(request.predicates[referent], values)


def _require_true(predicate: Predicate, values: Mapping[str, str]) -> None:
    raw = values.get(normalized(predicate.name))
    try:
        value = as_predicate_value(int(raw or ""), at="/values")
    except (ValueError, MalformedError):
        raise QueryError("the credential has no such number") from None
    holds = {
        Relation.AT_LEAST: value >= predicate.value,
        Relation.ABOVE: value > predicate.value,
        Relation.AT_MOST: value <= predicate.value,
        Relation.BELOW: value < predicate.value,
    }
    if not holds[predicate.relation]:
        raise QueryError("a predicate is false, and cannot be proven")


def _part(choice: Choice, request: PresentationRequest) -> library.AnswerPart:
    held = choice.credential
    timestamp: int | None = None
    witness: str | None = None
    if request.non_revoked is not None and held.definition.revocable:
        witness = _witness(choice)
    if witness is not None and choice.non_revocation is not None:
        timestamp = to_timestamp(choice.non_revocation.status_list.timestamp)
    return library.AnswerPart(
        credential=held.source.reveal(),
        attributes=sorted(choice.referents & request.attributes.keys()),
        predicates=sorted(choice.referents & request.predicates.keys()),
        timestamp=timestamp,
        witness=witness,
    )


def _witness(choice: Choice) -> str:
    held, proof = choice.credential, choice.non_revocation
    if proof is None or held.registry is None or held.index is None:
        raise StatusUndeterminedError("nothing tells whether the credential is revoked")
    if proof.status_list.registry_id != held.registry.id:
        raise StatusUndeterminedError("the status list is another registry's")
    if held.index in proof.status_list.revoked:
        raise RevokedError("the credential is revoked")
    return library.witness(
        render(held.registry.source),
        status_list=render(proof.status_list.source),
        index=held.index,
        tails_file=proof.tails_file,
    )


def _index(members: JsonObject) -> int:
    signature = as_object(members.get("signature"), at="/signature")
    part = as_object(signature.get("r_credential"), at="/signature/r_credential")
    index = part.get("i")
    if not isinstance(index, int):
        raise MalformedError("the credential has no place in its registry", at="/signature")
    return index


def _values(members: JsonObject) -> dict[str, str]:
    """Return the values as text, each the one whose encoding was signed."""
    found: dict[str, str] = {}
    for name, item in as_object(members.get("values"), at="/values").items():
        value = as_object(item, at="/values")
        raw = value.get("raw")
        if not isinstance(raw, str) or value.get("encoded") != encode(raw, at="/values"):
            raise ProofError("a value is not the one that was signed", at="/values")
        found[name] = raw
    return found
