from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from consentry.bench.machine import describe_machine
from consentry.bench.measure import Case, Lead, Result, Row, Subject
from consentry.bench.report import show, write_page

CASES = (
    Case(name="ours", run=lambda _: None, reference="raw", aim=3_500.0),
    Case(name="slow", run=lambda _: None, reference="raw", aim=99.0),
    Case(name="raw", run=lambda _: None),
)
SUBJECT = Subject(title="A subject", text="What it is.", cases=CASES, remarks=("A remark.",))
RATES = ((3_000.0, 4_000.0, 5_000.0), (1.0, 2.0, 3.0), (8_000.0, 8_000.0, 8_000.0))
RESULT = Result(SUBJECT, tuple(map(Row, CASES, RATES)))
MACHINE = (("cores", "2"), ("Python", "3.11"))


def test_the_page_has_the_machine_the_command_and_every_row(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"

    write_page(page, [RESULT], command="consentry bench", machine=MACHINE)

    lines = page.read_text(encoding="utf-8").splitlines()
    assert "Written by `consentry bench`." in lines[2]
    assert "median of 3 rounds" in lines[2]
    assert "| cores | 2 |" in lines
    assert "## A subject" in lines
    assert "What it is." in lines
    assert "| ours | 4,000 | 3,000 - 5,000 | 0.50 of raw | 3,500 ✓ |" in lines
    assert "| slow | 2.0 | 1.0 - 3.0 | 0.00 of raw | 99.0 ✗ |" in lines
    assert "| raw | 8,000 | 8,000 - 8,000 |  |  |" in lines
    assert "- A remark." in lines


@pytest.mark.parametrize(
    ("times", "over", "shown"),
    [
        (0.5, "raw", "0.5 x raw ✓ (0.50)"),
        (1.25, "raw", "1.25 x raw ✗ (0.50)"),
        (20, "absent", "20 x absent (not measured)"),
    ],
)
def test_a_lead_over_a_peer_is_judged_or_said_to_be_unknown(
    tmp_path: Path, times: float, over: str, shown: str
) -> None:
    cases = (replace(CASES[0], lead=Lead(times, over)), CASES[2])
    subject = Subject(title="A subject", text="What it is.", cases=cases)
    page = tmp_path / "performance.md"

    write_page(
        page,
        [Result(subject, tuple(map(Row, cases, (RATES[0], RATES[2]))))],
        command="consentry bench",
        machine=MACHINE,
    )

    assert f"| 3,500 ✓; {shown} |" in page.read_text(encoding="utf-8")


def test_the_terminal_shows_the_same() -> None:
    console = Console(width=120, record=True, quiet=False, file=None)
    with console.capture() as capture:
        show(RESULT, console)

    shown = capture.get()
    assert "A subject" in shown
    assert "3,500 ✓" in shown
    assert "99.0 ✗" in shown
    assert "A remark." in shown


def test_the_machine_is_described() -> None:
    described = dict(describe_machine())

    assert {"date", "processor", "cores", "memory", "Python", "OpenSSL", "SQLite"} <= set(described)
    assert all(described.values())
    assert described["date"].endswith("UTC")
