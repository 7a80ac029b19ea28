"""The command that audits a whole log where it is kept."""

from base64 import b64encode
from typing import Any

import click

from registry.app import RegistrySettings, open_log
from registry.cli.options import DATA_DIR, DATABASE
from registry.service.fsck import fsck


@click.command(name="fsck")
@DATA_DIR
@DATABASE
def check_store(**options: Any) -> None:
    """Make tree and state again from the entries, and compare them with what is stored."""
    settings = RegistrySettings.read(**options)
    with open_log(data_dir=settings.data_dir, database=settings.database) as store:
        sound = fsck(store)
    root = b64encode(sound.root).decode()
    click.echo(f"sound {sound.origin} {sound.size} {root} {sound.records} records")
