"""The registry's commands."""

import click

from registry.cli.accrediting import accredit
from registry.cli.anchoring import anchor
from registry.cli.auditing import check_store
from registry.cli.looking import show_checkpoint
from registry.cli.serving import serve_registry

__all__ = ["commands"]


@click.group(name="registry")
def commands() -> None:
    """Keep the public log: identifiers, accreditations, status lists, consent commitments."""


for _command in (serve_registry, check_store, show_checkpoint, accredit, anchor):
    commands.add_command(_command)
