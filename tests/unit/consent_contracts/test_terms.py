from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from consent_contracts.terms import (
    Limits,
    Notice,
    NoticeText,
    Obligation,
    narrowest,
    parse_obligations,
)
from ssi_core.encoding import base64url_encode
from ssi_core.errors import MalformedError

ALL: dict[str, Any] = {
    "onward_sharing": True,
    "uses": 3,
    "interval": 3600,
    "erase_by": 1_800_000_000,
    "jurisdictions": ["DE", "FR"],
    "minimum_group_size": 5,
}


def test_limits_are_written_as_they_were_read() -> None:
    assert Limits.parse(ALL).to_json() == ALL


def test_what_is_not_said_about_sharing_onward_means_no() -> None:
    assert Limits.parse({}) == Limits(onward_sharing=False)


@pytest.mark.parametrize(
    "change",
    [
        {"onward_sharing": 1},
        {"onward_sharing": None},
        {"uses": 0},
        {"uses": True},
        {"uses": 10**7},
        {"uses": None},
        {"interval": 0},
        {"interval": 1.5},
        {"interval": -(2**53) + 1},
        {"interval": 2**53 - 1},
        {"erase_by": -1},
        {"erase_by": 10**15},
        {"jurisdictions": ["Germany"]},
        {"jurisdictions": []},
        {"jurisdictions": [1]},
        {"minimum_group_size": 0},
        {"resale": False},
    ],
)
def test_limits_that_cannot_be_kept_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedError, match="/limits"):
        Limits.parse(ALL | change, at="/terms/limits")


@pytest.mark.parametrize(
    "change",
    [
        {"uses": 4},
        {"interval": 3599},
        {"erase_by": 1_800_000_001},
        {"jurisdictions": ["DE", "IT"]},
        {"minimum_group_size": 4},
    ],
)
def test_a_limit_that_allows_more_is_not_within(change: dict[str, Any]) -> None:
    limits = Limits.parse(ALL)

    assert limits.is_within(limits)
    assert not Limits.parse(ALL | change).is_within(limits)
    assert not Limits.parse(
        {name: value for name, value in ALL.items() if name not in change}
    ).is_within(limits)


def test_sharing_onward_is_more_than_not() -> None:
    assert Limits().is_within(Limits(onward_sharing=True))
    assert not Limits(onward_sharing=True).is_within(Limits())


def test_the_narrowest_limits_keep_all_of_them() -> None:
    soon, late = (datetime(2027, month, 1, tzinfo=UTC) for month in (1, 2))
    one = Limits(uses=3, interval=timedelta(hours=1), erase_by=late, minimum_group_size=5)
    other = Limits(uses=9, interval=timedelta(hours=2), erase_by=soon, onward_sharing=True)

    together = narrowest((one, other))

    assert together == Limits(
        uses=3, interval=timedelta(hours=2), erase_by=soon, minimum_group_size=5
    )


def test_places_that_have_nothing_in_common_leave_none() -> None:
    limits = [Limits(jurisdictions=frozenset({code})) for code in ("DE", "FR")]

    assert narrowest(limits).jurisdictions == frozenset()


def test_no_limits_are_not_the_narrowest() -> None:
    with pytest.raises(MalformedError):
        narrowest([])


@pytest.mark.parametrize(
    "limits",
    [
        {"uses": 0},
        {"interval": timedelta(seconds=0.5)},
        {"erase_by": datetime(2027, 1, 1)},  # noqa: DTZ001 - that it has no zone is the point
        {"erase_by": datetime(2027, 1, 1, microsecond=1, tzinfo=UTC)},
        {"jurisdictions": frozenset({"de"})},
    ],
)
def test_limits_that_the_wire_cannot_hold_are_refused(limits: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        Limits(**limits)


def test_obligations_are_a_closed_list() -> None:
    assert parse_obligations([], at="/obligations") == frozenset()
    assert parse_obligations(["notify_of_use"], at="/o") == {Obligation.NOTIFY_OF_USE}


@pytest.mark.parametrize("junk", [None, "notify_of_use", ["sell"], [1], {}])
def test_what_is_no_list_of_obligations_is_refused(junk: Any) -> None:
    with pytest.raises(MalformedError):
        parse_obligations(junk, at="/obligations")


def test_a_notice_names_the_text_that_was_shown() -> None:
    text = NoticeText("de-AT", "Wir prüfen,\nob die Versicherung zahlt.")

    notice = text.notice

    assert notice.language == "de-AT"
    assert notice.digest == base64url_encode(sha256(text.text.encode()).digest())
    assert Notice.parse(notice.to_json()) == notice


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("english please", "why"),
        ("", "why"),
        ("en", ""),
        ("en", "  \n"),
        ("en", "x" * 4_001),
        ("en", "hidden \u202e text"),
        ("en", "bell \x07"),
        ("en", "half \ud800 a pair"),
    ],
)
def test_a_notice_that_nobody_can_read_is_refused(language: str, text: str) -> None:
    with pytest.raises(MalformedError):
        NoticeText(language, text)
