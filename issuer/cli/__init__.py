"""The issuer's commands."""

from typing import Final

import click

from ssi_core.adapters.lazy_commands import LazyGroup

_COMMANDS: Final = {
    "bundle": "issuer.cli.desk:import_bundle",
    "offer": "issuer.cli.desk:offer",
    "reinstate": "issuer.cli.desk:reinstate",
    "revoke": "issuer.cli.desk:revoke",
    "serve": "issuer.cli.serving:serve_issuer",
    "show-offer": "issuer.cli.desk:show_offer",
    "suspend": "issuer.cli.desk:suspend",
    "waiting": "issuer.cli.desk:show_waiting",
}


@click.group(name="issuer", cls=LazyGroup, places=_COMMANDS)
def commands() -> None:
    """Make credentials of FHIR records, offer them, and revoke them."""
