"""Python and the packages: whether they are there, and no older than will do."""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import Final

from consentry.doctor.finding import Finding

_DISTRIBUTION: Final = "consentry"
_REQUIREMENT: Final = re.compile(
    r"(?P<name>[A-Za-z0-9._-]+)(\[[^]]*])?\s*>=\s*(?P<floor>[0-9.]+)"
    r"(\s*;\s*extra\s*==\s*['\"](?P<extra>[\w-]+)['\"])?"
)
_RELEASE: Final = re.compile(r"\d+(\.\d+)*")
_INSTALL: Final = "Install it again: python -m pip install --upgrade consentry"
# What each optional extra of ours is good for.
_BRINGS: Final[Mapping[str, str]] = {
    "postgres": "PostgreSQL as the database of an organisation's services",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A package that we need: the oldest version that will do, and the one that is here, if any.

    `extra` is the optional part of the product that needs it; none means every part does.
    """

    name: str
    floor: str
    installed: str | None
    extra: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageFacts:
    """The running Python, the one that is asked for, and the packages; none if not installed."""

    python: str
    python_floor: str | None
    packages: tuple[Package, ...] | None


def look_at_packages() -> PackageFacts:
    """Compare what is installed with what the distribution says that it requires."""
    python = ".".join(str(part) for part in sys.version_info[:3])
    try:
        own = metadata.metadata(_DISTRIBUTION).json
        requirements = metadata.requires(_DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return PackageFacts(python=python, python_floor=None, packages=None)
    floor = str(own.get("requires_python", "")).removeprefix(">=").strip()
    return PackageFacts(
        python=python, python_floor=floor or None, packages=tuple(_packages(requirements))
    )


def judge_packages(facts: PackageFacts) -> Iterator[Finding]:
    """Judge Python, each package that is missing or too old, and each optional extra."""
    yield _judge_python(facts)
    if facts.packages is None:
        yield Finding.warning(
            "packages",
            "consentry runs from a folder and is not installed, so no versions are required",
            "Install it, in place if you like: python -m pip install --editable .",
        )
        return
    required = [package for package in facts.packages if package.extra is None]
    lacking = [package for package in required if not _is_enough(package)]
    yield from (_judge_lacking(package) for package in lacking)
    if not lacking:
        yield Finding.good("packages", f"all {len(required)} are there and new enough")
    for extra in sorted({package.extra for package in facts.packages if package.extra}):
        yield _judge_extra(extra, [one for one in facts.packages if one.extra == extra])


def is_at_least(version: str, floor: str) -> bool:
    """Compare the release numbers of two versions; what follows them does not count."""
    return _release(version) >= _release(floor)


def _judge_python(facts: PackageFacts) -> Finding:
    floor = facts.python_floor or "3.11"
    if is_at_least(facts.python, floor):
        return Finding.good("python", facts.python)
    return Finding.wrong(
        "python",
        f"{facts.python} is older than {floor}",
        f"Install Python {floor} or newer, and set up again with it.",
    )


def _judge_lacking(package: Package) -> Finding:
    check = f"package {package.name}"
    if package.installed is None:
        return Finding.wrong(check, "is missing", _INSTALL)
    return Finding.wrong(check, f"{package.installed} is older than {package.floor}", _INSTALL)


def _judge_extra(extra: str, packages: Iterable[Package]) -> Finding:
    brings = _BRINGS.get(extra, "an optional part")
    if all(_is_enough(package) for package in packages):
        return Finding.good(f"extra {extra}", f"is installed: {brings}")
    how = f'python -m pip install "consentry[{extra}]"'
    return Finding.good(f"extra {extra}", f"is not installed; it brings {brings}: {how}")


def _is_enough(package: Package) -> bool:
    return package.installed is not None and is_at_least(package.installed, package.floor)


def _packages(requirements: Iterable[str]) -> Iterator[Package]:
    for requirement in requirements:
        match = _REQUIREMENT.fullmatch(requirement)
        if match is not None:
            yield Package(
                name=match["name"],
                floor=match["floor"],
                installed=_installed(match["name"]),
                extra=match["extra"],
            )


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _release(version: str) -> tuple[int, ...]:
    match = _RELEASE.match(version)
    numbers = [int(part) for part in match[0].split(".")] if match else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
