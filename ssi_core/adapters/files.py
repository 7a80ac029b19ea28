"""Private files, replaced whole, and a lock between the processes that share them."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from ssi_core.errors import UnavailableError

_PRIVATE_FILE: Final = 0o600
_PRIVATE_FOLDER: Final = 0o700


def read_file(path: Path) -> bytes | None:
    """Return what is in the file, or nothing if there is no file."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError:
        raise UnavailableError("a file cannot be read") from None


def replace_file(path: Path, content: bytes) -> None:
    """Put `content` at `path` in one step that survives a crash: whole, or not at all.

    The file is its owner's alone. When it cannot be written, what was there is still there.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        _write(partial, content)
        partial.replace(path)
        _sync_folder(path.parent)
    except OSError:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise UnavailableError("a file cannot be written") from None


def make_folder(path: Path) -> None:
    """Make the folder `path`, its owner's alone, if it is not there."""
    try:
        path.mkdir(parents=True, exist_ok=True, mode=_PRIVATE_FOLDER)
    except OSError:
        raise UnavailableError("a folder cannot be made") from None


@contextmanager
def only_process(path: Path) -> Iterator[None]:
    """Keep out every other process and thread that asks for the same lock file, until the end."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, _PRIVATE_FILE)
    except OSError:
        raise UnavailableError("a file cannot be written") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE_FILE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
