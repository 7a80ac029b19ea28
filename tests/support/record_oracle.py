"""Which records a scope gives or takes away, tried out on everything that a record might be.

An answer is `True`, `False`, or `None` where it depends on what is not known about the record.
"""

from collections.abc import Iterable, Iterator
from itertools import combinations

from consent_contracts.access import AccessLevel
from consent_contracts.access_request import RequestedRecord
from consent_contracts.grant import Grant
from consent_contracts.health_record import HealthRecord
from consent_contracts.record_scope import RecordScope
from ssi_core.period import Period

LADDER = [
    f"http://terminology.hl7.org/CodeSystem/v3-Confidentiality|{code}"
    for code in ("U", "L", "M", "N", "R", "V")
]
SETS = ("categories", "codes", "labels", "authors", "care_contexts")
Truth = bool | None


def of_record(grant: Grant, item: object) -> set[str]:
    """Return what the scope of the grant lacks for a record."""
    assert isinstance(item, RequestedRecord)
    gives = [each for each in grant.records if each.access is not AccessLevel.NONE]
    takes = [each for each in grant.records if each.access is AccessLevel.NONE]
    given = _any(_meets(item.record, each) for each in gives if each.access >= item.access)
    withheld = _any(_meets(item.record, each, withheld=True) for each in takes)
    answer = _and(given, _not(withheld))
    if answer is True:
        return set()
    if answer is None:
        return {"record_unknown"}
    spoken_of = withheld is True or _any(_meets(item.record, each) for each in gives) is True
    return {"access_level_exceeded" if spoken_of else "beyond_scope"}


def denies(grant: Grant, item: object) -> Truth:
    """Say whether the scope of an objection takes a record away."""
    assert isinstance(item, RequestedRecord)
    denied = _any(
        _meets(item.record, each, withheld=True)
        for each in grant.records
        if AccessLevel.NONE < each.access <= item.access
    )
    spared = _any(
        _meets(item.record, each) for each in grant.records if each.access is AccessLevel.NONE
    )
    return _and(denied, _not(spared))


def _meets(record: HealthRecord, scope: RecordScope, *, withheld: bool = False) -> Truth:
    found: Truth = True
    if scope.resource_types:
        found = _and(found, record.resource_type in scope.resource_types)
    if scope.instances:
        found = _and(found, record.id in scope.instances)
    for name in SETS:
        wanted, own = getattr(scope, name), getattr(record, name)
        if wanted:
            could_be = {_has_one(each, wanted, withheld) for each in _possible(own, wanted, name)}
            found = _and(found, could_be.pop() if len(could_be) == 1 else None)
    if scope.data_period is not None:
        found = _and(found, _in_time(record.period, scope.data_period, touching=withheld))
    return found


def _possible(own: frozenset[str] | None, wanted: Iterable[str], name: str) -> Iterator[set[str]]:
    """Yield every set that `own` could be, as far as `wanted` can tell them apart."""
    if own is None:
        for count in range(len(set(wanted)) + 1):
            for chosen in combinations(sorted(wanted), count):
                yield from _possible(frozenset(chosen), wanted, name)
        return
    system = LADDER[0].split("|")[0]
    said = [label for label in own if label.split("|")[0] == system]
    if name != "labels" or (said and all(label in LADDER for label in said)):
        yield set(own)
        return
    # It has some place on the ladder, and we do not know which, or a label beside the ladder.
    for places in [*({label} for label in LADDER), set[str]()]:
        yield {each for each in own if each not in LADDER} | places


def _has_one(own: set[str], wanted: Iterable[str], withheld: bool) -> bool:  # noqa: FBT001
    places = [LADDER.index(label) for label in own if label in LADDER]
    for label in wanted:
        if label in LADDER and places:
            place = LADDER.index(label)
            if max(places) >= place if withheld else max(places) <= place:
                return True
        elif label in own:
            return True
    return False


def _in_time(period: Period | None, wanted: Period, *, touching: bool) -> Truth:
    if period is None:
        return None
    first, last = _bounds(period)
    begin, end = _bounds(wanted)
    if touching:
        return first < end and begin < last
    return begin <= first and last <= end


def _bounds(period: Period) -> tuple[float, float]:
    return (
        float("-inf") if period.start is None else period.start.timestamp(),
        float("inf") if period.end is None else period.end.timestamp(),
    )


def _any(truths: Iterable[Truth]) -> Truth:
    found = list(truths)
    return True if True in found else None if None in found else False


def _and(one: Truth, other: Truth) -> Truth:
    return False if False in (one, other) else None if None in (one, other) else True


def _not(truth: Truth) -> Truth:
    return None if truth is None else not truth
