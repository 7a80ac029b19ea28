"""The part of a scope that speaks of health records: conditions, and a level for what fits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Any, Final, Self

from consent_contracts.access import AccessLevel
from consent_contracts.health_record import (
    CODED,
    CONFIDENTIALITY,
    HealthRecord,
    parse_span,
    parse_texts,
    render_span,
    require_resource_type,
    require_texts,
)
from consent_contracts.wire import require_known
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import Period
from ssi_core.strict_json import as_object

ALL_RECORDS: Final = "all"

# A condition, and the member of a record that it is about.
_SETS: Final = MappingProxyType(
    {
        "resource_types": "resource_type",
        "instances": "id",
        "categories": "categories",
        "codes": "codes",
        "labels": "labels",
        "authors": "authors",
        "care_contexts": "care_contexts",
    }
)
CONDITIONS: Final = (*_SETS, "data_period")
"""The names of the conditions on records."""
# HL7 Confidentiality, from the least to the most confidential.
_RANKS: Final = MappingProxyType(
    {f"{CONFIDENTIALITY}|{code}": rank for rank, code in enumerate("ULMNRV")}
)


class Match(IntEnum):
    """Whether conditions are met, in rising order: `min` is "and", `max` is "or"."""

    NO = 0
    UNKNOWN = 1
    YES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordScope:
    """Records that meet every condition given here, at one level; without conditions, all records.

    A record meets a set by having one of its elements, and `data_period` by lying in it. A label of
    the HL7 Confidentiality ladder stands for those below it too, as in "normal, and what is less
    confidential"; a record is as confidential as the highest of its labels. At level `none` an item
    takes records out of what its grant gives (or denies). Wherever something is withheld, a label
    stands for those above it, and a record need only touch `data_period`.
    """

    access: AccessLevel
    resource_types: frozenset[str] = frozenset()
    instances: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    authors: frozenset[str] = frozenset()
    care_contexts: frozenset[str] = frozenset()
    data_period: Period | None = None

    def __post_init__(self) -> None:
        for name in _SETS:
            require_texts(getattr(self, name), coded=name in CODED, at=f"/scope/records/{name}")
        for resource_type in self.resource_types:
            require_resource_type(resource_type, at="/scope/records/resource_types")

    @classmethod
    def parse(cls, value: JsonValue, *, at: str = "/scope") -> Self:
        """Read `{"records": "all" | {conditions}, "access"}`; conditions are never empty."""
        source = as_object(value, at=at)
        require_known(source, ("records", "access"), at=at)
        access = AccessLevel.parse(source.get("access"), at=f"{at}/access")
        if source.get("records") == ALL_RECORDS:
            return cls(access=access)
        conditions = as_object(source.get("records"), at=f"{at}/records")
        require_known(conditions, CONDITIONS, at=f"{at}/records")
        if not conditions:
            raise MalformedError("names no condition", at=f"{at}/records")
        span = conditions.get("data_period")
        return cls(
            access=access,
            data_period=None if span is None else parse_span(span, at=f"{at}/records/data_period"),
            **{
                name: _one_or_more(conditions[name], at=f"{at}/records/{name}")
                for name in _SETS
                if name in conditions
            },
        )

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads."""
        conditions: dict[str, JsonValue] = {
            name: sorted(found) for name in _SETS if (found := getattr(self, name))
        }
        if self.data_period is not None:
            conditions["data_period"] = render_span(self.data_period)
        return {"records": conditions or ALL_RECORDS, "access": str(self.access)}

    def match(self, record: HealthRecord, *, withholding: bool) -> Match:
        """Say whether `record` meets every condition, read as giving or as withholding."""
        found = Match.YES
        for name, member in _SETS.items():
            if wanted := getattr(self, name):
                own = getattr(record, member)
                meets = (
                    _has_label(own, wanted, upwards=withholding)
                    if name == "labels"
                    else _has_one(own, wanted)
                )
                found = min(found, meets)
        if self.data_period is not None:
            found = min(found, _lies_in(record.period, self.data_period, touching=withholding))
        return found


