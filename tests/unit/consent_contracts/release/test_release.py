from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from consent_contracts.access import AccessLevel
from consent_contracts.decision import Permit
from consent_contracts.health_record import CONFIDENTIALITY
from consent_contracts.release.documents import release
from consent_contracts.release.keyed import ReleaseKey
from consent_contracts.release.permitted import PermittedRecord
from consent_contracts.release.query import RecordQuery
from consent_contracts.release.rules import bundled_rules
from consent_contracts.terms import Effect
from ssi_core.errors import ConsentError, MalformedError
from ssi_core.period import Period
from tests.support.released import (
    FULL,
    INFORMATION,
    KEY,
    LABELLING,
    SAMPLE,
    all_at,
    answer,
    cells_of,
    coding,
    condition,
    observation,
    permit_all,
    query_of,
    record_grant,
)

RESTRICTED = {"security": [coding(CONFIDENTIALITY, "R")]}
WEIGHTS = [observation(number, day=f"2016-0{number + 1}-11") for number in range(9)]


def test_at_full_records_leave_as_they_are() -> None:
    held = [observation(1), condition(1)]

    document = answer(held, FULL)

    assert document.to_json() == {"access": "full", "rules": 1, "records": held}


def test_without_a_grant_nothing_leaves_and_the_manifest_counts_what_did_not() -> None:
    grant = record_grant(all_at(resource_types=frozenset({"Encounter"})))

    document = answer([condition(number) for number in range(20)], FULL, grant)

    assert document.records == ()
    assert document.manifest.to_json() == {
        "released": "fewer than 8",
        "withheld": {
            "not_permitted": {"at_least": 10},
            "no_rule": "fewer than 8",
            "not_selected": "fewer than 8",
        },
    }


@pytest.mark.parametrize("access", [INFORMATION, SAMPLE, FULL])
def test_a_grant_of_a_lower_level_does_not_release_a_higher_one(access: AccessLevel) -> None:
    document = answer([condition(1)], FULL, record_grant(all_at(access)))

    assert bool(document.records) == (access is FULL)


def test_a_record_that_the_grant_withholds_does_not_leave() -> None:
    withheld = all_at(AccessLevel.NONE, labels=frozenset({f"{CONFIDENTIALITY}|R"}))
    held = [condition(1), condition(2, meta=RESTRICTED)]

    document = answer(held, FULL, record_grant(all_at(), withheld))

    assert document.records == (held[0],)


def test_an_objection_to_a_record_keeps_it_back_and_lets_others_go() -> None:
    objection = record_grant(
        all_at(INFORMATION, instances=frozenset({"condition-2"})), effect=Effect.DENY, id="zNo"
    )
    held = [condition(1), condition(2)]

    document = answer(held, FULL, record_grant(), objection)

    assert document.records == (held[0],)


def test_a_permit_that_does_not_give_the_record_cannot_be_used_for_it() -> None:
    grant = record_grant(all_at(SAMPLE))
    permit = Permit((grant,), grant.obligations, grant.limits)

    for access in (FULL, AccessLevel.NONE):
        with pytest.raises(ConsentError):
            PermittedRecord(
                resource=condition(1),
                access=access,
                permit=permit,
                labelling=LABELLING,
                rules=bundled_rules(),
            )


def test_a_permit_by_no_grant_or_by_an_objection_gives_nothing() -> None:
    objection = record_grant(effect=Effect.DENY)

    for grants in ((), (objection,)):
        permit = Permit(grants, objection.obligations, objection.limits)
        with pytest.raises(ConsentError):
            PermittedRecord(
                resource=condition(1),
                access=FULL,
                permit=permit,
                labelling=LABELLING,
                rules=bundled_rules(),
            )


def test_a_record_permitted_at_one_level_is_not_released_at_another() -> None:
    held = [condition(1)]
    permitted = permit_all(held, query_of(held, SAMPLE))

    with pytest.raises(ConsentError):
        release(permitted, query_of(held, FULL), held=held, key=KEY)


def test_a_permitted_record_that_was_not_asked_for_does_not_leave() -> None:
    held = [condition(1), observation(1)]
    permitted = permit_all(held, query_of(held, FULL))

    document = release(permitted, query_of(held[:1], FULL), held=held, key=KEY)

    assert document.records == (held[0],)


def test_at_sample_only_the_last_of_a_series_leaves() -> None:
    document = answer(WEIGHTS, SAMPLE)

    assert [each["effectiveDateTime"] for each in document.records] == ["2016-09"]


def test_the_last_is_the_last_of_what_is_held_and_not_of_what_is_granted() -> None:
    before = all_at(data_period=Period(None, datetime(2016, 6, 15, tzinfo=UTC)))

    document = answer(WEIGHTS, SAMPLE, record_grant(before))

    assert document.records == ()


