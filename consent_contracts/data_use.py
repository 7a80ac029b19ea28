"""Terms of data use in a grant for research, and whether a use keeps them."""

from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime
from types import MappingProxyType
from typing import Final, Self

from consent_contracts.duo import DataUse, TermKind, Values
from consent_contracts.health_record import parse_texts, require_texts
from consent_contracts.research_use import ResearchKind, ResearchUse
from consent_contracts.wire import as_list, as_moment, require_known, require_whole_seconds
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import to_timestamp
from ssi_core.strict_json import as_integer, as_object

__all__ = [
    "DataUseTerm",
    "ResearchKind",
    "ResearchUse",
    "broken_terms",
    "parse_data_use",
    "require_data_use",
]

_MAX_MONTHS: Final = 120
_DECEMBER: Final = 12
_CARE: Final = frozenset({ResearchKind.CLINICAL_CARE})
# What only a permission for any research, or for ancestry, includes.
_NOT_MEDICAL: Final = frozenset({ResearchKind.ANCESTRY, ResearchKind.OTHER})


@dataclass(frozen=True, slots=True, kw_only=True)
class DataUseTerm:
    """One DUO term, with what has to stand beside it and nothing else."""

    term: DataUse
    texts: frozenset[str] = frozenset()
    months: int | None = None
    moment: datetime | None = None

    def __post_init__(self) -> None:
        at = "/terms/data_use"
        if self.term.kind is TermKind.ABSTRACT:
            raise MalformedError("a DUO term that only stands above others says nothing", at=at)
        given = (bool(self.texts), self.months is not None, self.moment is not None)
        kinds = (Values.TEXTS, Values.MONTHS, Values.MOMENT)
        if given != tuple(self.term.values is kind for kind in kinds):
            raise MalformedError("a term stands with what it needs, and nothing else", at=at)
        require_texts(self.texts, coded=False, at=f"{at}/texts")
        if self.months is not None and not 1 <= self.months <= _MAX_MONTHS:
            raise MalformedError("must be between 1 and 120", at=f"{at}/months")
        if self.moment is not None:
            require_whole_seconds(self.moment, at=f"{at}/moment")

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
    if use.kinds & _CARE and not named & {DataUse.CC, DataUse.NRES}:
        broken.add(DataUse.CC)
    return frozenset(broken)


def _keeps(use: ResearchUse, term: DataUseTerm, *, start: datetime | None, at: datetime) -> bool:
    if (holds := _RULES.get(term.term)) is not None:
        return holds(use)
    if (named := _NAMED.get(term.term)) is not None:
        found = named(use)
        medical = term.term is not DataUse.DS or not use.kinds & _NOT_MEDICAL
        return medical and bool(found) and found <= term.texts
    if term.term is DataUse.MOR and term.moment is not None:
        if use.publishes_from is None:
            return use.publishes is False
        return use.publishes_from >= term.moment
    if term.term is DataUse.TS and term.months is not None:
        return start is not None and at < _months_after(start, term.months)
    return False


_RULES: Final[Mapping[DataUse, Callable[[ResearchUse], bool]]] = MappingProxyType(
    {
        DataUse.NRES: lambda _: True,
        DataUse.GRU: lambda _: True,
        DataUse.HMB: lambda use: ResearchKind.HEALTH in use.kinds and not use.kinds & _NOT_MEDICAL,
        DataUse.POA: lambda use: use.kinds - _CARE == {ResearchKind.ANCESTRY},
        DataUse.NPOA: lambda use: ResearchKind.ANCESTRY not in use.kinds,
        DataUse.NMDS: lambda use: ResearchKind.METHODS not in use.kinds,
        DataUse.GSO: lambda use: ResearchKind.GENETIC in use.kinds,
        DataUse.CC: lambda _: True,
        DataUse.NPU: lambda use: use.for_profit_organisation is False,
        DataUse.NCU: lambda use: use.commercial_use is False,
        DataUse.NPUNCU: lambda use: (
            use.for_profit_organisation is False and use.commercial_use is False
        ),
        DataUse.PUB: lambda use: use.publishes is True,
        DataUse.COL: lambda use: use.collaborates is True,
        DataUse.RTN: lambda use: use.returns_results is True,
        DataUse.IRB: lambda use: use.ethics_approval is not None,
    }
)
_NAMED: Final[Mapping[DataUse, Callable[[ResearchUse], frozenset[str]]]] = MappingProxyType(
    {
        DataUse.DS: lambda use: use.diseases,
        DataUse.RS: lambda use: use.types,
        DataUse.GS: lambda use: use.regions,
        DataUse.US: lambda use: use.users,
        DataUse.PS: lambda use: _one(use.project),
        DataUse.IS: lambda use: _one(use.institution),
    }
)


def _one(text: str | None) -> frozenset[str]:
    return frozenset() if text is None else frozenset({text})


def _months_after(start: datetime, months: int) -> datetime:
    """Return the same day and time `months` later in UTC, or the last day of a month too short."""
    utc = start.astimezone(UTC)
    years, month = divmod(utc.month - 1 + months, _DECEMBER)
    year = utc.year + years
    if year > MAXYEAR:
        return datetime.max.replace(tzinfo=UTC)
    return utc.replace(year=year, month=month + 1, day=min(utc.day, monthrange(year, month + 1)[1]))
