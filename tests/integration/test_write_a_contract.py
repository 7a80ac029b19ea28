"""The how-to about a contract of one's own is done as it is written."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

BLOCK = re.compile(r"^```(python|json)\n(.*?)^```", re.MULTILINE | re.DOTALL)
CHECK = """
import json
from pathlib import Path
from consent_contracts.contracts.contract import decide
from consent_contracts.contracts.inputs import ContractInputs
from second_opinion import SecondOpinion

for vector in json.loads(Path("second-opinion.json").read_text())["vectors"]:
    decision = decide(SecondOpinion(), ContractInputs.parse(vector["inputs"]))
    assert decision.to_json() == vector["decision"], vector["name"]
    assert decision.digest == vector["digest"], vector["name"]
    print(decision.outcome, *decision.reasons)
"""
LATER = """
from dataclasses import replace
from datetime import timedelta

later = replace(inputs, at=inputs.at + timedelta(seconds=1))
print(*settle(SecondOpinion(), later, register=register).decision.reasons)
"""


@pytest.fixture
def folder(project: Path, tmp_path: Path) -> Path:
    """Return a folder with the files that the page says to write."""
    page = project / "docs" / "how-to" / "write-a-contract.md"
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    assert [kind for kind, _text in blocks] == ["python", "json", "python"]
    for (_kind, text), name in zip(
        blocks, ("second_opinion.py", "second-opinion.json", "steps.py"), strict=True
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def _run(folder: Path, code: str) -> list[str]:
    done = subprocess.run(  # noqa: S603 - our own page
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), *sys.path])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_contract_of_the_page_decides_its_vectors_as_they_say(folder: Path) -> None:
    decided = _run(folder, CHECK)

    assert decided == ["authorise", "refuse same_provider"]


def test_the_steps_of_the_page_print_what_it_says_and_the_second_time_too(folder: Path) -> None:
    steps = (folder / "steps.py").read_text(encoding="utf-8")

    first, second, later = _run(folder, steps), _run(folder, steps), _run(folder, steps + LATER)

    assert first == second == ["authorise", "True"]
    assert later == ["authorise", "True", "replayed given_before"]


def test_the_vectors_of_the_page_have_the_format_of_the_published_ones(folder: Path) -> None:
    body = json.loads((folder / "second-opinion.json").read_text(encoding="utf-8"))

    assert body["format"] == "consentry-contract-vectors/1"
    assert {tuple(each) for each in body["vectors"]} == {("name", "inputs", "decision", "digest")}
