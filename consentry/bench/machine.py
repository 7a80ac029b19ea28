"""The machine that the figures are from."""

import os
import platform
import sqlite3
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Final

from cryptography.hazmat.backends.openssl.backend import backend

from ssi_core.adapters.clock import SystemClock

_PACKAGES: Final = (
    "cryptography",
    "fastapi",
    "uvicorn",
    "sqlalchemy",
    "py-arkworks-bls12381",
    "pyld",
    "didkit",
    "openvc-core",
    "sd-jwt",
)
_CPUINFO: Final = Path("/proc/cpuinfo")


def describe_machine() -> Iterator[tuple[str, str]]:
    """Yield what a reader must know before believing a figure: name and value."""
    yield "date", f"{SystemClock().now():%Y-%m-%d %H:%M} UTC"
    yield "processor", _processor()
    yield "cores", str(os.cpu_count() or 1)
    yield "memory", f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB"
    yield "load before", " ".join(f"{load:.1f}" for load in os.getloadavg())
    yield "system", f"{platform.system()} {platform.release()}"
    yield "Python", f"{platform.python_version()} ({platform.python_implementation()})"
    yield "OpenSSL", backend.openssl_version_text()
    yield "SQLite", sqlite3.sqlite_version
    for name in _PACKAGES:
        if (version := version_of(name)) is not None:
            yield name, version


def version_of(package: str) -> str | None:
    """Return the installed version of `package`, or nothing."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    try:
        lines = _CPUINFO.read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()
