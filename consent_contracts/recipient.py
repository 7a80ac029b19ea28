"""To whom a grant speaks: a party, a role within one, or all whom an accreditor vouches for."""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from consent_contracts.wire import MAX_LIST, as_list, require_known, require_name
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_object, as_text


class RecipientKind(StrEnum):
    """What an accreditation can say that a party is; the list is closed."""

    INSURER = "insurer"
    LABORATORY = "laboratory"
    PHARMACY = "pharmacy"
    PROVIDER = "provider"
    PUBLIC_HEALTH = "public_health"
    RESEARCHER = "researcher"

    @classmethod
    def parse(cls, value: JsonValue, *, at: str) -> "RecipientKind":
        """Read a kind as it stands on the wire; an unknown one is refused."""
        for kind in cls:
            if kind.value == value:
                return kind
        raise MalformedError("not a kind of recipient that is known here", at=at)


@dataclass(frozen=True, slots=True)
class Accreditation:
    """That a party is of a kind, by the word of an accreditor whose own stands in the log."""

    kind: RecipientKind
    accredited_by: Did

    @classmethod
    def parse(cls, value: JsonValue, *, at: str) -> Self:
        """Read `{"class", "accredited_by"}`."""
        source = as_object(value, at=at)
        require_known(source, ("class", "accredited_by"), at=at)
        return cls(
            RecipientKind.parse(source.get("class"), at=f"{at}/class"),
            parse_did(source.get("accredited_by"), at=f"{at}/accredited_by"),
        )

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads."""
        return {"class": self.kind.value, "accredited_by": str(self.accredited_by)}


@dataclass(frozen=True, slots=True)
class Recipient:
    """One party (a person or an organisation), a class of parties, or, in a denial only, anyone.

    `role` narrows it to those who act in that role there. `excepted` are recipients who are not
    meant, in a denial only: "anyone but my doctor".
    """

    party: Did | Accreditation | None
    role: str | None = None
    excepted: frozenset["Recipient"] = frozenset()

    def __post_init__(self) -> None:
        if self.role is not None:
            require_name(self.role, at="/recipient/role")
        if len(self.excepted) > MAX_LIST:
            raise MalformedError("must have at most 256 elements", at="/recipient/except")
        if any(each.excepted or each.party is None for each in self.excepted):
            raise MalformedError("an exception is somebody, and has none", at="/recipient/except")

    @classmethod
    def parse(cls, value: JsonValue, *, at: str = "/recipient") -> "Recipient":
        """Read `{"id"}`, `{"class", "accredited_by"}` or `{"class": "anyone"}`.

        Each of them with a `role`, and with `except`, a list of others.
        """
        source = as_object(value, at=at)
        require_known(source, ("id", "class", "accredited_by", "role", "except"), at=at)
        role = None if "role" not in source else as_text(source["role"], at=f"{at}/role")
        excepted = _excepted(source["except"], at=f"{at}/except") if "except" in source else ()
        party = {name: value for name, value in source.items() if name not in ("role", "except")}
        return cls(_party(party, at=at), role, frozenset(excepted))

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads."""
        named: dict[str, JsonValue] = {} if self.role is None else {"role": self.role}
        if self.excepted:
            named["except"] = sorted((each.to_json() for each in self.excepted), key=json.dumps)
        match self.party:
            case None:
                return {"class": "anyone", **named}
            case Accreditation():
                return {**self.party.to_json(), **named}
            case Did():
                return {"id": str(self.party), **named}


def parse_did(value: JsonValue, *, at: str) -> Did:
    """Read a DID that stands as a string."""
    return Did.parse(as_text(value, at=at), at=at)


def _party(source: JsonObject, *, at: str) -> Did | Accreditation | None:
    if source == {"class": "anyone"}:
        return None
    if "id" not in source:
        return Accreditation.parse(source, at=at)
    require_known(source, ("id",), at=at)
    return parse_did(source["id"], at=f"{at}/id")


def _excepted(value: JsonValue, *, at: str) -> tuple[Recipient, ...]:
    found = [Recipient.parse(each, at=pointer) for each, pointer in as_list(value, at=at)]
    if len(set(found)) != len(found):
        raise MalformedError("an element stands here twice", at=at)
    return tuple(found)
