"""What a researcher says of a use, to be held against the terms of data use in a grant."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from consent_contracts.health_record import parse_texts, require_texts
from consent_contracts.wire import (
    as_list,
    as_moment,
    require_known,
    require_name,
    require_whole_seconds,
)
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import to_timestamp
from ssi_core.strict_json import as_boolean, as_object, as_text

_FLAGS: Final = (
    "for_profit_organisation",
    "commercial_use",
    "publishes",
    "collaborates",
    "returns_results",
)
_SETS: Final = ("diseases", "types", "regions", "users")
_MEMBERS: Final = (
    "kinds", *_SETS, *_FLAGS, "publishes_from", "ethics_approval", "institution", "project",
)  # fmt: skip


class ResearchKind(StrEnum):
    """What a research use does; the list is closed."""

    HEALTH = "health"
    METHODS = "methods"
    ANCESTRY = "ancestry"
    GENETIC = "genetic"
    CLINICAL_CARE = "clinical_care"
    OTHER = "other"

    @classmethod
    def parse(cls, value: JsonValue, *, at: str) -> "ResearchKind":
        """Read a kind as it stands on the wire; an unknown one is refused."""
        for kind in cls:
            if kind.value == value:
                return kind
        raise MalformedError("not a kind of research that is known here", at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResearchUse:
    """What a researcher says of a use. What is not said counts as not so.

    `types` are research types, `diseases` codes (`MONDO:0005015`), `regions` ISO 3166 codes.
    """

    kinds: frozenset[ResearchKind]
    diseases: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()
    for_profit_organisation: bool | None = None
    commercial_use: bool | None = None
    publishes: bool | None = None
    collaborates: bool | None = None
    returns_results: bool | None = None
    publishes_from: datetime | None = None
    ethics_approval: str | None = None
    institution: str | None = None
    project: str | None = None

    def __post_init__(self) -> None:
        if not self.kinds:
            raise MalformedError("says what kind of research it is", at="/research/kinds")
        for name in _SETS:
            require_texts(getattr(self, name), coded=False, at=f"/research/{name}")
        for name in ("ethics_approval", "institution", "project"):
            if (text := getattr(self, name)) is not None:
                require_name(text, at=f"/research/{name}")
        if self.publishes_from is not None:
            require_whole_seconds(self.publishes_from, at="/research/publishes_from")

    @classmethod
    def parse(cls, value: JsonValue, *, at: str = "/research") -> Self:
        """Read the members of this class by their names; `kinds` must be there."""
        source = as_object(value, at=at)
        require_known(source, _MEMBERS, at=at)
        kinds = as_list(source.get("kinds"), at=f"{at}/kinds")
        read: dict[str, object] = {}
        for name, member in source.items():
            place = f"{at}/{name}"
            if name in _SETS:
                read[name] = parse_texts(member, at=place)
            elif name in _FLAGS:
                read[name] = as_boolean(member, at=place)
            elif name == "publishes_from":
                read[name] = as_moment(member, at=place)
            elif name != "kinds":
                read[name] = as_text(member, at=place)
        return cls(
            kinds=frozenset(ResearchKind.parse(kind, at=pointer) for kind, pointer in kinds),
            **read,  # type: ignore[arg-type]
        )

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads."""
        members: dict[str, JsonValue] = {"kinds": sorted(kind.value for kind in self.kinds)}
        for name in _SETS:
            if found := getattr(self, name):
                members[name] = sorted(found)
        if self.publishes_from is not None:
            members["publishes_from"] = to_timestamp(self.publishes_from)
        plain = (*_FLAGS, "ethics_approval", "institution", "project")
        return members | {
            name: value for name in plain if (value := getattr(self, name)) is not None
        }
