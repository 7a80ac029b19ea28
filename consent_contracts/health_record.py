"""A health record by what is known about it, without what is in it.

What is not known is `None`, which is neither "has none" (an empty set) nor anything else: a
condition on it can then not be decided.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from consent_contracts.wire import MAX_LIST, require_known, require_name
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import Period, from_rfc3339, to_rfc3339
from ssi_core.strict_json import as_array, as_object, as_text

CONFIDENTIALITY: Final = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
"""The code system of the labels that say how confidential a record is."""
CODED: Final = frozenset({"categories", "codes", "labels"})
"""The members that hold codings, `system|code`."""
SETS: Final = ("categories", "codes", "labels", "authors", "care_contexts")

# FHIR's token form: a system, a bar and a code.
_CODING: Final = re.compile(r"[a-z][a-z0-9+.-]*:[^\s|]+\|[^\s|]+")
_RESOURCE_TYPE: Final = re.compile(r"[A-Z][A-Za-z]{1,63}", re.ASCII)
_MEMBERS: Final = ("resource_type", "id", *SETS, "period")


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthRecord:
    """One record: what kind of resource, about what, by whom, during what, and from when.

    `authors` and `care_contexts` are references as the record has them (`Practitioner/7`,
    `Encounter/3`) or DIDs. `period` is the time that the record is about.
    """

    resource_type: str
    id: str
    categories: frozenset[str] | None = None
    codes: frozenset[str] | None = None
    labels: frozenset[str] | None = None
    authors: frozenset[str] | None = None
    care_contexts: frozenset[str] | None = None
    period: Period | None = None

    def __post_init__(self) -> None:
        require_resource_type(self.resource_type, at="/resource_type")
        require_name(self.id, at="/id")
        for name in SETS:
            require_texts(getattr(self, name) or (), coded=name in CODED, at=f"/{name}")

    @classmethod
    def parse(cls, value: JsonValue, *, at: str = "/record") -> Self:
        """Read the members of this class by their names; one that is missing is not known."""
        source = as_object(value, at=at)
        require_known(source, _MEMBERS, at=at)
        sets = {
            name: parse_texts(source[name], at=f"{at}/{name}") for name in SETS if name in source
        }
        return cls(
            resource_type=as_text(source.get("resource_type"), at=f"{at}/resource_type"),
            id=as_text(source.get("id"), at=f"{at}/id"),
            period=parse_span(source["period"], at=f"{at}/period") if "period" in source else None,
            **sets,
        )

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads."""
        members: dict[str, JsonValue] = {"resource_type": self.resource_type, "id": self.id}
        for name in SETS:
            if (found := getattr(self, name)) is not None:
                members[name] = sorted(found)
        if self.period is not None:
            members["period"] = render_span(self.period)
        return members


def require_resource_type(text: str, *, at: str) -> str:
    """Return `text` if it looks like the name of a FHIR resource type."""
    if _RESOURCE_TYPE.fullmatch(text) is None:
        raise MalformedError("must be the name of a resource type", at=at)
    return text


def require_texts(texts: frozenset[str] | tuple[()], *, coded: bool, at: str) -> None:
    """Refuse more texts than allowed, and any that is no coding where `coded`, or no plain line."""
    if len(texts) > MAX_LIST:
        raise MalformedError("must have at most 256 elements", at=at)
    for text in texts:
        require_name(text, at=at, maximum=512)
        if coded and _CODING.fullmatch(text) is None:
            raise MalformedError("must be system|code", at=at)


def parse_texts(value: JsonValue, *, at: str) -> frozenset[str]:
    """Read an array of texts in which none stands twice; it may be empty."""
    items = as_array(value, at=at)
    found = frozenset(as_text(item, at=f"{at}/{place}") for place, item in enumerate(items))
    if len(found) != len(items):
        raise MalformedError("an element stands here twice", at=at)
    return found


def parse_span(value: JsonValue, *, at: str) -> Period:
    """Read `{"start"?, "end"?}`, RFC 3339 date-times of which at least one is there."""
    source: Mapping[str, JsonValue] = as_object(value, at=at)
    require_known(source, ("start", "end"), at=at)
    if not source:
        raise MalformedError("has a start or an end", at=at)
    moments = {
        name: from_rfc3339(as_text(text, at=f"{at}/{name}"), at=f"{at}/{name}")
        for name, text in source.items()
    }
    return Period(moments.get("start"), moments.get("end"))


def render_span(period: Period) -> JsonObject:
    """Return the form that `parse_span` reads."""
    named = {"start": period.start, "end": period.end}
    return {
        name: to_rfc3339(moment, fractions=True)
        for name, moment in named.items()
        if moment is not None
    }
