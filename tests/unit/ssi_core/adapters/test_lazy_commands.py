"""Commands that are imported when they are asked for."""

import gc
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ssi_core.adapters.lazy_commands import LazyGroup

MODULE = """
import gc
import click

@click.command()
def told() -> None:
    click.echo("collecting" if ENABLED else "not collecting")

ENABLED = gc.isenabled()
"""


@pytest.fixture
def group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LazyGroup:
    (tmp_path / "asked_for_later.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "asked_for_later", raising=False)
    places = {"tell": "asked_for_later:told", "never": "there_is_no_such_module:it"}
    return LazyGroup("room", places=places)


def test_names_are_listed_in_their_order_without_an_import(group: LazyGroup) -> None:
    assert group.list_commands(click.Context(group)) == ["tell", "never"]
    assert "asked_for_later" not in sys.modules


def test_a_command_is_imported_when_it_is_called_and_no_other(group: LazyGroup) -> None:
    result = CliRunner().invoke(group, ["tell"])

    assert result.exit_code == 0


def test_nothing_is_collected_while_a_command_is_imported_and_then_again(
    group: LazyGroup,
) -> None:
    result = CliRunner().invoke(group, ["tell"])

    assert result.output == "not collecting\n"
    assert gc.isenabled()


def test_what_was_imported_is_not_searched_for_garbage(group: LazyGroup) -> None:
    before = gc.get_freeze_count()

    group.get_command(click.Context(group), "tell")

    assert gc.get_freeze_count() > before


def test_who_had_turned_collection_off_finds_it_off(group: LazyGroup) -> None:
    gc.disable()
    try:
        group.get_command(click.Context(group), "tell")
        was_enabled = gc.isenabled()
    finally:
        gc.enable()

    assert not was_enabled


def test_a_word_that_is_no_command_is_refused(group: LazyGroup) -> None:
    result = CliRunner().invoke(group, ["told"])

    assert result.exit_code == 2
    assert "No such command" in result.output
