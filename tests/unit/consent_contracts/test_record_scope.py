from typing import Any

import pytest

from consent_contracts.access import AccessLevel
from consent_contracts.health_record import CONFIDENTIALITY, HealthRecord
from consent_contracts.record_scope import (
    Match,
    RecordScope,
    denies_record,
    is_record_scope_within,
    levels_of_record,
)
from ssi_core.errors import MalformedError
from ssi_core.period import Period
from tests.support.consent import AT, SECOND

RECORD: dict[str, Any] = {
    "resource_type": "Observation",
    "id": "1",
    "categories": ["urn:category|laboratory"],
    "codes": [],
    "labels": [f"{CONFIDENTIALITY}|N"],
    "authors": ["Practitioner/7"],
    "care_contexts": ["Encounter/3"],
    "period": {"start": "2026-05-01T08:00:00.250000Z", "end": "2026-05-01T08:00:00.750000Z"},
}
SCOPE: dict[str, Any] = {
    "records": {"codes": ["urn:code|1"], "data_period": {"end": "2026-05-01T08:00:00.500000Z"}},
    "access": "sample",
}


def _scope(access: AccessLevel = AccessLevel.FULL, **conditions: Any) -> RecordScope:
    sets: dict[str, Any] = {name: frozenset(found) for name, found in conditions.items()}
    return RecordScope(access=access, **sets)


def _labels(*codes: str) -> list[str]:
    return [f"{CONFIDENTIALITY}|{code}" for code in codes]


def test_a_record_and_a_scope_are_written_as_they_were_read() -> None:
    assert HealthRecord.parse(RECORD).to_json() == RECORD
    assert RecordScope.parse(SCOPE).to_json() == SCOPE
    assert RecordScope.parse({"records": "all", "access": "full"}) == _scope()


@pytest.mark.parametrize(
    "change",
    [
        {"resource_type": "observation"},
        {"resource_type": None},
        {"id": ""},
        {"codes": ["4548-4"]},
        {"codes": ["urn:code|1", "urn:code|1"]},
        {"labels": "N"},
        {"categories": None},
        {"period": {}},
        {"period": {"start": "2026-05-01"}},
        {"period": {"start": "2026-05-01T08:00:60Z"}},
        {"period": {"start": "2026-05-01T08:00:00+25:00"}},
        {"authors": [f"Practitioner/{number}" for number in range(257)]},
        {"value": 5},
    ],
)
def test_what_is_not_quite_a_record_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        HealthRecord.parse(RECORD | change)


@pytest.mark.parametrize(
    ("label", "given", "withheld"),
    [("L", Match.YES, Match.NO), ("N", Match.YES, Match.YES), ("R", Match.NO, Match.YES)],
)
def test_a_label_reaches_down_where_it_gives_and_up_where_it_withholds(
    label: str, given: Match, withheld: Match
) -> None:
    record = HealthRecord.parse(RECORD | {"labels": _labels(label)})
    normal = _scope(labels=_labels("N"))

    assert normal.match(record, withholding=False) is given
    assert normal.match(record, withholding=True) is withheld


def test_the_highest_label_counts_and_a_strange_one_leaves_it_open() -> None:
    normal = _scope(labels=_labels("N"))
    both, strange = (
        HealthRecord.parse(RECORD | {"labels": _labels("L", other)}) for other in ("V", "HIV")
    )

    assert normal.match(both, withholding=False) is Match.NO
    assert normal.match(strange, withholding=False) is Match.UNKNOWN
    assert normal.match(strange, withholding=True) is Match.UNKNOWN


def test_the_ladder_is_one_of_labels_and_not_of_codes() -> None:
    record = HealthRecord.parse(RECORD | {"codes": _labels("L")})

    assert _scope(codes=_labels("N")).match(record, withholding=False) is Match.NO


def test_knowing_more_about_a_record_matters_only_if_enough_could_come_of_it() -> None:
    record = HealthRecord.parse({"resource_type": "Observation", "id": "1"})
    scope = (
        _scope(AccessLevel.INFORMATION),
        _scope(AccessLevel.SAMPLE, codes=["urn:code|1"]),
    )

    assert levels_of_record(scope, record) == (AccessLevel.INFORMATION, AccessLevel.SAMPLE)


def test_what_may_be_withheld_is_withheld() -> None:
    record = HealthRecord.parse({"resource_type": "Observation", "id": "1"})
    none = _scope(AccessLevel.NONE, codes=["urn:code|1"])

    assert levels_of_record((_scope(), none), record) == (AccessLevel.NONE, AccessLevel.FULL)
    assert levels_of_record((none,), record) == (None, None)
    assert levels_of_record((_scope(), _scope(AccessLevel.NONE)), record) == (
        AccessLevel.NONE,
        AccessLevel.NONE,
    )


def test_what_an_objection_may_spare_it_may_deny() -> None:
    record = HealthRecord.parse({"resource_type": "Observation", "id": "1"})
    spared = _scope(AccessLevel.NONE, authors=["Practitioner/7"])

    assert denies_record((_scope(), spared), record, AccessLevel.FULL) is Match.UNKNOWN
    assert denies_record((_scope(),), record, AccessLevel.SAMPLE) is Match.NO


@pytest.mark.parametrize(
    ("inner", "outer", "is_within"),
    [
        ((_scope(codes=["urn:code|1"]),), (_scope(),), True),
        ((_scope(),), (_scope(codes=["urn:code|1"]),), False),
        ((_scope(AccessLevel.SAMPLE),), (_scope(),), True),
        ((_scope(),), (_scope(AccessLevel.SAMPLE),), False),
        ((_scope(),), (_scope(), _scope(AccessLevel.NONE, codes=["urn:code|1"])), False),
        (
            (_scope(), _scope(AccessLevel.NONE, codes=["urn:code|1", "urn:code|2"])),
            (_scope(), _scope(AccessLevel.NONE, codes=["urn:code|1"])),
            True,
        ),
        ((_scope(AccessLevel.NONE),), (), True),
    ],
)
def test_a_scope_is_within_one_that_plainly_gives_as_much(
    inner: tuple[RecordScope, ...], outer: tuple[RecordScope, ...], *, is_within: bool
) -> None:
    assert is_record_scope_within(inner, outer) is is_within


def test_a_data_period_is_narrowed_by_a_shorter_one() -> None:
    wide = RecordScope(access=AccessLevel.FULL, data_period=Period(AT, None))
    narrow = RecordScope(access=AccessLevel.FULL, data_period=Period(AT, AT + SECOND))

    assert is_record_scope_within((narrow,), (wide,))
    assert not is_record_scope_within((wide,), (narrow,))
