"""Terms of data use in a grant for research, and the profile of a use that is held against them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from consent_contracts.duo import DataUse, TermKind, Values
from consent_contracts.health_record import parse_texts, require_texts
from consent_contracts.wire import as_list, as_moment, require_known, require_name
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import to_timestamp
from ssi_core.strict_json import as_boolean, as_integer, as_object, as_text

_MAX_MONTHS: Final = 120
_DECEMBER: Final = 12
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


@dataclass(frozen=True, slots=True, kw_only=True)
class DataUseTerm:
    """One DUO term, with what has to stand beside it and nothing else."""

    term: DataUse
    texts: frozenset[str] = frozenset()
    months: int | None = None
    moment: datetime | None = None

    def __post_init__(self) -> None:
        at = "/terms/data_use"
        given = (bool(self.texts), self.months is not None, self.moment is not None)
        kinds = (Values.TEXTS, Values.MONTHS, Values.MOMENT)
        if given != tuple(self.term.values is kind for kind in kinds):
            raise MalformedError("a term stands with what it needs, and nothing else", at=at)
        require_texts(self.texts, coded=False, at=f"{at}/texts")
        if self.months is not None and not 1 <= self.months <= _MAX_MONTHS:
            raise MalformedError("must be between 1 and 120", at=f"{at}/months")

    @classmethod
    def parse(cls, value: JsonValue, *, at: str) -> Self:
        """Read `{"term", "texts"? | "months"? | "moment"?}`."""
        source = as_object(value, at=at)
        require_known(source, ("term", "texts", "months", "moment"), at=at)
        texts = source.get("texts", [])
        months, moment = source.get("months"), source.get("moment")
        return cls(
            term=DataUse.parse(source.get("term"), at=f"{at}/term"),
            texts=parse_texts(texts, at=f"{at}/texts"),
            months=None if months is None else as_integer(months, at=f"{at}/months"),
            moment=None if moment is None else as_moment(moment, at=f"{at}/moment"),
        )

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads."""
        members: dict[str, JsonValue] = {"term": self.term.value}
        if self.texts:
            members["texts"] = sorted(self.texts)
        if self.months is not None:
            members["months"] = self.months
        if self.moment is not None:
            members["moment"] = to_timestamp(self.moment)
        return members


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


def parse_data_use(value: JsonValue, *, at: str) -> tuple[DataUseTerm, ...]:
    """Read terms of data use; see `require_data_use`."""
    terms = (DataUseTerm.parse(item, at=pointer) for item, pointer in as_list(value, at=at))
    return require_data_use(tuple(sorted(terms, key=lambda each: each.term)), at=at)


def require_data_use(terms: Sequence[DataUseTerm], *, at: str) -> tuple[DataUseTerm, ...]:
    """Return `terms` if exactly one of them is a permission, and none stands twice."""
    permissions = [each for each in terms if each.term.kind is TermKind.PERMISSION]
    if len(permissions) != 1 or len({each.term for each in terms}) != len(terms):
        raise MalformedError("has one permission, and each modifier once", at=at)
    return tuple(terms)


def broken_terms(
    terms: Sequence[DataUseTerm], use: ResearchUse, *, start: datetime | None, at: datetime
) -> frozenset[DataUse]:
    """Return every term that `use` does not keep; `start` is the beginning of the grant."""
    broken = {each.term for each in terms if not _keeps(use, each, start=start, at=at)}
    named = {each.term for each in terms}
    # Care is what a permission for research does not include by itself.
    if ResearchKind.CLINICAL_CARE in use.kinds and not named & {DataUse.CC, DataUse.NRES}:
        broken.add(DataUse.CC)
    return frozenset(broken)


def _keeps(use: ResearchUse, term: DataUseTerm, *, start: datetime | None, at: datetime) -> bool:
    if (simple := _simple_rules(use).get(term.term)) is not None:
        return simple
    owned = {
        DataUse.DS: use.diseases,
        DataUse.RS: use.types,
        DataUse.GS: use.regions,
        DataUse.US: use.users,
        DataUse.PS: _one(use.project),
        DataUse.IS: _one(use.institution),
    }
    if term.term in owned:
        return bool(owned[term.term]) and owned[term.term] <= term.texts
    if term.term is DataUse.MOR and term.moment is not None:
        waits = use.publishes_from is not None and use.publishes_from >= term.moment
        return waits or use.publishes is False
    if term.term is DataUse.TS and term.months is not None:
        return start is not None and at < _months_after(start, term.months)
    return False


def _simple_rules(use: ResearchUse) -> Mapping[DataUse, bool]:
    ancestry, care = ResearchKind.ANCESTRY in use.kinds, {ResearchKind.CLINICAL_CARE}
    return {
        DataUse.NRES: True,
        DataUse.GRU: True,
        DataUse.HMB: ResearchKind.HEALTH in use.kinds
        and not use.kinds & {ResearchKind.ANCESTRY, ResearchKind.OTHER},
        DataUse.POA: use.kinds - care == {ResearchKind.ANCESTRY},
        DataUse.NPOA: not ancestry,
        DataUse.NMDS: ResearchKind.METHODS not in use.kinds,
        DataUse.GSO: ResearchKind.GENETIC in use.kinds,
        DataUse.CC: True,
        DataUse.NPU: use.for_profit_organisation is False,
        DataUse.NCU: use.commercial_use is False,
        DataUse.NPUNCU: use.for_profit_organisation is False and use.commercial_use is False,
        DataUse.PUB: use.publishes is True,
        DataUse.COL: use.collaborates is True,
        DataUse.RTN: use.returns_results is True,
        DataUse.IRB: use.ethics_approval is not None,
    }


def _one(text: str | None) -> frozenset[str]:
    return frozenset() if text is None else frozenset({text})


def _months_after(start: datetime, months: int) -> datetime:
    """Return the same day and time `months` later, or the first of the month after a short one."""
    years, month = divmod(start.month - 1 + months, _DECEMBER)
    try:
        return start.replace(year=start.year + years, month=month + 1)
    except ValueError:
        years, month = divmod(start.month + months, _DECEMBER)
        return start.replace(year=start.year + years, month=month + 1, day=1)
