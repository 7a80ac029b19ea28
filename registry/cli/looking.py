"""Commands that show what a registry says."""

from contextlib import closing

import click

from registry.cli.options import REGISTRY
from registry.client import RegistryClient
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.reach import Reach


@click.command(name="checkpoint")
@REGISTRY
def show_checkpoint(url: str) -> None:
    """Print the log's cosigned checkpoint."""
    with closing(HttpClient(reach=Reach.ANY)) as http:
        click.echo(RegistryClient(http, url).checkpoint(), nl=False)
