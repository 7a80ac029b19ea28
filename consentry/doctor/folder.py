"""A data folder: whether its disk keeps what it is given, and whether others can look in."""

import os
import sqlite3
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Final

from consentry.doctor.finding import Finding

_SYNCS: Final = 5
_SLOW_SYNC: Final = 0.05
_LITTLE: Final = 1_000_000_000
_TOO_LITTLE: Final = 100_000_000
_MOST_FILES: Final = 2_000
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
# The first with `RETURNING`, which the log's compare-and-replace needs.
_SQLITE_FLOOR: Final = (3, 35, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderFacts:
    """What a data folder, or the folder in which it will be made, allows.

    `sync_seconds` is the median time that the disk takes to keep a write; none if it cannot be
    written. `exposed` are files and folders that others may open, `foreign` those of another user.
    """

    path: Path
    exists: bool
    writable: bool
    free_bytes: int
    sqlite: tuple[int, ...]
    journal_mode: str | None
    sync_seconds: float | None
    exposed: tuple[Path, ...] = ()
    foreign: tuple[Path, ...] = ()


def look_at_folder(path: Path) -> FolderFacts:
    """Try in `path`, or the nearest folder above it, what a service will do there."""
    place = _nearest(path)
    files = list(islice(_files(path), _MOST_FILES)) if path.is_dir() else []
    journal_mode, sync_seconds = _try(place)
    return FolderFacts(
        path=path,
        exists=path.is_dir(),
        writable=sync_seconds is not None,
        free_bytes=_free(place),
        sqlite=sqlite3.sqlite_version_info,
        journal_mode=journal_mode,
        sync_seconds=sync_seconds,
        exposed=tuple(file for file, info in files if _is_exposed(file, info, top=path)),
        foreign=tuple(file for file, info in files if info.st_uid != os.geteuid()),
    )


def judge_folder(facts: FolderFacts) -> Iterator[Finding]:
    """Judge the folder's disk, SQLite on it, and who may look into it."""
    yield _judge_sqlite(facts)
    if not facts.writable:
        yield Finding.wrong(
            f"folder {facts.path}",
            "cannot be written",
            "Give it to the user who runs the services, or name another with --data-dir.",
        )
        return
    yield _judge_space(facts)
    yield _judge_durability(facts)
    yield _judge_privacy(facts)


def _judge_sqlite(facts: FolderFacts) -> Finding:
    version = ".".join(str(part) for part in facts.sqlite)
    if facts.sqlite >= _SQLITE_FLOOR:
        return Finding.good("sqlite", version)
    floor = ".".join(str(part) for part in _SQLITE_FLOOR)
    return Finding.wrong(
        "sqlite", f"{version} is older than {floor}", "Use a Python with a newer SQLite library."
    )


def _judge_space(facts: FolderFacts) -> Finding:
    check, found = f"disk of {facts.path}", f"{facts.free_bytes / 1e9:.1f} GB free"
    if facts.free_bytes < _TOO_LITTLE:
        return Finding.wrong(check, found, "Make room: services refuse what they cannot keep.")
    if facts.free_bytes < _LITTLE:
        return Finding.warning(check, found, "Make room soon: a log only grows.")
    return Finding.good(check, found)


def _judge_durability(facts: FolderFacts) -> Finding:
    check = f"durability in {facts.path}"
    if facts.journal_mode != "wal":
        return Finding.wrong(
            check,
            "SQLite cannot keep its write-ahead log there",
            "Use a local disk: network file systems often lack the locks that this needs.",
        )
    milliseconds = 1000 * (facts.sync_seconds or 0.0)
    found = f"write-ahead log works, a write is kept after {milliseconds:.1f} ms"
    if (facts.sync_seconds or 0.0) > _SLOW_SYNC:
        return Finding.warning(
            check, found, "Every promise waits for this disk: a faster one makes it quicker."
        )
    return Finding.good(check, found)


def _judge_privacy(facts: FolderFacts) -> Finding:
    check = f"privacy of {facts.path}"
    if facts.foreign:
        return Finding.wrong(
            check,
            f"{facts.foreign[0]} belongs to another user",
            "Let one user own the folder and run the services: chown -R.",
        )
    if facts.exposed:
        return Finding.wrong(
            check,
            f"others may open {', '.join(str(file) for file in facts.exposed[:3])}",
            f"Close it to them: chmod -R go= {facts.path}",
        )
    if not facts.exists:
        return Finding.good(check, "is not there yet, and will be made for its owner alone")
    return Finding.good(check, "its owner's alone")


def _nearest(path: Path) -> Path:
    return next((one for one in (path, *path.absolute().parents) if one.is_dir()), Path("/"))


def _free(place: Path) -> int:
    try:
        found = os.statvfs(place)
    except OSError:
        return 0
    return found.f_bavail * found.f_frsize


def _try(place: Path) -> tuple[str | None, float | None]:
    try:
        with tempfile.TemporaryDirectory(prefix=".consentry-doctor-", dir=place) as folder:
            sync_seconds = median(_sync(Path(folder) / "sync") for _ in range(_SYNCS))
            return _journal_mode(Path(folder) / "doctor.db"), sync_seconds
    except OSError:
        return None, None


def _sync(path: Path) -> float:
    began = time.perf_counter()
    with path.open("wb") as file:
        file.write(b"doctor")
        file.flush()
        os.fsync(file.fileno())
    return time.perf_counter() - began


def _journal_mode(path: Path) -> str | None:
    try:
        with closing(sqlite3.connect(path)) as database:
            mode = str(database.execute("PRAGMA journal_mode=WAL").fetchone()[0])
            database.execute("PRAGMA synchronous=FULL")
            with database:
                database.execute("CREATE TABLE doctor (said text)")
    except sqlite3.Error:
        return None
    return mode


def _is_exposed(file: Path, info: os.stat_result, *, top: Path) -> bool:
    # A file in a closed folder cannot be reached; a key is closed itself, as it may be copied.
    secret = file == top or "key" in file.name or "token" in file.name
    return bool(info.st_mode & _OTHERS) and (secret or _is_open(top))


def _is_open(folder: Path) -> bool:
    return bool(folder.stat().st_mode & _OTHERS)


def _files(path: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for file in (path, *path.rglob("*")):
        try:
            info = file.lstat()
        except OSError:
            continue
        if not stat.S_ISLNK(info.st_mode):
            yield file, info
