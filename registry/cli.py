"""The registry's commands."""

from base64 import b64encode
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import click
from pydantic import SecretStr

from registry.app import RegistrySettings, create_app, open_log, open_registry
from registry.client import Organisation, RegistryClient
from registry.model.accreditations import Role
from registry.service.fsck import fsck
from ssi_core.adapters import logging
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.keystore import KeyStore
from ssi_core.adapters.reach import Reach
from ssi_core.adapters.server import bind, public_url_of, serve
from ssi_core.did.syntax import Did
from ssi_core.period import Period

_YEAR: Final = 365
_REGISTRY: Final = click.option("--registry", "url", required=True, help="The registry's URL.")
_DATA_DIR: Final = click.option(
    "--data-dir", type=click.Path(path_type=Path), help="Where keys and log are kept."
)
_DATABASE: Final = click.option("--database", help="sqlite:///file or postgresql+psycopg://...")


@click.group(name="registry")
def commands() -> None:
    """Keep the public log: identifiers, accreditations, status lists, consent commitments."""


@commands.command(name="serve")
@click.option("--host", help="Address to listen on; 127.0.0.1 if not given.")
@click.option("--port", type=int, help="Port to listen on; a free one if not given.")
@click.option("--public-url", help="The URL that others use, if it is not this machine's own.")
@_DATA_DIR
@_DATABASE
@click.option("--origin", help="Name of a new log; one that exists keeps its name.")
def serve_registry(**options: Any) -> None:
    """Serve the log over HTTP until SIGTERM."""
    settings = RegistrySettings.read(**options)
    logging.configure("registry")
    listener = bind(settings.host, settings.port)
    public_url = public_url_of(listener, settings.public_url)
    with open_registry(
        data_dir=settings.data_dir,
        public_url=public_url,
        database=settings.database,
        origin=settings.origin,
        passphrase=_revealed(settings.passphrase),
        workers=settings.workers,
    ) as registry:
        app = create_app(registry, max_body_bytes=settings.max_body_bytes)
        serve(app, listener, role="registry", public_url=public_url)


@commands.command(name="fsck")
@_DATA_DIR
@_DATABASE
def audit(**options: Any) -> None:
    """Make tree and state again from the entries, and compare them with what is stored."""
    settings = RegistrySettings.read(**options)
    with open_log(data_dir=settings.data_dir, database=settings.database) as store:
        sound = fsck(store)
    root = b64encode(sound.root).decode()
    click.echo(f"sound {sound.origin} {sound.size} {root} {sound.records} records")


@commands.command(name="checkpoint")
@_REGISTRY
def show_checkpoint(url: str) -> None:
    """Print the log's cosigned checkpoint."""
    with closing(HttpClient(reach=Reach.ANY)) as http:
        click.echo(RegistryClient(http, url).checkpoint(), nl=False)


@commands.command(name="accredit")
@_REGISTRY
@click.option("--name", default="authority", show_default=True, help="Who accredits.")
@click.option("--data-dir", type=click.Path(path_type=Path), required=True, help="Its keys.")
@click.option("--subject", help="The DID to accredit; the accreditor itself, as root, if absent.")
@click.option(
    "--role",
    type=click.Choice(list(Role), case_sensitive=False),
    default=Role.ISSUE,
    show_default=True,
)
@click.option("--type", "types", multiple=True, required=True, help="A credential type.")
@click.option("--parent", help="The id of the accreditor's own accreditation.")
@click.option(
    "--days",
    type=click.IntRange(1),
    help="How long it holds; by default a year, or two for a root.",
)
@click.option("--passphrase", envvar="CONSENTRY_REGISTRY_PASSPHRASE", hidden=True)
def accredit(  # noqa: PLR0917 - a command's options
    url: str,
    name: str,
    data_dir: Path,
    subject: str | None,
    role: Role,
    types: tuple[str, ...],
    parent: str | None,
    days: int | None,
    passphrase: str | None,
) -> None:
    """Say in the log that an organisation may issue, verify or accredit; print the entry's id."""
    clock = SystemClock()
    # What is accredited under a root must end with it at the latest.
    days = days or (2 * _YEAR if subject is None else _YEAR)
    period = Period(clock.now(), clock.now() + timedelta(days=days))
    with closing(HttpClient(reach=Reach.ANY)) as http:
        accreditor = Organisation.open(
            name,
            keystore=KeyStore.unlock(data_dir / "keys", passphrase=passphrase),
            registry=RegistryClient(http, url),
            clock=clock,
        )
        if subject is None:
            click.echo(accreditor.accredit_root(types=types, period=period))
            return
        did = Did.parse(subject, at="--subject")
        click.echo(accreditor.accredit(did, role=role, types=types, period=period, parent=parent))


def _revealed(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