def test_at_sample_about_half_of_the_immunizations_leave_and_always_the_same() -> None:
    held = [
        {
            "resourceType": "Immunization",
            "id": f"i{number}",
            "status": "completed",
            "occurrenceDateTime": f"20{number % 20:02}-03-04",
        }
        for number in range(100)
    ]

    whole = answer(held, SAMPLE)
    halves = [answer(held, SAMPLE, years=years) for years in ((2000, 2007), (2008, 2019))]

    assert 30 < len(whole.records) < 70
    assert sorted(map(repr, whole.records)) == sorted(
        repr(each) for half in halves for each in half.records
    )


def test_a_cell_with_enough_records_is_described_and_others_are_not() -> None:
    held = [
        *(observation(number, value=60 + number % 5, day="2016-03-04") for number in range(14)),
        *(observation(number, day="2021-03-04") for number in range(20, 24)),
    ]

    document = answer(held, INFORMATION)

    assert document.to_json() == {
        "access": "information",
        "rules": 1,
        "descriptors": {
            "cells": [
                {
                    "type": "Observation",
                    "kind": "body-weight",
                    "from": 2015,
                    "through": 2019,
                    "at_least": 10,
                    "measured": [
                        {
                            "quantity": "body-weight",
                            "unit": "kg",
                            "range": {"from": 50, "to": 75},
                            "distribution": [{"from": 50, "to": 75, "share": "most"}],
                            "trend": "steady",
                        }
                    ],
                }
            ],
            "any_other": "fewer than 8",
        },
    }


@pytest.mark.parametrize(
    ("values", "trend"), [((60, 90), "rising"), ((90, 60), "falling"), ((60, 61), "steady")]
)
def test_a_trend_compares_the_later_half_with_the_earlier(
    values: tuple[int, int], trend: str
) -> None:
    held = [
        observation(number, value=values[number // 10], day=f"201{5 + number // 5}-03-04")
        for number in range(20)
    ]

    (cell,) = cells_of(answer(held, INFORMATION))

    assert cell["measured"][0]["trend"] == trend


def test_a_single_value_that_stands_out_is_not_in_the_range() -> None:
    held = [observation(number, value=60) for number in range(15)]

    (cell,) = cells_of(answer([*held, observation(99, value=240)], INFORMATION))

    assert cell["measured"][0]["range"] == {"from": 50, "to": 75}


def test_fewer_records_than_the_smallest_cell_are_never_described() -> None:
    for number in range(40):
        key = ReleaseKey(bytes([number]) * 32)
        few, enough = (
            answer([observation(each) for each in range(size)], INFORMATION, key=key)
            for size in (4, 8)
        )
        assert cells_of(few) == []
        assert len(cells_of(enough)) == 1


def test_a_count_is_never_more_than_there_is() -> None:
    for size in range(5, 30):
        cells = cells_of(answer([condition(each) for each in range(size)], INFORMATION))
        assert all(size - 20 < cell["at_least"] <= size for cell in cells)


def test_a_record_without_a_time_is_not_described() -> None:
    held = [observation(number, day="once") for number in range(20)]

    assert cells_of(answer(held, INFORMATION)) == []


def test_a_grant_that_ends_within_a_month_gives_nothing_of_it_at_sample() -> None:
    held = [condition(1, day="2016-05-17")]
    margin = timedelta(days=1)

    def left(end: datetime) -> Any:
        return answer(held, SAMPLE, record_grant(all_at(data_period=Period(None, end)))).records

    assert not left(datetime(2016, 5, 30, tzinfo=UTC))
    assert left(datetime(2016, 6, 1, tzinfo=UTC) + margin)


@pytest.mark.parametrize("years", [(2015, 2018), (2016, 2019), (2016, 2016)])
def test_descriptors_of_a_part_of_a_block_are_refused(years: tuple[int, int]) -> None:
    with pytest.raises(MalformedError):
        answer(WEIGHTS, INFORMATION, years=years)


@pytest.mark.parametrize(
    "change",
    [
        {"resource_types": frozenset()},
        {"resource_types": frozenset({"not a type"})},
        {"access": AccessLevel.NONE},
        {"from_year": 2015},
        {"from_year": 2016, "through_year": 2015},
        {"from_year": 1, "through_year": 2015},
    ],
)
def test_a_query_that_asks_for_nothing_sensible_is_refused(change: Any) -> None:
    query: Any = {"resource_types": frozenset({"Observation"}), "access": FULL}
    RecordQuery(**query)

    with pytest.raises(MalformedError):
        RecordQuery(**(query | change))


def test_a_held_record_without_an_id_is_refused() -> None:
    with pytest.raises(MalformedError):
        answer([{"resourceType": "Observation"}], FULL)
