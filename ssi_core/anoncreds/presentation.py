"""An AnonCreds presentation taken apart, its shape and the size of its numbers bounded.

https://hyperledger.github.io/anoncreds-spec/#presentation. What it says holds once
`ssi_core.verification.anoncreds` has verified it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from ssi_core import strict_json
from ssi_core.anoncreds.numbers import require_numbers
from ssi_core.anoncreds.objects import LINK_ATTRIBUTE
from ssi_core.anoncreds.request import Predicate, Relation
from ssi_core.anoncreds.values import as_predicate_value, encode, normalized
from ssi_core.errors import MalformedError, ProofError, QueryError, WorkLimitError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import from_timestamp
from ssi_core.strict_json import as_array, as_integer, as_object, as_text

MAX_CHARACTERS: Final = 262_144
_MAX_CREDENTIALS: Final = 4
_MAX_PREDICATES: Final = 8
_RELATIONS: Final = {
    "GE": Relation.AT_LEAST,
    "GT": Relation.ABOVE,
    "LE": Relation.AT_MOST,
    "LT": Relation.BELOW,
}
_REQUESTED: Final = "/requested_proof"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenCredential:
    """One credential of a presentation: which public objects it is of, and what is proven of it."""

    schema_id: str
    definition_id: str
    registry_id: str | None
    timestamp: datetime | None
    # Encoded values by normalized name.
    revealed: Mapping[str, str]
    predicates: frozenset[Predicate]
    link: str


@dataclass(frozen=True, slots=True)
class Shown:
    """The values that answer one referent, as text by name, and the credential they are from."""

    credential: int
    # By normalized name; of a referent that asks for a single attribute, by "".
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnonCredsPresentation:
    """A presentation whose form is right. That says nothing of its proof."""

    source: JsonObject
    credentials: tuple[ProvenCredential, ...]
    attributes: Mapping[str, Shown]
    predicates: Mapping[str, int]

    @classmethod
    def parse(cls, source: JsonObject | str) -> Self:
        """Read a presentation; what is not revealed, or claimed by the holder alone, is refused."""
        if not isinstance(source, str):
            source = strict_json.render(source)
        if len(source) > MAX_CHARACTERS:
            raise MalformedError("presentation is larger than allowed")
        members = strict_json.parse_object(source, max_bytes=MAX_CHARACTERS)
        require_numbers(as_object(members.get("proof"), at="/proof"))
        requested = as_object(members.get("requested_proof"), at=_REQUESTED)
        for name in ("self_attested_attrs", "unrevealed_attrs"):
            if as_object(requested.get(name) or {}, at=f"{_REQUESTED}/{name}"):
                raise QueryError("an attribute is not revealed", at=f"{_REQUESTED}/{name}")
        credentials = _credentials(members)
        found = cls(
            source=members,
            credentials=credentials,
            attributes=_shown(requested),
            predicates={
                referent: _index(item)
                for referent, item in as_object(
                    requested.get("predicates") or {}, at=f"{_REQUESTED}/predicates"
                ).items()
            },
        )
        found._require_indexes()
        return found

    def _require_indexes(self) -> None:
        used = {shown.credential for shown in self.attributes.values()}
        used |= set(self.predicates.values())
        if used != set(range(len(self.credentials))):
            raise MalformedError("a referent and a credential do not fit", at=_REQUESTED)


def is_presentation(source: JsonObject) -> bool:
    """Say whether a JSON object looks like an AnonCreds presentation, and not like a VCDM one."""
    return source.keys() >= {"proof", "requested_proof", "identifiers"}


def _credentials(source: JsonObject) -> tuple[ProvenCredential, ...]:
    identifiers = as_array(source.get("identifiers"), at="/identifiers")
    proof = as_object(source.get("proof"), at="/proof")
    proofs = as_array(proof.get("proofs"), at="/proof/proofs")
    if not 0 < len(identifiers) == len(proofs) <= _MAX_CREDENTIALS:
        raise MalformedError("a presentation is of one to four credentials", at="/identifiers")
    found = tuple(map(_credential, identifiers, proofs))
    if len({credential.link for credential in found}) != 1:
        raise ProofError("credentials are of different holders", at="/proof/proofs")
    return found


def _credential(value: JsonValue, proof: JsonValue) -> ProvenCredential:
    identifier = as_object(value, at="/identifiers")
    registry, seconds = identifier.get("rev_reg_id"), identifier.get("timestamp")
    proof = as_object(proof, at="/proof/proofs")
    primary = as_object(proof.get("primary_proof"), at="/proof/proofs/primary_proof")
    equality = as_object(primary.get("eq_proof"), at="/proof/proofs/primary_proof/eq_proof")
    hidden = as_object(equality.get("m"), at="/proof/proofs/primary_proof/eq_proof/m")
    shown = as_object(equality.get("revealed_attrs"), at="/proof/proofs/primary_proof/eq_proof")
    if ((proof.get("non_revoc_proof") is None) != (registry is None)) or (
        (seconds is None) != (registry is None)
    ):
        raise MalformedError("a proof of non-revocation and its registry go together", at="/proof")
    return ProvenCredential(
        schema_id=as_text(identifier.get("schema_id"), at="/identifiers/schema_id"),
        definition_id=as_text(identifier.get("cred_def_id"), at="/identifiers/cred_def_id"),
        registry_id=None if registry is None else as_text(registry, at="/identifiers/rev_reg_id"),
        timestamp=None
        if seconds is None
        else from_timestamp(as_integer(seconds, at="/identifiers/timestamp")),
        revealed={normalized(name): as_text(item, at="/proof") for name, item in shown.items()},
        predicates=_predicates(primary.get("ge_proofs"), hidden),
        link=as_text(hidden.get(LINK_ATTRIBUTE), at="/proof/proofs/primary_proof/eq_proof/m"),
    )


def _predicates(value: JsonValue, hidden: JsonObject) -> frozenset[Predicate]:
    at = "/proof/proofs/primary_proof/ge_proofs"
    found = [as_object(item, at=at) for item in as_array(value, at=at)]
    if len(found) > _MAX_PREDICATES:
        raise WorkLimitError("a presentation proves more predicates than allowed", at=at)
    return frozenset(_proven(item, hidden, at=at) for item in found)


def _proven(source: JsonObject, hidden: JsonObject, *, at: str) -> Predicate:
    predicate = as_object(source.get("predicate"), at=at)
    name = as_text(predicate.get("attr_name"), at=at)
    kind = as_text(predicate.get("p_type"), at=at)
    if kind not in _RELATIONS:
        raise MalformedError("a predicate is of an unknown type", at=at)
    # The number that hides the attribute must be the same in both proofs, or they are of two.
    if as_text(source.get("mj"), at=at) != hidden.get(name):
        raise ProofError("a predicate is proven of something else", at=at)
    value = as_predicate_value(predicate.get("value"), at=at)
    return Predicate(normalized(name), _RELATIONS[kind], value)


def _shown(requested: JsonObject) -> dict[str, Shown]:
    at = f"{_REQUESTED}/revealed_attrs"
    single = as_object(requested.get("revealed_attrs") or {}, at=at)
    found = {
        referent: Shown(_index(item), {"": _raw(as_object(item, at=at), at=at)})
        for referent, item in single.items()
    }
    at = f"{_REQUESTED}/revealed_attr_groups"
    groups = as_object(requested.get("revealed_attr_groups") or {}, at=at)
    if found.keys() & groups.keys():
        raise MalformedError("a referent is answered twice", at=at)
    for referent, item in groups.items():
        values = as_object(as_object(item, at=at).get("values"), at=at)
        by_name = {
            normalized(name): _raw(as_object(value, at=at), at=at) for name, value in values.items()
        }
        if len(by_name) != len(values):
            raise MalformedError("an attribute is shown twice", at=at)
        found[referent] = Shown(_index(item), by_name)
    return found


def _raw(value: JsonObject, *, at: str) -> str:
    """Return the text of a value if what was signed is its encoding."""
    raw = value.get("raw")
    if not isinstance(raw, str):
        raise MalformedError("a value is text", at=at)
    if value.get("encoded") != encode(raw, at=at):
        raise ProofError("a value is not the one that was signed", at=at)
    return raw


def _index(value: JsonValue) -> int:
    found = as_object(value, at=_REQUESTED)
    index = as_integer(found.get("sub_proof_index"), at=_REQUESTED)
    if not 0 <= index < _MAX_CREDENTIALS:
        raise MalformedError("a referent names no credential", at=_REQUESTED)
    return index
