"""How the peers in JavaScript are installed: once, by the lock file, with a reason where not."""

import json
import re
import sys
from pathlib import Path

import pytest

from tests.support.node_peers import FOLDER, PeerMissingError, install

WORKS = [sys.executable, "-c", "import pathlib; pathlib.Path('node_modules').mkdir()"]
FAILS = [sys.executable, "-c", "raise SystemExit('no route to the packages')"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "package-lock.json").write_text("{}", encoding="utf-8")
    return tmp_path


def test_what_was_installed_once_is_not_installed_again(folder: Path) -> None:
    install(folder, npm=WORKS, path=folder)

    install(folder, npm=FAILS, path=folder)


def test_another_lock_file_is_installed_anew(folder: Path) -> None:
    install(folder, npm=WORKS, path=folder)
    (folder / "package-lock.json").write_text('{"other": 1}', encoding="utf-8")

    with pytest.raises(PeerMissingError):
        install(folder, npm=FAILS, path=folder)


def test_a_failure_to_install_is_told_in_its_own_words(folder: Path) -> None:
    with pytest.raises(PeerMissingError, match="cannot install the peers: no route to"):
        install(folder, npm=FAILS, path=folder)
    with pytest.raises(PeerMissingError, match="cannot install the peers"):
        install(folder, npm=[str(folder / "no-such-program")], path=folder)


def test_every_package_is_pinned_by_its_digest_and_by_no_host() -> None:
    text = (FOLDER / "package-lock.json").read_text(encoding="utf-8")
    packages = json.loads(text)["packages"]
    wanted = json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))["dependencies"]

    pinned = {name.rpartition("node_modules/")[2]: one for name, one in packages.items() if name}

    assert wanted.keys() <= pinned.keys()
    assert all(one["integrity"].startswith("sha512-") for one in pinned.values())
    assert not any("resolved" in one for one in pinned.values())
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    for name in (".npmrc", "package.json"):
        assert "://" not in (FOLDER / name).read_text(encoding="utf-8")
