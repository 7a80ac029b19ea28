"""The commands that begin the next log, and end this one in its favour."""

from contextlib import closing
from pathlib import Path

import click

from registry.app import DID_WITNESS, RegistrySettings, keys_in
from registry.cli.options import DATA_DIR, REGISTRY, revealed
from registry.client import RegistryClient
from registry.client.handing_over import carry_dids, hand_over
from registry.client.source import HttpSource
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.reach import Reach
from ssi_core.did.key import did_for
from ssi_core.errors import ConflictError, NotFoundError


@click.command(name="begin-next")
@DATA_DIR
@click.option(
    "--old", type=click.Path(path_type=Path), required=True, help="The folder of the log before it."
)
def begin_next(data_dir: Path | None, old: Path) -> None:
    """Prepare a folder for the log that follows, before it is served for the first time.

    It gets the key with which the old registry witnesses DIDs, so that they resolve in the new one
    too; its other keys are its own.
    """
    settings = RegistrySettings.read(data_dir=data_dir)
    passphrase = revealed(settings.passphrase)
    before = keys_in(old, passphrase=passphrase).load_ed25519(DID_WITNESS)
    if before is None:
        raise NotFoundError("there is no log's key in that folder", at="--old")
    keystore = keys_in(settings.data_dir, passphrase=passphrase)
    found = keystore.load_ed25519(DID_WITNESS)
    if found is None:
        keystore.keep(DID_WITNESS, before)
    elif found.secret != before.secret:
        raise ConflictError("a registry in that folder witnesses DIDs with another key already")
    click.echo(f"witnesses as {did_for(before.public_key)}")


@click.command(name="hand-over")
@REGISTRY
@DATA_DIR
@click.option("--next", "next_url", required=True, help="The URL of the log that goes on.")
def hand_over_log(url: str, data_dir: Path | None, next_url: str) -> None:
    """Say in a log, for good, that another goes on; carry the DIDs that live in it over.

    The log's key in the data folder signs. Given again, it carries over what is still missing.
    """
    settings = RegistrySettings.read(data_dir=data_dir)
    keystore = keys_in(settings.data_dir, passphrase=revealed(settings.passphrase))
    signer = keystore.load_ed25519("log")
    if signer is None:
        raise NotFoundError("there is no log's key in that folder")
    with closing(HttpClient(reach=Reach.ANY)) as http:
        following = RegistryClient(http, next_url)
        description = following.log()
        index = hand_over(
            RegistryClient(http, url),
            following=description,
            signer=signer,
            at=SystemClock().now(),
        )
        carried = carry_dids(HttpSource(http, url), following)
    click.echo(f"handed over to {description.origin} by {index}, with {carried} versions of DIDs")
