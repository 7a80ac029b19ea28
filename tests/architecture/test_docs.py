"""What the documents say exists, exists."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

import click
import pytest

from scripts import spec_coverage
from ssi_core.did.syntax import Did
from ssi_core.strict_json import parse_object
from verifier.policy import Policy

JSON_BLOCK = re.compile(r"^```json\n(.*?)^```", re.MULTILINE | re.DOTALL)
CODE_BLOCK = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
MAKE_CALL = re.compile(r"(?:^|`|\$ )make ([a-z-]+)", re.MULTILINE)
MAKE_TARGET = re.compile(r"^([a-z-]+):", re.MULTILINE)
CONSENTRY_CALL = re.compile(r"(?:^|`|\$ )consentry ([a-z][^`\n#]*)", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
NAMED_TEST = re.compile(r"`(tests/[\w/.-]+\.py)(?:::(\w+))?`")


def _documents(project: Path) -> Iterator[Path]:
    yield from sorted(project.glob("*.md"))
    yield from sorted((project / "docs").rglob("*.md"))


def _targets(project: Path) -> set[str]:
    return set(MAKE_TARGET.findall((project / "Makefile").read_text(encoding="utf-8")))


def test_the_readme_shows_the_two_commands_that_a_stranger_needs(project: Path) -> None:
    readme = (project / "README.md").read_text(encoding="utf-8")

    shown = set(MAKE_CALL.findall("\n".join(CODE_BLOCK.findall(readme))))

    assert {"demo", "test"} <= shown


def test_every_make_call_in_a_document_is_a_target(project: Path) -> None:
    called = {
        (path.name, target)
        for path in _documents(project)
        for target in MAKE_CALL.findall(path.read_text(encoding="utf-8"))
    }

    targets = _targets(project)

    assert {(name, target) for name, target in called if target not in targets} == set()


def _unknown_words(group: click.Group, call: str) -> list[str]:
    """Return the words of `call` that the command line does not know: commands, then options."""
    command: click.Command = group
    for word in (word for word in call.split() if re.fullmatch(r"[a-z][a-z-]*", word)):
        if not isinstance(command, click.Group):
            break
        found = command.get_command(click.Context(command), word)
        if found is None:
            return [word]
        command = found
    known = {name for parameter in command.params for name in parameter.opts}
    known |= {name for parameter in command.params for name in parameter.secondary_opts}
    return [word for word in re.findall(r"(?<!\S)--[a-z-]+", call) if word not in known]


def test_every_consentry_call_in_a_document_is_a_command(project: Path) -> None:
    group = import_module("consentry.cli").main

    unknown = {
        (path.name, call): words
        for path in _documents(project)
        for call in CONSENTRY_CALL.findall(path.read_text(encoding="utf-8"))
        if (words := _unknown_words(group, call))
    }

    assert unknown == {}


def test_an_unknown_command_or_option_would_be_noticed() -> None:
    demo = click.Command("demo", params=[click.Option(["--keep"])])
    group = click.Group("consentry", {"demo": demo})

    unknown = [_unknown_words(group, call) for call in ("demo --keep", "demo --kept", "dmo --keep")]

    assert unknown == [[], ["--kept"], ["dmo"]]


def test_every_link_between_documents_leads_somewhere(project: Path) -> None:
    links = {
        (path, link)
        for path in _documents(project)
        for link in LINK.findall(path.read_text(encoding="utf-8"))
    }

    assert links
    assert {(path.name, link) for path, link in links if not (path.parent / link).exists()} == set()


def test_every_test_that_a_document_names_exists(project: Path) -> None:
    for path in _documents(project):
        for file, name in NAMED_TEST.findall(path.read_text(encoding="utf-8")):
            assert (project / file).is_file(), f"{path.name} names {file}"
            source = (project / file).read_text(encoding="utf-8")
            assert re.search(rf"\b{name}\b", source), f"{path.name} names {file}::{name}"


def _requirements(project: Path) -> dict[str, str]:
    """Each requirement that users or developers install, with its floor."""
    settings = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    metadata = settings["project"]
    lists = [
        metadata["dependencies"],
        *metadata["optional-dependencies"].values(),
        *settings["dependency-groups"].values(),
    ]
    requirements = (requirement for one in lists for requirement in one)
    return {
        re.sub(r"\[.*?\]", "", name): re.split("[,;]", floor)[0]
        for name, _, floor in (requirement.partition(">=") for requirement in requirements)
    }


def test_every_dependency_is_explained_with_its_floor(project: Path) -> None:
    page = (project / "docs" / "dependencies.md").read_text(encoding="utf-8")

    explained = dict(re.findall(r"^\| ([\w.-]+) \| ([\d.]+(?:b\d+)?) \|", page, re.MULTILINE))

    assert explained == _requirements(project)


def _imported(room: str) -> set[str]:
    """Return the top-level names of everything that the modules of `room` import."""
    spec = find_spec(room)
    assert spec is not None
    found: set[str] = set()
    for place in spec.submodule_search_locations or ():
        for path in Path(place).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    found |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module:
                    found.add(node.module.partition(".")[0])
    return found


def test_what_the_packages_import_is_what_they_require(project: Path) -> None:
    settings = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    rooms = settings["tool"]["importlinter"]["root_packages"]
    providers = packages_distributions()

    imported = {name for room in rooms for name in _imported(room)} - set(rooms)

    names = imported - set(sys.stdlib_module_names)
    distributions = {
        one.lower().replace("_", "-") for name in names for one in providers.get(name, [name])
    }
    required = {re.split(r"[\[>]", one)[0] for one in settings["project"]["dependencies"]}
    extras = {
        re.split(r"[\[>]", one)[0]
        for several in settings["project"]["optional-dependencies"].values()
        for one in several
    }
    assert distributions - extras == required


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_direct_dependency_is_pinned_with_hashes_and_without_an_index(
    project: Path, lock: str
) -> None:
    settings = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    text = (project / lock).read_text(encoding="utf-8")

    pinned = set(re.findall(r"^([a-z0-9-]+)==[^\\]+\\\n\s+--hash=sha256:", text, re.MULTILINE))

    names = {re.split(r"[\[>]", one)[0] for one in settings["project"]["dependencies"]}
    assert names <= pinned
    assert "://" not in text


def test_the_changelog_knows_the_version(project: Path) -> None:
    settings = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    changelog = (project / "CHANGELOG.md").read_text(encoding="utf-8")

    version = settings["project"]["version"]

    assert re.search(rf"^## {re.escape(version)}\b", changelog, re.MULTILINE)


def test_every_policy_that_a_document_shows_can_be_asked_with(project: Path) -> None:
    shown = [
        text
        for path in _documents(project)
        for text in JSON_BLOCK.findall(path.read_text(encoding="utf-8"))
        if '"purposes"' in text and '"issuers"' in text
    ]

    policies = [
        Policy.parse(parse_object(text), roots=[Did.parse("did:web:example.com")]) for text in shown
    ]

    assert [policy.id for policy in policies] == ["care-coordination"]


def test_every_marker_of_a_clause_can_be_read(project: Path) -> None:
    coverage = spec_coverage.read_coverage(project / "tests", relative_to=project)

    assert {"RFC 9901", "OpenID4VCI 1.0", "OpenID4VP 1.0"} <= coverage.keys()
