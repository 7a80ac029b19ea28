"""The reference pages have every error, setting, route and command, and say what the code says."""

import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import click
import pytest

from scripts.reference import cli, settings
from scripts.reference.__main__ import PAGES
from scripts.reference.apps import applications, routes
from scripts.reference.http import name_of
from scripts.reference.page import MARK, PageError, fill, require_same
from ssi_core.errors import SsiError

VARIABLE = re.compile(r"CONSENTRY_[A-Z]+(?:_[A-Z]+)+")
SECTION = re.compile(r"^#+ `(consentry[^`]*)`\n(.*?)(?=^#|\Z)", re.MULTILINE | re.DOTALL)
ROOMS = ["consentry", "ssi_core", "wallet", "issuer", "verifier", "registry", "consent_contracts"]


def _page(project: Path, name: str) -> str:
    return (project / "docs" / "reference" / name).read_text(encoding="utf-8")


def _codes(kind: type[SsiError]) -> Iterator[str]:
    yield kind.code
    for child in kind.__subclasses__():
        yield from _codes(child)


@pytest.mark.parametrize("name", sorted(PAGES))
def test_the_page_is_what_make_docs_would_write(project: Path, name: str) -> None:
    page = _page(project, name)

    written = fill(page, PAGES[name]())

    assert page == written


def test_every_error_code_is_explained(project: Path) -> None:
    page = _page(project, "errors.md")

    missing = [code for code in _codes(SsiError) if f"| `{code}` |" not in page]

    assert missing == []


def test_every_setting_of_every_role_is_explained(project: Path) -> None:
    page = _page(project, "settings.md")

    names = [
        settings.variable(kind, name)
        for kind, _group in settings.ROLES.values()
        for name in kind.model_fields
    ]

    assert len(names) > len(settings.ROLES)
    assert [name for name in names if f"| `{name}` |" not in page] == []


def test_every_variable_that_the_code_names_is_explained(project: Path) -> None:
    page = _page(project, "settings.md")
    specs = [find_spec(room) for room in ROOMS]
    places = [Path(one) for spec in specs if spec for one in spec.submodule_search_locations or ()]

    sources = (path.read_text("utf-8") for place in places for path in place.rglob("*.py"))
    named = {name for source in sources for name in VARIABLE.findall(source)}

    assert named
    assert {name for name in named if f"| `{name}` |" not in page} == set()


def test_every_route_of_every_service_is_listed(project: Path) -> None:
    page = _page(project, "http.md")

    listed = {name: page.split(f"## {name}\n")[1].split("\n## ")[0] for name in applications()}

    for name, app in applications().items():
        for route in routes(app):
            assert f"| `{name_of(route)}` |" in listed[name]


def test_the_walk_over_routes_finds_as_many_as_each_service_describes() -> None:
    for app in applications().values():
        described = {
            (method.upper(), path)
            for path, methods in app.openapi()["paths"].items()
            for method in methods
        }

        found = {
            (method, re.sub(r":\w+\}", "}", route.path))
            for route in routes(app)
            for method in route.methods or ()
        }

        assert found == described


def test_every_command_and_option_is_listed(project: Path) -> None:
    page = _page(project, "cli.md")
    sections = dict(SECTION.findall(page))

    commands = dict(cli.commands())

    assert set(sections) == set(commands)
    for words, command in commands.items():
        options = [one for one in command.params if isinstance(one, click.Option)]
        for name in (name for option in options for name in option.opts):
            assert re.search(rf"`[^`]*{re.escape(name)}\b", sections[words]), f"{words} {name}"


def test_a_fact_without_words_and_words_without_a_fact_are_noticed() -> None:
    with pytest.raises(PageError, match=r"\['new'\].*\['gone'\]"):
        require_same("codes", in_code=["known", "new"], in_words=["known", "gone"])


def test_what_people_wrote_above_the_mark_stays() -> None:
    page = f"# Title\n\nWords.\n\n{MARK}\nold\n"

    filled = fill(page, "new\n")

    assert filled == f"# Title\n\nWords.\n\n{MARK}\nnew\n"
    with pytest.raises(PageError):
        fill("# Title\n", "new\n")
