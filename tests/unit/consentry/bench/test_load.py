"""The experiment with many users: what its page says of what was seen."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from consentry.bench import load_generator
from consentry.bench.load import PUBLISHED_RATES, Measured, load
from consentry.bench.load_generator import Seen, seen_in
from consentry.bench.load_page import write_load_page


def make_seen(*, mean: float = 12.5, good: int = 100, bad: int = 0) -> Seen:
    return Seen(mean=mean, p50=10.0, p99=40.0, good=good, bad=bad, seconds=2.0)


def test_without_a_load_generator_it_is_said_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load_generator, "_PROGRAM", tmp_path / "locust")

    done = CliRunner().invoke(load, ["--seconds", "3", "--users", "3", "--data-dir", str(tmp_path)])

    assert done.exit_code == 1
    assert "make load" in done.output


def test_success_counts_every_answer_that_was_not_good() -> None:
    assert make_seen(good=99, bad=1).success == 99.0
    assert make_seen(good=0, bad=0).success == 0.0


def test_the_page_judges_the_thousand_users_at_the_published_rate_only(tmp_path: Path) -> None:
    rows = [
        Measured("read", 1_000, PUBLISHED_RATES[1], make_seen(mean=57.9)),
        Measured("write", 1_000, PUBLISHED_RATES[1], make_seen(mean=57.9, bad=1)),
        Measured("read", 500, PUBLISHED_RATES[1], make_seen(mean=90.0)),
        Measured("read", 1_000, None, make_seen(mean=900.0)),
    ]

    write_load_page(tmp_path / "page.md", rows, machine=[("cores", "2")], seconds=10)

    lines = (tmp_path / "page.md").read_text().splitlines()
    judged = [line for line in lines if "✓" in line or "✗" in line]
    assert [line.split("|")[-2].strip() for line in judged] == ["< 58 ✓", "< 100 ✗"]


def test_what_the_generator_says_is_read() -> None:
    said = {
        "num_requests": 4,
        "num_failures": 1,
        "total_response_time": 100.0,
        "start_time": 1_000.0,
        "last_request_timestamp": 1_002.0,
        "response_times": {"10": 2, "20": 1, "60": 1},
    }

    seen = seen_in(said)

    assert (seen.mean, seen.p50, seen.p99) == (25.0, 10.0, 60.0)
    assert (seen.good, seen.bad, seen.success) == (3, 1, 75.0)
