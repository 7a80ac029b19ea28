"""docs/reference/cli.md: every command with its arguments and options."""

from collections.abc import Iterator
from inspect import cleandoc

import click

from consentry.cli import main
from scripts.reference.page import table


def render() -> str:
    """Return a section for each command."""
    return "\n".join(_section(words, command) for words, command in commands())


def commands() -> Iterator[tuple[str, click.Command]]:
    """Yield every command with the words that call it, groups before what is in them."""
    yield from _walk("consentry", main)


def _walk(words: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield words, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            if found is not None:
                yield from _walk(f"{words} {name}", found)


def _section(words: str, command: click.Command) -> str:
    depth = "#" * (1 + len(words.split()))
    parts = [f"{depth} `{words}`\n", f"{cleandoc(command.help or '')}\n"]
    context = click.Context(command)
    if rows := [_row(one, context) for one in command.params]:
        parts.append(table(["Argument or option", "Meaning"], rows))
    return "\n".join(parts)


def _row(parameter: click.Parameter, context: click.Context) -> list[str]:
    if isinstance(parameter, click.Option):
        names = [*parameter.opts, *parameter.secondary_opts]
        value = "" if parameter.is_flag else f" {_value(parameter, context)}"
        return [f"`{', '.join(names)}{value}`", _meaning(parameter)]
    return [f"`{parameter.make_metavar(context)}`", "required" if parameter.required else ""]


def _value(option: click.Option, context: click.Context) -> str:
    return "INTEGER" if isinstance(option.type, click.IntRange) else option.make_metavar(context)


def _meaning(option: click.Option) -> str:
    notes = []
    if isinstance(option.type, click.IntRange):
        least, most = option.type.min, option.type.max
        notes.append(f"{least} to {most}" if most is not None else f"at least {least}")
    if option.required:
        notes.append("required")
    if option.multiple:
        notes.append("may be repeated")
    if option.show_default and not option.multiple:
        notes.append(f"`{option.default}` if not given")
    if option.envvar:
        notes.append(f"or `{option.envvar}`")
    if option.hidden:
        notes.append("not shown by `--help`; for scripts")
    note = f"({'; '.join(notes)})" if notes else ""
    return f"{option.help or ''} {note}".strip()
