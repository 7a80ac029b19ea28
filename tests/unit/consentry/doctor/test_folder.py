from dataclasses import replace
from pathlib import Path

import pytest

from consentry.doctor.finding import Finding, Verdict
from consentry.doctor.folder import FolderFacts, judge_folder, look_at_folder

GOOD = FolderFacts(
    path=Path("data"),
    exists=True,
    writable=True,
    free_bytes=50_000_000_000,
    sqlite=(3, 40, 1),
    journal_mode="wal",
    sync_seconds=0.001,
)


def judged(facts: FolderFacts) -> dict[str, Finding]:
    return {finding.check.split(" ")[0]: finding for finding in judge_folder(facts)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    return folder


def test_a_folder_of_ones_own_is_good_and_stays_as_it_was(folder: Path) -> None:
    (folder / "registry.keys").touch(mode=0o600)

    findings = judged(look_at_folder(folder))

    assert {finding.verdict for finding in findings.values()} == {Verdict.GOOD}
    assert [file.name for file in folder.iterdir()] == ["registry.keys"]


def test_a_folder_that_is_not_there_yet_is_good_and_is_not_made(tmp_path: Path) -> None:
    findings = judged(look_at_folder(tmp_path / "a" / "b"))

    assert {finding.verdict for finding in findings.values()} == {Verdict.GOOD}
    assert "is not there yet" in findings["privacy"].found
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_wrong(ordinary_folder: Path) -> None:
    ordinary_folder.chmod(0o500)

    findings = judged(look_at_folder(ordinary_folder / "data"))

    assert findings["folder"].verdict is Verdict.WRONG
    assert findings["folder"].found == "cannot be written"


def test_a_file_in_the_place_of_the_folder_is_wrong(ordinary_folder: Path) -> None:
    (ordinary_folder / "data").touch()
    ordinary_folder.chmod(0o500)

    findings = judged(look_at_folder(ordinary_folder / "data"))

    assert findings["folder"].verdict is Verdict.WRONG


def test_a_folder_that_others_may_open_is_wrong(folder: Path) -> None:
    folder.chmod(0o755)

    finding = judged(look_at_folder(folder))["privacy"]

    assert finding.verdict is Verdict.WRONG
    assert finding.remedy == f"Close it to them: chmod -R go= {folder}"


@pytest.mark.parametrize("name", ["registry.keys", "issuer.keys.key", "admin-token"])
def test_a_key_or_token_that_others_may_read_is_wrong(folder: Path, name: str) -> None:
    (folder / name).touch()
    (folder / name).chmod(0o640)

    finding = judged(look_at_folder(folder))["privacy"]

    assert finding.verdict is Verdict.WRONG
    assert name in finding.found


def test_any_other_file_is_closed_by_its_folder(folder: Path) -> None:
    (folder / "process.log").touch()
    (folder / "process.log").chmod(0o644)

    finding = judged(look_at_folder(folder))["privacy"]

    assert finding.verdict is Verdict.GOOD


def test_a_file_of_another_user_is_wrong() -> None:
    finding = judged(replace(GOOD, foreign=(Path("data/registry.db"),)))["privacy"]

    assert finding.verdict is Verdict.WRONG
    assert "data/registry.db" in finding.found


@pytest.mark.parametrize(
    ("free_bytes", "verdict"),
    [(0, Verdict.WRONG), (99_999_999, Verdict.WRONG), (100_000_000, Verdict.WARNING),
     (999_999_999, Verdict.WARNING), (1_000_000_000, Verdict.GOOD)],
)  # fmt: skip
def test_a_disk_runs_full_in_two_steps(free_bytes: int, verdict: Verdict) -> None:
    finding = judged(replace(GOOD, free_bytes=free_bytes))["disk"]

    assert finding.verdict is verdict


@pytest.mark.parametrize("mode", ["delete", "memory", None])
def test_a_disk_without_a_write_ahead_log_is_wrong(mode: str | None) -> None:
    finding = judged(replace(GOOD, journal_mode=mode))["durability"]

    assert finding.verdict is Verdict.WRONG
    assert "local disk" in finding.remedy


def test_a_slow_disk_is_a_warning() -> None:
    finding = judged(replace(GOOD, sync_seconds=0.2))["durability"]

    assert finding.verdict is Verdict.WARNING
    assert "200.0 ms" in finding.found


def test_an_old_sqlite_is_wrong() -> None:
    finding = judged(replace(GOOD, sqlite=(3, 34, 1)))["sqlite"]

    assert finding.verdict is Verdict.WRONG
    assert finding.found == "3.34.1 is older than 3.35.0"