def levels_of_record(
    scope: Iterable[RecordScope], record: HealthRecord
) -> tuple[AccessLevel | None, AccessLevel | None]:
    """Return the level at which `scope` surely gives `record`, and the highest that it may give.

    The second is the higher one where knowing more about the record could show that more is given.
    `None` if no item speaks of the record.
    """
    given: AccessLevel | None = None
    possible: AccessLevel | None = None
    withheld = Match.NO
    for item in scope:
        match = item.match(record, withholding=item.access is AccessLevel.NONE)
        if item.access is AccessLevel.NONE:
            withheld = max(withheld, match)
        elif match is not Match.NO:
            possible = max(possible or item.access, item.access)
            if match is Match.YES:
                given = max(given or item.access, item.access)
    if withheld is Match.YES:
        return AccessLevel.NONE, AccessLevel.NONE
    if withheld is Match.UNKNOWN:
        return given and AccessLevel.NONE, possible
    return given, possible


def denies_record(scope: Iterable[RecordScope], record: HealthRecord, access: AccessLevel) -> Match:
    """Say whether the scope of a denial takes `record` away at level `access`.

    An item denies its level and those above; at level `none` it takes records out of the denial.
    """
    denied, spared = Match.NO, Match.NO
    for item in scope:
        if item.access is AccessLevel.NONE:
            spared = max(spared, item.match(record, withholding=False))
        elif item.access <= access:
            denied = max(denied, item.match(record, withholding=True))
    return min(denied, Match(Match.YES - spared))


def is_record_scope_within(inner: Sequence[RecordScope], outer: Sequence[RecordScope]) -> bool:
    """Say whether `outer` plainly gives every record that `inner` gives, at that level or more.

    Plainly: some item of `outer` has no condition that an item of `inner` lacks or widens, and what
    `outer` withholds `inner` withholds too. Scopes that are equal in a less plain way are not seen.
    """
    outer_withheld = [item for item in outer if item.access is AccessLevel.NONE]
    inner_withheld = [item for item in inner if item.access is AccessLevel.NONE]
    kept = all(
        any(_is_narrower(withheld, each) for each in inner_withheld) for withheld in outer_withheld
    )
    giving = [item for item in inner if item.access is not AccessLevel.NONE]
    return (kept or not giving) and all(
        any(each.access >= item.access and _is_narrower(item, each) for each in outer)
        for item in giving
    )


def _is_narrower(one: RecordScope, other: RecordScope) -> bool:
    """Say whether each condition of `other` is one of `one` too, at most as wide."""
    sets = all(
        not (wide := getattr(other, name)) or ((own := getattr(one, name)) and own <= wide)
        for name in _SETS
    )
    spans = other.data_period is None or (
        one.data_period is not None and other.data_period.covers(one.data_period)
    )
    return sets and spans


def _one_or_more(value: JsonValue, *, at: str) -> Any:
    # Any, for mypy does not tell the names of the sets from that of the period.
    found = parse_texts(value, at=at)
    if not found:
        raise MalformedError("must not be empty", at=at)
    return found


def _has_one(found: frozenset[str] | str | None, wanted: frozenset[str]) -> Match:
    if found is None:
        return Match.UNKNOWN
    owned = frozenset({found}) if isinstance(found, str) else found
    return Match.YES if owned & wanted else Match.NO


def _has_label(owned: frozenset[str] | None, wanted: frozenset[str], *, upwards: bool) -> Match:
    if owned is None:
        return Match.UNKNOWN
    if owned & wanted - _RANKS.keys():
        return Match.YES
    ranks = [_RANKS[label] for label in wanted if label in _RANKS]
    if not ranks:
        return Match.NO
    confidential = [label for label in owned if label.startswith(f"{CONFIDENTIALITY}|")]
    if not confidential or not _RANKS.keys() >= set(confidential):
        # How confidential the record is was not said, or not in words that are known here.
        return Match.UNKNOWN
    own = max(_RANKS[label] for label in confidential)
    reached = own >= min(ranks) if upwards else own <= max(ranks)
    return Match.YES if reached else Match.NO


def _lies_in(period: Period | None, wanted: Period, *, touching: bool) -> Match:
    if period is None:
        return Match.UNKNOWN
    if touching:
        before = period.end is not None and wanted.start is not None and period.end <= wanted.start
        after = period.start is not None and wanted.end is not None and period.start >= wanted.end
        return Match.NO if before or after else Match.YES
    return Match.YES if wanted.covers(period) else Match.NO
