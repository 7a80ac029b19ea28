"""What a verifier asks of an AnonCreds holder: attributes, predicates, and non-revocation.

https://hyperledger.github.io/anoncreds-spec/#create-presentation-request
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

from ssi_core.anoncreds.values import as_predicate_value, normalized
from ssi_core.errors import MalformedError, QueryError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import from_timestamp, to_timestamp
from ssi_core.strict_json import as_array, as_integer, as_object, as_text, as_texts

_NONCE_BITS: Final = 80
_NONCE: Final = re.compile(r"[1-9][0-9]{0,24}", re.ASCII)
_MAX_REFERENTS: Final = 64


class Relation(StrEnum):
    """How a predicate compares an attribute with its value (`p_type`)."""

    AT_LEAST = ">="
    ABOVE = ">"
    AT_MOST = "<="
    BELOW = "<"


@dataclass(frozen=True, slots=True)
class Predicate:
    """That an attribute compares so with an integer of 32 bits."""

    name: str
    relation: Relation
    value: int

    def __post_init__(self) -> None:
        as_predicate_value(self.value, at="/p_value")


@dataclass(frozen=True, slots=True)
class NonRevokedInterval:
    """When a credential must not have been revoked: at a moment from `start` to `end`, both in."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start > self.end:
            raise MalformedError("an interval ends after it starts", at="/non_revoked")

    @classmethod
    def until(cls, end: datetime, *, max_age: timedelta) -> Self:
        """Return the interval of status lists that are no older than `max_age` at `end`."""
        return cls(end - max_age, end)


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentationRequest:
    """One question, by referents of the verifier's choice; `nonce` makes it this one.

    Every attribute and predicate must be answered from a credential of one of `definitions`, and,
    unless `mix` says otherwise, all of them from the same one.
    """

    name: str
    nonce: str
    definitions: frozenset[str]
    attributes: Mapping[str, tuple[str, ...]]
    predicates: Mapping[str, Predicate]
    non_revoked: NonRevokedInterval | None
    mix: bool = False
    version: str = "1.0"

    def __post_init__(self) -> None:
        if not self.definitions:
            raise MalformedError("a request names the credential definitions that it accepts")
        if _NONCE.fullmatch(self.nonce) is None:
            raise MalformedError("a nonce is a positive number of up to 80 bits", at="/nonce")
        referents = [*self.attributes, *self.predicates]
        if not 0 < len(set(referents)) == len(referents) <= _MAX_REFERENTS:
            raise MalformedError("a request has referents, each once")
        self._require_names()

    @property
    def shown(self) -> frozenset[str]:
        """The names, normalized, of all attributes that are to be revealed."""
        return frozenset(normalized(name) for names in self.attributes.values() for name in names)

    def to_json(self) -> JsonObject:
        """Return the request as it is sent."""
        accepted: list[JsonValue] = [{"cred_def_id": name} for name in sorted(self.definitions)]
        asked: dict[str, JsonValue] = {
            "name": self.name,
            "version": self.version,
            "nonce": self.nonce,
            "requested_attributes": {
                referent: {**_names(names), "restrictions": accepted}
                for referent, names in self.attributes.items()
            },
            "requested_predicates": {
                referent: {
                    "name": predicate.name,
                    "p_type": predicate.relation.value,
                    "p_value": predicate.value,
                    "restrictions": accepted,
                }
                for referent, predicate in self.predicates.items()
            },
        }
        if self.non_revoked is not None:
            asked["non_revoked"] = {
                "from": to_timestamp(self.non_revoked.start),
                "to": to_timestamp(self.non_revoked.end),
            }
        return asked

    @classmethod
    def parse(cls, source: JsonObject) -> Self:
        """Read a request that was sent; one that asks in ways not known here is refused.

        `QueryError` if it restricts referents otherwise than all by the same definitions.
        """
        attributes = as_object(source.get("requested_attributes", {}), at="/requested_attributes")
        predicates = as_object(source.get("requested_predicates", {}), at="/requested_predicates")
        asked = [
            as_object(item, at="/requested")
            for item in (*attributes.values(), *predicates.values())
        ]
        return cls(
            name=as_text(source.get("name"), at="/name"),
            version=as_text(source.get("version"), at="/version"),
            nonce=as_text(source.get("nonce"), at="/nonce"),
            definitions=_one_restriction(asked),
            attributes={name: _asked_names(item) for name, item in attributes.items()},
            predicates={name: _predicate(item) for name, item in predicates.items()},
            non_revoked=_interval(source.get("non_revoked")),
            mix=True,
        )

    def _require_names(self) -> None:
        names = [name for group in self.attributes.values() for name in group]
        names += [predicate.name for predicate in self.predicates.values()]
        if not all(map(normalized, names)) or not all(self.attributes.values()):
            raise MalformedError("a referent names attributes")
        if any("\0" in text for text in (*names, *self.attributes, *self.predicates)):
            raise MalformedError("a name or a referent has no NUL")
        if self.shown & {normalized(predicate.name) for predicate in self.predicates.values()}:
            raise MalformedError("an attribute that is shown needs no predicate")


def new_nonce() -> str:
    """Return a fresh nonce for one request."""
    return str(secrets.randbits(_NONCE_BITS - 1) | 1 << _NONCE_BITS - 1)


def _names(names: tuple[str, ...]) -> JsonObject:
    return {"name": names[0]} if len(names) == 1 else {"names": list(names)}


def _asked_names(value: JsonValue) -> tuple[str, ...]:
    asked = as_object(value, at="/requested_attributes")
    if "non_revoked" in asked or ("name" in asked) == ("names" in asked):
        raise QueryError("a referent asks in a way not known here", at="/requested_attributes")
    if "name" in asked:
        return (as_text(asked["name"], at="/requested_attributes"),)
    return as_texts(asked["names"], at="/requested_attributes")


def _predicate(value: JsonValue) -> Predicate:
    at = "/requested_predicates"
    asked = as_object(value, at=at)
    if "non_revoked" in asked:
        raise QueryError("a referent asks in a way not known here", at=at)
    try:
        relation = Relation(as_text(asked.get("p_type"), at=at))
    except ValueError:
        raise MalformedError("a predicate is one of >=, >, <= and <", at=at) from None
    return Predicate(
        as_text(asked.get("name"), at=at),
        relation,
        as_predicate_value(asked.get("p_value"), at=at),
    )


def _interval(value: JsonValue) -> NonRevokedInterval | None:
    if value is None:
        return None
    asked = as_object(value, at="/non_revoked")
    start = as_integer(asked.get("from", 0), at="/non_revoked/from")
    end = as_integer(asked.get("to"), at="/non_revoked/to")
    return NonRevokedInterval(from_timestamp(start), from_timestamp(end))


def _one_restriction(asked: list[JsonObject]) -> frozenset[str]:
    found = {_definitions(item.get("restrictions")) for item in asked}
    if len(found) != 1:
        raise QueryError("referents are restricted differently", at="/restrictions")
    return found.pop()


def _definitions(value: JsonValue) -> frozenset[str]:
    at = "/restrictions"
    choices = [as_object(item, at=at) for item in as_array(value or [], at=at)]
    if any(choice.keys() != {"cred_def_id"} for choice in choices):
        raise QueryError("a restriction is not by credential definition", at=at)
    return frozenset(as_text(choice["cred_def_id"], at=at) for choice in choices)
