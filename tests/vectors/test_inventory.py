"""No published vector is left out unseen: what the tests open is held against what there is."""

import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

READ_LIST = "CONSENTRY_TEST_READ_LIST"
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def inventory() -> Mapping[str, Any]:
    return tomllib.loads((HERE / "inventory.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def read(vectors: Path, tmp_path_factory: pytest.TempPathFactory) -> frozenset[Path]:
    """The published files that the other tests of this folder open, by running them."""
    noted = tmp_path_factory.mktemp("vectors") / "read"
    modules = [str(path) for path in HERE.glob("test_*.py") if path.name != Path(__file__).name]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *modules]
    environment = {**os.environ, READ_LIST: str(noted)}
    subprocess.run(  # noqa: S603 - our own tests
        command, env=environment, cwd=HERE.parent.parent, check=True, timeout=240
    )
    opened = {Path(line).resolve() for line in noted.read_text("utf-8").splitlines()}
    return frozenset(path for path in opened if path.is_relative_to(vectors.resolve()))


def _files(folder: Path) -> Iterator[Path]:
    yield from (path.resolve() for path in folder.rglob("*") if path.is_file())


def test_every_folder_is_listed_with_all_its_files(vectors, inventory):
    found = {
        folder.name: len(list(_files(folder))) for folder in vectors.iterdir() if folder.is_dir()
    }

    assert found == {name: folder["files"] for name, folder in inventory.items()}


def test_every_published_file_is_read_by_a_test_or_left_out_for_a_reason(vectors, inventory, read):
    unread = {
        name: sorted(
            path.relative_to((vectors / name).resolve()).as_posix()
            for path in _files(vectors / name)
            if path not in read
        )
        for name in inventory
    }

    for name, files in unread.items():
        patterns = inventory[name]["left_out"]
        assert [file for file in files if not any(fnmatch(file, each) for each in patterns)] == []
        assert [each for each in patterns if not any(fnmatch(file, each) for file in files)] == []
