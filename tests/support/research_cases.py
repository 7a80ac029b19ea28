"""Random terms of data use, and uses that keep most of them."""

from datetime import timedelta
from random import Random
from typing import Any, Final

from consent_contracts.data_use import DataUseTerm
from consent_contracts.duo import DataUse, TermKind, Values
from consent_contracts.research_use import ResearchKind, ResearchUse
from tests.support.consent import AT
from tests.support.draw import some

_HOUR: Final = timedelta(hours=1)
_PERMISSIONS: Final = [each for each in DataUse if each.kind is TermKind.PERMISSION]
_MODIFIERS: Final = [each for each in DataUse if each.kind is TermKind.MODIFIER]
_NAMED: Final = {
    DataUse.DS: "diseases",
    DataUse.RS: "types",
    DataUse.GS: "regions",
    DataUse.US: "users",
    DataUse.PS: "project",
    DataUse.IS: "institution",
}


def random_terms(random: Random) -> tuple[DataUseTerm, ...]:
    """Return one permission and up to three modifiers."""
    named = [random.choice(_PERMISSIONS), *some(random, _MODIFIERS, least=0, most=3)]
    return tuple(random_term(random, term) for term in sorted(named))


def random_term(random: Random, term: DataUse) -> DataUseTerm:
    """Return a term with what has to stand beside it."""
    match term.values:
        case Values.TEXTS:
            return DataUseTerm(term=term, texts=some(random, ("A", "B", "C"), most=2))
        case Values.MONTHS:
            return DataUseTerm(term=term, months=random.choice((1, 2, 12)))
        case Values.MOMENT:
            return DataUseTerm(term=term, moment=AT + random.choice((-1, 0, 1)) * _HOUR)
        case Values.NOTHING:
            return DataUseTerm(term=term)


def random_use(random: Random) -> ResearchUse:
    """Return a use of any kind, of which much is not said."""
    said: dict[str, Any] = {
        name: some(random, ("A", "B", "C"), least=0, most=2)
        for name in ("diseases", "types", "regions", "users")
    }
    said |= {
        name: random.choice((None, True, False))
        for name in (
            "for_profit_organisation",
            "commercial_use",
            "publishes",
            "collaborates",
            "returns_results",
        )
    }
    said |= {
        name: random.choice((None, "A", "B", "C"))
        for name in ("ethics_approval", "institution", "project")
    }
    if random.random() < 0.3:
        said["publishes_from"] = AT + random.choice((-1, 0, 1)) * _HOUR
    return ResearchUse(kinds=some(random, tuple(ResearchKind), most=2), **said)


def keeping(random: Random, terms: tuple[DataUseTerm, ...]) -> ResearchUse:
    """Return a use that keeps `terms` as far as they can be kept together, or all but one."""
    names = {each.term for each in terms}
    said: dict[str, Any] = {
        "for_profit_organisation": False,
        "commercial_use": False,
        "publishes": True,
        "publishes_from": AT + 2 * _HOUR,
        "collaborates": True,
        "returns_results": True,
        "ethics_approval": "A",
    }
    for each in terms:
        if (member := _NAMED.get(each.term)) is not None:
            text = random.choice(sorted(each.texts))
            said[member] = text if member in ("project", "institution") else frozenset({text})
    if random.random() < 0.3:
        said.pop(random.choice(sorted(said)))
    kinds = {ResearchKind.ANCESTRY if DataUse.POA in names else ResearchKind.HEALTH}
    if DataUse.GSO in names:
        kinds.add(ResearchKind.GENETIC)
    if DataUse.CC in names and random.random() < 0.5:
        kinds.add(ResearchKind.CLINICAL_CARE)
    return ResearchUse(kinds=frozenset(kinds), **said)
