from datetime import UTC, datetime, timedelta, timezone

import pytest

from consent_contracts.fhir.moment import matching
from ssi_core.errors import MalformedError

pytestmark = pytest.mark.spec("FHIR R4", "dateTime")
EAST = timezone(timedelta(hours=2))


def _at(parts):
    year, month, day, *time = parts
    return datetime(year, month, day, tzinfo=UTC) + timedelta(
        **dict(zip(("hours", "minutes", "seconds"), time, strict=False))
    )


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("2024", (2024, 1, 1), (2025, 1, 1)),
        ("2024-02", (2024, 2, 1), (2024, 3, 1)),
        ("2024-12", (2024, 12, 1), (2025, 1, 1)),
        ("2024-02-28", (2024, 2, 28), (2024, 2, 29)),
        ("2024-12-31T23:59:59Z", (2024, 12, 31, 23, 59, 59), (2025, 1, 1)),
        ("2024-01-01T01:30:00+02:00", (2023, 12, 31, 23, 30), (2023, 12, 31, 23, 30, 1)),
        ("2024-01-01T00:00:00.000Z", (2024, 1, 1), (2024, 1, 1, 0, 0, 1)),
    ],
)
def test_a_date_stands_for_every_moment_that_matches_it(text, first, after):
    found = matching(text, zone=UTC, at="")

    assert found == (_at(first), _at(after))


def test_a_date_is_one_of_the_callers_zone():
    first, after = matching("2024-06-01", zone=EAST, at="")

    assert first == datetime(2024, 5, 31, 22, tzinfo=UTC)
    assert after - first == timedelta(days=1)


@pytest.mark.parametrize(
    "text",
    [
        "", "24", "2024-13", "2024-02-30", "0000", "9999", "9999-12-31", "2024-1-1", "2024-06-01Z",
        "2024-06-01T10:00Z", "2024-06-01T10:00:00", "2024-06-30T23:59:60Z", "2024-06-01T24:00:00Z",
        "2024-06-01T10:00:00.5Z", "2024-06-01T10:00:00+15:00", "0001-01-01T00:00:00+14:00",
        "\uff12\uff10\uff12\uff14", "2024-06-01T10:00:00Z ",
    ],
)  # fmt: skip
def test_anything_else_is_refused(text):
    with pytest.raises(MalformedError) as refused:
        matching(text, zone=UTC, at="/period/end")

    assert refused.value.at == "/period/end"
