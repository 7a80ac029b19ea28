"""The command that accredits organisations."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Final

import click

from registry.cli.options import REGISTRY
from registry.client import KeptReceipts, Organisation, RegistryClient
from registry.model.accreditations import Role
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.keystore import KeyStore
from ssi_core.adapters.reach import Reach
from ssi_core.did.syntax import Did
from ssi_core.period import Period

_YEAR: Final = 365


@click.command(name="accredit")
@REGISTRY
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
            receipts=KeptReceipts(data_dir / "receipts"),
        )
        if subject is None:
            click.echo(accreditor.accredit_root(types=types, period=period))
            return
        did = Did.parse(subject, at="--subject")
        click.echo(accreditor.accredit(did, role=role, types=types, period=period, parent=parent))
