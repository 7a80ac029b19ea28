"""DUO profiles as others write them: what a dataset allows, and what a researcher wants to do.

Both are a list of DUO terms, each a CURIE (`DUO:0000006`), its OBO IRI, or an object with the
values that stand beside it, `{"id", "restrictions": [{"type", "values": [{"id" | "value"}]}]}`: the
form that access systems such as REMS exchange. DUO itself prescribes no JSON. docs/reference/
data-use.md has the terms.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from consent_contracts.data_use import DataUseTerm, broken_terms, require_data_use
from consent_contracts.duo import DataUse, TermKind, Values
from consent_contracts.refusal import Refusal
from consent_contracts.research_use import ResearchKind, ResearchUse
from consent_contracts.wire import as_list, require_known
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import from_rfc3339
from ssi_core.strict_json import as_object, as_text

OBO: Final = "http://purl.obolibrary.org/obo/"

_MEMBERS: Final = ("id", "shorthand", "label", "description", "restrictions")
# What the values beside a term are called.
_RESTRICTIONS: Final[Mapping[DataUse, str]] = MappingProxyType(
    {
        DataUse.DS: "mondo",
        DataUse.RS: "topic",
        DataUse.GS: "location",
        DataUse.MOR: "date",
        DataUse.TS: "months",
        DataUse.US: "users",
        DataUse.PS: "project",
        DataUse.IS: "institute",
        # Says that an approval exists, in what a researcher states; a dataset only asks for one.
        DataUse.IRB: "approval",
    }
)
_PLEDGES: Final[Mapping[DataUse, Mapping[str, object]]] = MappingProxyType(
    {
        DataUse.NPU: {"for_profit_organisation": False},
        DataUse.NCU: {"commercial_use": False},
        DataUse.NPUNCU: {"for_profit_organisation": False, "commercial_use": False},
        DataUse.PUB: {"publishes": True},
        DataUse.COL: {"collaborates": True},
        DataUse.RTN: {"returns_results": True},
    }
)
_SETS: Final[Mapping[DataUse, str]] = MappingProxyType(
    {
        DataUse.DS: "diseases",
        DataUse.RS: "types",
        DataUse.GS: "regions",
        DataUse.US: "users",
    }
)
_SINGLE: Final[Mapping[DataUse, str]] = MappingProxyType(
    {
        DataUse.PS: "project",
        DataUse.IS: "institution",
        DataUse.IRB: "ethics_approval",
    }
)
_ANY: Final = frozenset({ResearchKind.HEALTH, ResearchKind.ANCESTRY, ResearchKind.OTHER})
# A researcher who does not promise otherwise may develop methods: only a study of ancestry alone
# is nothing else.
_KINDS: Final[Mapping[DataUse, frozenset[ResearchKind]]] = MappingProxyType(
    {
        DataUse.NRES: frozenset({*_ANY, ResearchKind.METHODS, ResearchKind.CLINICAL_CARE}),
        DataUse.GRU: frozenset({*_ANY, ResearchKind.METHODS}),
        DataUse.HMB: frozenset({ResearchKind.HEALTH, ResearchKind.METHODS}),
        DataUse.DS: frozenset({ResearchKind.HEALTH, ResearchKind.METHODS}),
        DataUse.POA: frozenset({ResearchKind.ANCESTRY}),
    }
)


@dataclass(frozen=True, slots=True)
class TermMatch:
    """Whether a use keeps one term; `broken` is the reason that a decision would name."""

    term: DataUse
    broken: Refusal | None

    @property
    def explanation(self) -> str:
        """One sentence for a person."""
        if self.broken is None:
            return f"The use keeps {self.term.value} ({self.term.shorthand})."
        return self.broken.explanation


def dataset_terms(annotations: JsonValue, *, at: str = "/duo") -> tuple[DataUseTerm, ...]:
    """Return the terms of data use that a dataset's DUO annotations state, in order of their ids.

    `MalformedError` for a term that is unknown, abstract or there twice, that lacks its values or
    has any it cannot have, and unless exactly one term is a permission.
    """
    terms = [
        _term(term, texts, at=pointer) for term, texts, pointer in _statements(annotations, at=at)
    ]
    return require_data_use(tuple(sorted(terms, key=lambda each: each.term)), at=at)


def research_use(statements: JsonValue, *, at: str = "/duo") -> ResearchUse:
    """Return the use that a researcher's own DUO terms describe, to be held against a dataset's.

    A permission says what the research is, a modifier what it promises. Nothing is taken to be
    promised: without NMDS it may develop methods. TS is refused, since a use has no length here.
    """
    stated = {term: (texts, place) for term, texts, place in _statements(statements, at=at)}
    permissions = [term for term in stated if term.kind is TermKind.PERMISSION]
    if len(permissions) != 1:
        raise MalformedError("has one permission", at=at)
    members: dict[str, object] = {}
    for term, (texts, place) in stated.items():
        members.update(_PLEDGES.get(term, {}))
        members.update(_stated(term, texts, at=place))
    return ResearchUse(
        kinds=_kinds(permissions[0], frozenset(stated)),
        **members,  # type: ignore[arg-type]
    )


def match(
    terms: tuple[DataUseTerm, ...], use: ResearchUse, *, start: datetime, at: datetime
) -> tuple[TermMatch, ...]:
    """Say of each term whether `use` keeps it; `start` is when the data began to be given.

    DUO:0000043 is among the answers, broken, where care is wanted and nothing allows it.
    """
    broken = broken_terms(terms, use, start=start, at=at)
    every = sorted({each.term for each in terms} | broken)
    return tuple(TermMatch(term, _refusal(term) if term in broken else None) for term in every)


def _refusal(term: DataUse) -> Refusal:
    return Refusal(f"data_use_{term.shorthand.lower()}")


def _kinds(permission: DataUse, stated: frozenset[DataUse]) -> frozenset[ResearchKind]:
    kinds = set(_KINDS[permission])
    if DataUse.NMDS in stated:
        kinds.discard(ResearchKind.METHODS)
    if DataUse.NPOA in stated:
        kinds.discard(ResearchKind.ANCESTRY)
    if DataUse.GSO in stated:
        kinds.add(ResearchKind.GENETIC)
    if DataUse.CC in stated:
        kinds.add(ResearchKind.CLINICAL_CARE)
    return frozenset(kinds)


def _stated(term: DataUse, texts: frozenset[str], *, at: str) -> dict[str, object]:
    if term is DataUse.TS:
        raise MalformedError("a use has no length here", at=at)
    if term is DataUse.MOR:
        return {"publishes_from": _day(_only(texts, at=at), at=at)}
    if term in _SINGLE:
        return {_SINGLE[term]: _only(texts, at=at)}
    if term in _SETS:
        return {_SETS[term]: _some(texts, at=at)}
    return {}


def _term(term: DataUse, texts: frozenset[str], *, at: str) -> DataUseTerm:
    match term.values:
        case Values.TEXTS:
            return DataUseTerm(term=term, texts=_some(texts, at=at))
        case Values.MONTHS:
            months = _only(texts, at=at)
            if not (months.isascii() and months.isdigit()) or len(months) > len("120"):
                raise MalformedError("must be a number of months", at=at)
            return DataUseTerm(term=term, months=int(months))
        case Values.MOMENT:
            return DataUseTerm(term=term, moment=_day(_only(texts, at=at), at=at))
        case Values.NOTHING:
            if texts:
                raise MalformedError("nothing can stand beside this term", at=at)
            return DataUseTerm(term=term)


def _statements(value: JsonValue, *, at: str) -> list[tuple[DataUse, frozenset[str], str]]:
    found = [(*_statement(item, at=pointer), pointer) for item, pointer in as_list(value, at=at)]
    if len({term for term, _, _ in found}) != len(found):
        raise MalformedError("a term stands here twice", at=at)
    return found


def _statement(value: JsonValue, *, at: str) -> tuple[DataUse, frozenset[str]]:
    if isinstance(value, str):
        return _parse_id(value, at=at), frozenset()
    source = as_object(value, at=at)
    require_known(source, _MEMBERS, at=at)
    term = _parse_id(source.get("id"), at=f"{at}/id")
    if source.get("restrictions", []) == []:
        return term, frozenset()
    restrictions = as_list(source["restrictions"], at=f"{at}/restrictions")
    if len(restrictions) != 1:
        raise MalformedError("a term has one kind of restriction", at=f"{at}/restrictions")
    return term, _values(term, *restrictions[0])


def _parse_id(value: JsonValue, *, at: str) -> DataUse:
    text = as_text(value, at=at)
    if text.startswith(OBO):
        text = text.removeprefix(OBO).replace("_", ":", 1)
    return DataUse.parse(text, at=at)


def _values(term: DataUse, value: JsonValue, at: str) -> frozenset[str]:
    source = as_object(value, at=at)
    require_known(source, ("type", "values"), at=at)
    if term not in _RESTRICTIONS or source.get("type") != _RESTRICTIONS[term]:
        raise MalformedError("not the kind of restriction that this term has", at=f"{at}/type")
    items = as_list(source.get("values"), at=f"{at}/values")
    texts = [_value(item, at=pointer) for item, pointer in items]
    if len(set(texts)) != len(texts):
        raise MalformedError("an element stands here twice", at=f"{at}/values")
    return frozenset(texts)


def _value(value: JsonValue, *, at: str) -> str:
    if isinstance(value, str):
        return value
    source: JsonObject = as_object(value, at=at)
    require_known(source, ("id", "value", "label"), at=at)
    if ("id" in source) == ("value" in source):
        raise MalformedError("has an id or a value", at=at)
    return as_text(source.get("id", source.get("value")), at=at)


def _some(texts: frozenset[str], *, at: str) -> frozenset[str]:
    if not texts:
        raise MalformedError("this term needs values beside it", at=at)
    return texts


def _only(texts: frozenset[str], *, at: str) -> str:
    if len(texts) != 1:
        raise MalformedError("this term needs exactly one value beside it", at=at)
    return next(iter(texts))


def _day(text: str, *, at: str) -> datetime:
    """Return the moment that a text names: a date-time, or the beginning of a day in UTC."""
    try:
        whole_day = date.fromisoformat(text).isoformat() == text
    except ValueError:
        whole_day = False
    return from_rfc3339(f"{text}T00:00:00Z" if whole_day else text, at=at)
