from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from consent_contracts.data_use import DataUseTerm, broken_terms, parse_data_use
from consent_contracts.duo import DataUse
from consent_contracts.research_use import ResearchKind, ResearchUse
from ssi_core.errors import MalformedError
from tests.support.consent import AT, SECOND

HEALTH = ResearchUse(kinds=frozenset({ResearchKind.HEALTH}))
GRU = DataUseTerm(term=DataUse.GRU)


def _months(months: int) -> tuple[DataUseTerm, ...]:
    return (GRU, DataUseTerm(term=DataUse.TS, months=months))


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2026-01-31T12:00:00+00:00", 1, "2026-02-28T12:00:00+00:00"),
        ("2028-01-31T12:00:00+00:00", 1, "2028-02-29T12:00:00+00:00"),
        ("2026-12-15T00:00:00+00:00", 1, "2027-01-15T00:00:00+00:00"),
        ("2026-01-01T00:00:00+00:00", 120, "2036-01-01T00:00:00+00:00"),
        # The first of February in Apia is still the last of January in UTC.
        ("2026-02-01T00:30:00+13:00", 1, "2026-02-28T11:30:00+00:00"),
    ],
)
def test_months_are_counted_in_utc_to_the_same_day_or_the_last(
    start: str, months: int, end: str
) -> None:
    begins, ends = datetime.fromisoformat(start), datetime.fromisoformat(end)

    before = broken_terms(_months(months), HEALTH, start=begins, at=ends - SECOND)
    after = broken_terms(_months(months), HEALTH, start=begins, at=ends)

    assert before == frozenset()
    assert after == {DataUse.TS}


def test_months_that_lead_beyond_the_end_of_time_are_not_over() -> None:
    start = datetime(9999, 12, 1, tzinfo=UTC)

    assert broken_terms(_months(12), HEALTH, start=start, at=start + SECOND) == frozenset()


def test_a_moratorium_is_not_kept_by_saying_both_that_nothing_is_published_and_when() -> None:
    terms = (GRU, DataUseTerm(term=DataUse.MOR, moment=AT))
    kinds = HEALTH.kinds
    contradictory = ResearchUse(kinds=kinds, publishes=False, publishes_from=AT - SECOND)

    assert broken_terms(terms, contradictory, start=AT, at=AT) == {DataUse.MOR}


@pytest.mark.parametrize("term", [DataUse.PERMISSION, DataUse.MODIFIER])
def test_a_term_that_only_stands_above_others_cannot_be_made(term: DataUse) -> None:
    with pytest.raises(MalformedError):
        DataUseTerm(term=term)


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        [{"term": "DUO:0000021"}],
        [{"term": "DUO:0000004"}, {"term": "DUO:0000042"}],
        [{"term": "DUO:0000042"}, {"term": "DUO:0000021"}, {"term": "DUO:0000021"}],
        [{"term": "DUO:0000042"}, {"term": "DUO:0000025", "months": 0}],
        [{"term": "DUO:0000042"}, {"term": "DUO:0000025", "months": 121}],
        [{"term": "DUO:0000042"}, {"term": "DUO:0000025", "months": 2.5}],
        [{"term": "DUO:0000042"}, {"term": "DUO:0000024"}],
        [{"term": "DUO:0000042", "texts": ["A"]}],
        [{"term": "DUO:0000007", "texts": ["A", "A"]}],
        [{"term": "DUO:0000007", "texts": [""]}],
        [{"term": "duo:0000042"}],
        [{"term": 42}],
        [{"term": "DUO:0000042", "more": 1}],
    ],
)
def test_what_are_not_quite_terms_of_data_use_is_refused(value: Any) -> None:
    with pytest.raises(MalformedError):
        parse_data_use(value, at="/terms/data_use")


def test_terms_are_read_in_any_order_and_written_in_one() -> None:
    one: list[Any] = [
        {"term": "DUO:0000007", "texts": ["B", "A"]},
        {"term": "DUO:0000025", "months": 3},
    ]

    read = parse_data_use(one, at=""), parse_data_use(one[::-1], at="")

    assert read[0] == read[1]
    assert read[0][0].to_json() == {"term": "DUO:0000007", "texts": ["A", "B"]}


def test_a_use_is_written_as_it_was_read() -> None:
    use = ResearchUse(
        kinds=frozenset({ResearchKind.HEALTH, ResearchKind.GENETIC}),
        diseases=frozenset({"MONDO:0005148"}),
        commercial_use=False,
        publishes_from=AT,
        project="P-17",
    )

    assert ResearchUse.parse(use.to_json()) == use


@pytest.mark.parametrize(
    "change",
    [
        {"kinds": []},
        {"kinds": ["astrology"]},
        {"commercial_use": "no"},
        {"publishes_from": "2026-12-01"},
        {"project": ""},
        {"users": "me"},
        {"more": 1},
    ],
)
def test_what_is_not_quite_a_use_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        ResearchUse.parse({**HEALTH.to_json(), **change})


def test_a_moment_in_a_use_has_a_time_zone_and_no_fraction() -> None:
    for moment in (AT.replace(tzinfo=None), AT + timedelta(microseconds=1)):
        with pytest.raises(MalformedError):
            ResearchUse(kinds=HEALTH.kinds, publishes_from=moment)

    zone = timezone(timedelta(hours=5))
    assert ResearchUse(kinds=HEALTH.kinds, publishes_from=AT.astimezone(zone)).to_json()
