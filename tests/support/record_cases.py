"""Random health records, and scopes that speak of them, over very few words."""

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any, Final

from consent_contracts.access import AccessLevel
from consent_contracts.access_request import RequestedRecord
from consent_contracts.health_record import CONFIDENTIALITY, HealthRecord
from consent_contracts.record_scope import RecordScope
from ssi_core.period import Period
from tests.support.consent import AT
from tests.support.draw import some

LEVELS: Final = (AccessLevel.INFORMATION, AccessLevel.SAMPLE, AccessLevel.FULL)
_DAY: Final = timedelta(days=1)
_TYPES: Final = ("Condition", "Observation")
_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "categories": ("urn:category|laboratory", "urn:category|vital-signs"),
    "codes": ("urn:code|1", "urn:code|2", "urn:code|3"),
    "labels": (
        *(f"{CONFIDENTIALITY}|{code}" for code in "LNRVB"),
        "urn:sensitivity|PSY",
        "urn:sensitivity|HIV",
    ),
    "authors": ("Practitioner/1", "Practitioner/2"),
    "care_contexts": ("Encounter/1", "Encounter/2"),
}
_CONDITIONS: Final = ("resource_types", "instances", "data_period", "data_period", *_WORDS)


def random_health_record(random: Random) -> HealthRecord:
    """Return a record of which one member or another is not known."""
    known: dict[str, Any] = {
        name: some(random, words, least=0, most=2)
        for name, words in _WORDS.items()
        if random.random() < 0.7
    }
    if random.random() < 0.7:
        known["period"] = random_span(random)
    return HealthRecord(
        resource_type=random.choice(_TYPES), id=random.choice(("1", "2", "3")), **known
    )


def random_requested_record(random: Random) -> RequestedRecord:
    """Return one that is asked for."""
    return RequestedRecord(record=random_health_record(random), access=random.choice(LEVELS))


def random_record_scope(random: Random) -> RecordScope:
    """Return up to two conditions, and a level that is mostly high."""
    scope = RecordScope(access=random.choice((*LEVELS, AccessLevel.FULL, AccessLevel.NONE)))
    return replace(scope, **_conditions(random, random.choice((0, 1, 1, 2))))


def narrower_record_scope(random: Random, scope: RecordScope) -> RecordScope:
    """Return conditions that are as narrow or narrower, at that level or a lower one."""
    lower = [level for level in AccessLevel if AccessLevel.NONE < level <= scope.access]
    more = _conditions(random, 1)
    new = {name: value for name, value in more.items() if not getattr(scope, name)}
    fewer = {
        name: some(random, tuple(sorted(getattr(scope, name))))
        for name in (*_WORDS, "resource_types", "instances")
        if len(getattr(scope, name)) > 1
    }
    return replace(scope, access=random.choice(lower), **(random.choice((new, fewer))))


def record_within(random: Random, scope: RecordScope) -> HealthRecord:
    """Return a record that mostly meets the conditions."""
    record = random_health_record(random)
    met: dict[str, Any] = {name: getattr(scope, name) for name in _WORDS if getattr(scope, name)}
    if scope.resource_types:
        met["resource_type"] = random.choice(sorted(scope.resource_types))
    if scope.instances:
        met["id"] = random.choice(sorted(scope.instances))
    if scope.data_period is not None:
        met["period"] = scope.data_period
    return replace(record, **{name: met[name] for name in met if random.random() < 0.9})


def random_span(random: Random) -> Period:
    """Return some days, of which the first or the last may be open."""
    first = random.randrange(3)
    start, end = AT - (4 - first) * _DAY, AT - random.randrange(4 - first) * _DAY
    ends = random.choice(((start, end), (start, end), (start, None), (None, end)))
    return Period(*ends)


def _conditions(random: Random, count: int) -> dict[str, Any]:
    drawn: dict[str, Any] = {}
    for name in random.sample(_CONDITIONS, count):
        match name:
            case "resource_types":
                drawn[name] = some(random, _TYPES)
            case "instances":
                drawn[name] = some(random, ("1", "2"))
            case "data_period":
                drawn[name] = random_span(random)
            case _:
                drawn[name] = some(random, _WORDS[name], most=2)
    return drawn
