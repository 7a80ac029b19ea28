"""Attempts to find out, from many answers put together, what one answer does not tell."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from consent_contracts.access import AccessLevel
from consent_contracts.release.keyed import ReleaseKey
from ssi_core.period import Period
from tests.support.released import (
    INFORMATION,
    SAMPLE,
    all_at,
    answer,
    cells_of,
    condition,
    observation,
    record_grant,
    records_of,
)

NOISES = range(4)
CELL = ("cell", "Condition", "circulatory-disease", "2015")


def test_asking_again_or_under_another_grant_brings_the_same_values() -> None:
    held = [observation(1, value=70.2)]
    grants = [
        record_grant(id="z1"),
        record_grant(all_at(SAMPLE), id="z2"),
        record_grant(all_at(instances=frozenset({"weight-1"})), id="z3"),
        record_grant(all_at(data_period=Period(datetime(2010, 1, 1, tzinfo=UTC), None)), id="z4"),
    ]

    answers = [answer(held, SAMPLE, grant).records for grant in grants for _ in range(3)]

    assert len(answers[0]) == 1
    assert answers == [answers[0]] * 12


def test_windows_that_overlap_give_together_what_one_gives() -> None:
    held = [
        *(observation(number, day=f"20{10 + number // 3}-05-17") for number in range(30)),
        *(condition(number, day=f"20{10 + number // 2}-02-11") for number in range(20)),
    ]
    whole = answer(held, SAMPLE, years=(2010, 2019)).records

    for first in range(2010, 2020):
        for last in range(first, 2020):
            assert set(map(repr, answer(held, SAMPLE, years=(first, last)).records)) <= set(
                map(repr, whole)
            )


def test_blocks_put_together_are_described_as_the_whole() -> None:
    held = [condition(number, day=f"20{number // 2:02}-02-11") for number in range(40)]

    whole = cells_of(answer(held, INFORMATION))
    blocks = [
        cells_of(answer(held, INFORMATION, years=(first, first + 4)))
        for first in range(2000, 2020, 5)
    ]
    overlapping = cells_of(answer(held, INFORMATION, years=(2005, 2014)))

    assert whole == [cell for block in blocks for cell in block]
    assert overlapping == [*blocks[1], *blocks[2]]


@pytest.mark.parametrize(
    ("access", "first", "days"),
    [
        (SAMPLE, datetime(2016, 5, 3, tzinfo=UTC), 27),
        (INFORMATION, datetime(2016, 1, 1, tzinfo=UTC), 1400),
    ],
)
def test_moving_the_end_of_a_grant_does_not_find_the_day(
    access: AccessLevel, first: datetime, days: int
) -> None:
    held = [condition(number, day="2016-05-17") for number in range(12)]

    ends = [first + timedelta(days=day) for day in range(0, days, max(1, days // 28))]
    until = {repr(answer(held, access, _until(end)).to_json()) for end in ends}
    since = {repr(answer(held, access, _since(end)).to_json()) for end in ends}

    assert len(until) == 1
    assert len(since) == 1


def test_leaving_records_out_one_by_one_does_not_count_them() -> None:
    sizes = [20 + noise for noise in NOISES]

    seen = [
        list(_as_records_are_left_out(size, _key_that_leaves_out(noise)))
        for noise, size in zip(NOISES, sizes, strict=True)
    ]

    # Of 20 records none is left out, of 21 one, and so on: the same answers to every question.
    assert len(seen[0]) == 17
    assert all(each == seen[0] for each in seen)
    assert len({str(each) for each in seen[0]}) > 2


def test_a_cell_that_begins_to_be_described_does_not_tell_how_many_it_holds() -> None:
    begins = {
        size
        for noise in NOISES
        for size in range(3, 12)
        if _is_described(size, noise) and not _is_described(size - 1, noise)
    }

    assert begins == {5, 6, 7, 8}


@pytest.mark.parametrize("access", [INFORMATION, SAMPLE], ids=str)
def test_people_who_differ_in_what_a_level_hides_get_the_same_answers(access: AccessLevel) -> None:
    one = [
        observation(number, value=68.0 + number / 100, day=f"2016-05-{number + 10}")
        for number in range(16)
    ]
    other = [
        each
        | {
            "valueQuantity": each["valueQuantity"] | {"value": 68.003 + number / 90},
            "effectiveDateTime": f"2016-05-{number + 11}T23:59:00+01:00",
            "note": [{"text": "something else"}],
            "subject": {"reference": "Patient/other"},
            "valueString": "other",
        }
        for number, each in enumerate(one)
    ]

    for years in (None, (2015, 2019), (2010, 2019), (2020, 2024)):
        answers = [answer(each, access, years=years).to_json() for each in (one, other)]
        assert answers[0] == answers[1]


def test_a_series_of_answers_about_new_records_tells_no_value_below_the_grid() -> None:
    held: list[Any] = []
    values = set()
    for number in range(20):
        held.append(observation(number, value=70 + number / 10, day=f"2016-05-{number + 10}"))
        (left,) = records_of(answer(held, SAMPLE))
        values.add(left["valueQuantity"]["value"])

    # Twenty values that rise by 1.9 kg lie on one or two points of the grid.
    assert len(values) <= 2


def _until(end: datetime) -> Any:
    return record_grant(all_at(data_period=Period(None, end)))


def _since(start: datetime) -> Any:
    return record_grant(all_at(data_period=Period(start, None)))


def _as_records_are_left_out(size: int, key: ReleaseKey) -> Iterator[Any]:
    """Yield what is seen as a grant leaves out one record more each time, of 20 or of `size`."""
    held = [condition(number) for number in range(size)]
    for number in range(17):
        left_out = frozenset(f"condition-{each}" for each in range(number))
        withheld = [all_at(AccessLevel.NONE, instances=left_out)] if left_out else []
        yield cells_of(answer(held, INFORMATION, record_grant(all_at(), *withheld), key=key))


def _is_described(size: int, noise: int) -> bool:
    held = [condition(number) for number in range(size)]
    return bool(cells_of(answer(held, INFORMATION, key=_key_that_leaves_out(noise))))


def _key_that_leaves_out(records: int) -> ReleaseKey:
    keys = (ReleaseKey(bytes([number]) * 32) for number in range(256))
    return next(key for key in keys if key.number(*CELL, below=len(NOISES)) == records)
