"""The how-to that starts everything by hand is run as it is written."""

import os
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from textwrap import dedent

import pytest

from consentry.demo.processes import free_port

BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
PORTS = ("8100", "8200", "8300")
CUSTODIAN = ("8400", "8100", "8500", "8600")
SECONDS = 240


def _script(page: Path, ports: tuple[str, ...] = PORTS) -> str:
    text = "".join(dedent(one) for one in BLOCK.findall(page.read_text(encoding="utf-8")))
    for port in ports:
        assert port in text
        text = text.replace(port, str(free_port()))
    return text


def _run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    guarded = f"trap 'kill $(jobs -p) 2>&- || true' EXIT\n{script}"
    return subprocess.run(  # noqa: S603 - our own page
        ["/bin/bash", "-euo", "pipefail", "-c", guarded],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@pytest.fixture
def checkout(project: Path, tmp_path: Path) -> Path:
    """Return a folder that looks like a checkout after `make`, for this very interpreter."""
    bundle = tmp_path / "consentry" / "demo" / "bundle.json"
    bundle.parent.mkdir(parents=True)
    bundle.write_bytes(files("consentry.demo").joinpath("bundle.json").read_bytes())
    command = tmp_path / ".venv" / "bin" / "consentry"
    command.parent.mkdir(parents=True)
    path = os.pathsep.join([str(project), *sys.path])
    command.write_text(
        f'#!/bin/sh\nPYTHONPATH="{path}" exec "{sys.executable}" -m consentry "$@"\n'
    )
    command.chmod(0o755)
    return tmp_path


def test_every_step_by_hand_does_what_the_page_says(project: Path, checkout: Path) -> None:
    script = _script(project / "docs" / "how-to" / "run-it-on-one-machine.md")

    done = _run(script, checkout)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "wrong_purpose" in done.stderr
    assert "withdrawn" in done.stderr
    assert "confirmed by the recipient" in done.stdout
    assert "Would go" in done.stdout
    assert "Forgotten: its secret is destroyed." in done.stdout
    assert re.search(r"^sound \S+ \d+ ", done.stdout, re.MULTILINE)


def test_the_custodian_decides_as_the_page_says(project: Path, checkout: Path) -> None:
    script = _script(project / "docs" / "how-to" / "decide-where-the-data-is.md", CUSTODIAN)

    done = _run(script, checkout)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count('"decision":"permit"') == 4
    assert '"overrides":["no_grant"]' in done.stdout
    assert "whole, as it should be" in done.stdout
    assert "role_not_accepted" in done.stderr
    assert "not by oneself" in done.stdout
    assert "own_session" in done.stderr
    assert "not by word" in done.stdout
    assert "no_second_factor" in done.stderr
    assert done.stdout.count('"finding":"justified"') == 2
    assert "The answer is yes." in done.stdout
    assert '"refusals":["withdrawn"]' in done.stdout
    assert "refused, as it should be" in done.stdout
