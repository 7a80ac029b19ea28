"""Fixtures for tests of what depends on who runs them."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

_NOBODY: Final = 65_534


@pytest.fixture
def ordinary_folder() -> Iterator[Path]:
    """A folder of an ordinary user's own, and the test runs as that user: root may do anything."""
    folder = Path(tempfile.mkdtemp(prefix="consentry-test-"))
    root = os.geteuid() == 0
    if root:
        os.chown(folder, _NOBODY, -1)
        os.seteuid(_NOBODY)
    try:
        yield folder
    finally:
        if root:
            os.seteuid(0)
        for path in [folder, *folder.rglob("*")]:
            if path.is_dir():
                path.chmod(0o700)
        shutil.rmtree(folder)
