from datetime import timedelta

import pytest

from consent_contracts.wire import (
    YEAR,
    as_duration,
    as_list,
    require_duration,
    require_name,
    require_web_url,
)
from ssi_core.errors import MalformedError


@pytest.mark.parametrize(
    "url",
    [
        "https://insurer.example/withdrawals",
        "https://insurer.example:8443/a?b=c",
        "http://localhost:8200/withdrawals",
        "http://127.0.0.1:8200/",
        "http://127.8.9.1/",
        "http://[::1]:8200/",
    ],
)
def test_https_and_loopback_are_web_urls(url: str) -> None:
    assert require_web_url(url, at="/withdrawal_uri") == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "insurer.example",
        "http://insurer.example/",
        "http://127.0.0.1.insurer.example/",
        "http://localhost.insurer.example/",
        "http://127.1/",
        "https://",
        "https:///path",
        "https://user@insurer.example/",
        "https://insurer.example\\@evil.example/",
        "https://insurer.example/ space",
        "https://insurer.example/#fragment",
        "https://insurer.example:port/",
        "https://insurer.example:0/",
        "https://[::1/",
        "https://[v1.x]/",
        "javascript:alert(1)",
        "https://insurér.example/",
        "https://insurer.example/" + "x" * 2048,
    ],
)
def test_other_urls_are_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(MalformedError) as caught:
        require_web_url(url, at="/withdrawal_uri")

    assert str(caught.value).endswith("(at /withdrawal_uri)")
    assert "insurer" not in str(caught.value)


@pytest.mark.parametrize("seconds", [1, 60, 366 * 86_400])
def test_a_duration_is_between_a_second_and_a_year(seconds: int) -> None:
    assert as_duration(seconds, at="/x") == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "seconds", [0, -1, 366 * 86_400 + 1, 2**53 - 1, 1 - 2**53, 1.0, "60", None, True]
)
def test_other_durations_are_refused(seconds: object) -> None:
    with pytest.raises(MalformedError):
        as_duration(seconds, at="/x")  # type: ignore[arg-type]  # anything may arrive


def test_a_duration_has_no_fraction() -> None:
    with pytest.raises(MalformedError):
        require_duration(YEAR - timedelta(microseconds=1), at="/x")


@pytest.mark.parametrize(
    "text", ["", " x", "x ", "a\nb", "a\tb", "a\u2028b", "x" * 257, "a\u202eb"]
)
def test_a_name_is_one_line_that_shows_as_it_is(text: str) -> None:
    with pytest.raises(MalformedError):
        require_name(text, at="/x")


def test_a_list_has_elements_but_not_too_many() -> None:
    assert as_list(["a", "b"], at="/x") == [("a", "/x/0"), ("b", "/x/1")]
    for value in ([], ["x"] * 257, "ab", None):
        with pytest.raises(MalformedError):
            as_list(value, at="/x")
