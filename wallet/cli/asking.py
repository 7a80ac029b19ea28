"""Ask the person before something is destroyed."""

import sys

import click

from ssi_core.adapters.command_line import REFUSED


def require_yes(question: str, *, warning: str, yes: bool) -> None:
    """Go on if it was said, or is said at the terminal now, that it shall be done; else end."""
    if yes:
        return
    click.echo(warning, err=True)
    if not sys.stdin.isatty():
        raise click.ClickException("nobody is there to say yes; --yes does")
    if not click.confirm(question, default=False, err=True):
        click.echo("Nothing was destroyed.", err=True)
        sys.exit(REFUSED)
