"""The verifier's commands."""

from typing import Final

import click

from ssi_core.adapters.lazy_commands import LazyGroup

_COMMANDS: Final = {
    "request": "verifier.cli.desk:ask",
    "result": "verifier.cli.desk:look",
    "serve": "verifier.cli.serving:serve_verifier",
    "stale-uses": "verifier.cli.desk:stale_uses",
    "use": "verifier.cli.desk:use",
}


@click.group(name="verifier", cls=LazyGroup, places=_COMMANDS)
def commands() -> None:
    """Ask holders for credentials and consent, check what they answer, use what they permit."""
