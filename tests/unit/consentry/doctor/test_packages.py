from dataclasses import replace

import pytest

from consentry.doctor.finding import Finding, Verdict
from consentry.doctor.packages import (
    Package,
    PackageFacts,
    is_at_least,
    judge_packages,
    look_at_packages,
)

GOOD = PackageFacts(
    python="3.11.7",
    python_floor="3.11",
    packages=(
        Package(name="click", floor="8.2", installed="8.5.1"),
        Package(name="base58", floor="2.1.1", installed="2.1.1"),
        Package(name="psycopg", floor="3.2", installed="3.3", extra="postgres"),
    ),
)


def judged(facts: PackageFacts) -> dict[str, Finding]:
    return {finding.check: finding for finding in judge_packages(facts)}


def test_a_machine_with_everything_is_good() -> None:
    findings = judged(GOOD)

    assert {finding.verdict for finding in findings.values()} == {Verdict.GOOD}
    assert findings["packages"].found == "all 2 are there and new enough"


def test_an_old_python_is_wrong() -> None:
    finding = judged(replace(GOOD, python="3.10.12"))["python"]

    assert finding.verdict is Verdict.WRONG
    assert "3.11" in finding.remedy


@pytest.mark.parametrize(
    ("installed", "found"), [("8.1.9", "8.1.9 is older than 8.2"), (None, "is missing")]
)
def test_a_package_that_is_old_or_missing_is_wrong(installed: str | None, found: str) -> None:
    old = Package(name="click", floor="8.2", installed=installed)

    findings = judged(replace(GOOD, packages=(old,)))

    assert findings["package click"].verdict is Verdict.WRONG
    assert findings["package click"].found == found
    assert "pip install" in findings["package click"].remedy
    assert "packages" not in findings


def test_an_extra_that_is_not_installed_is_no_fault_and_says_what_it_brings() -> None:
    absent = Package(name="psycopg", floor="3.2", installed=None, extra="postgres")

    finding = judged(replace(GOOD, packages=(absent,)))["extra postgres"]

    assert finding.verdict is Verdict.GOOD
    assert "PostgreSQL" in finding.found
    assert 'pip install "consentry[postgres]"' in finding.found


def test_running_from_a_folder_is_a_warning() -> None:
    finding = judged(replace(GOOD, packages=None))["packages"]

    assert finding.verdict is Verdict.WARNING


@pytest.mark.parametrize(
    ("version", "floor"),
    [("8.10", "8.9"), ("8.2", "8.2"), ("8.2.0", "8.2"), ("8.2", "8.2.0"), ("9rc1", "8.2")],
)
def test_versions_compare_by_number(version: str, floor: str) -> None:
    assert is_at_least(version, floor)


@pytest.mark.parametrize(("version", "floor"), [("8.1", "8.2"), ("7.99", "8"), ("", "0.1")])
def test_older_versions_are_older(version: str, floor: str) -> None:
    assert not is_at_least(version, floor)


def test_this_environment_has_what_the_tests_run_on() -> None:
    facts = look_at_packages()

    assert all(finding.verdict is not Verdict.WRONG for finding in judge_packages(facts))
