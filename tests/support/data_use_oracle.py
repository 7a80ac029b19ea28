"""Which DUO terms a research use breaks, term by term as the ontology describes them."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from consent_contracts.data_use import DataUseTerm
from consent_contracts.grant import Grant
from consent_contracts.research_use import ResearchUse
from ssi_core.json_types import JsonObject
from ssi_core.period import to_timestamp

# What a use must say in so many words.
_SAYS = {
    "NPU": {"for_profit_organisation": False},
    "NCU": {"commercial_use": False},
    "NPUNCU": {"for_profit_organisation": False, "commercial_use": False},
    "PUB": {"publishes": True},
    "COL": {"collaborates": True},
    "RTN": {"returns_results": True},
}
# What must be one of those that stand beside the term.
_NAMES = {
    "DS": "diseases",
    "RS": "types",
    "GS": "regions",
    "US": "users",
    "PS": "project",
    "IS": "institution",
}
# Kinds of which there must be one, and kinds of which there may be none.
_KINDS: dict[str, tuple[set[str], set[str]]] = {
    "HMB": ({"health"}, {"ancestry", "other"}),
    "DS": (set(), {"ancestry", "other"}),
    "POA": ({"ancestry"}, {"health", "methods", "genetic", "other"}),
    "NPOA": (set(), {"ancestry"}),
    "NMDS": (set(), {"methods"}),
    "GSO": ({"genetic"}, set()),
}


def of_data_use(grant: Grant, use: ResearchUse | None, at: datetime) -> Iterator[str]:
    """Yield a refusal for every term of the grant that the use breaks."""
    if use is None:
        yield "research_not_described"
        return
    said = use.to_json()
    names = {each.term.shorthand for each in grant.data_use}
    for each in grant.data_use:
        if not _keeps(each, said, grant, at):
            yield f"data_use_{each.term.shorthand.lower()}"
    if "clinical_care" in _list(said["kinds"]) and "CC" not in names and "NRES" not in names:
        yield "data_use_cc"


def _keeps(term: DataUseTerm, said: JsonObject, grant: Grant, at: datetime) -> bool:
    name, kinds = term.term.shorthand, set(_list(said["kinds"]))
    needed, forbidden = _KINDS.get(name, (set(), set()))
    if (needed and not needed & kinds) or forbidden & kinds:
        return False
    if any(said.get(key) is not value for key, value in _SAYS.get(name, {}).items()):
        return False
    if name in _NAMES:
        found = _list(said.get(_NAMES[name], []))
        return found != [] and all(each in term.texts for each in found)
    if name == "MOR":
        assert term.moment is not None
        waits_for = said.get("publishes_from", None if said.get("publishes") is False else 0)
        return waits_for is None or int(str(waits_for)) >= to_timestamp(term.moment)
    if name == "TS":
        assert grant.period.start is not None
        return _months_between(grant.period.start, at) < (term.months or 0)
    return name != "IRB" or "ethics_approval" in said


def _months_between(start: datetime, at: datetime) -> int:
    """Count the months that are over, day by day; the cases begin on days that every month has."""
    assert start.day <= 28
    months, day = 0, start + timedelta(days=1)
    while day <= at:
        months += day.day == start.day
        day += timedelta(days=1)
    return months


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else [value]
