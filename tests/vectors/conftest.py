"""Tell which published files the tests of this folder read, where somebody asks."""

import os
import sys
from pathlib import Path
from typing import Final

# A file to which the path of every file that is opened gets appended: see test_inventory.py.
READ_LIST: Final = "CONSENTRY_TEST_READ_LIST"


def pytest_configure() -> None:
    if path := os.environ.get(READ_LIST):
        _note_what_is_opened(Path(path))


def _note_what_is_opened(path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def note(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" and isinstance(opened := arguments[0], str | os.PathLike):
            os.write(descriptor, f"{os.fspath(opened)}\n".encode())

    sys.addaudithook(note)
