"""How the commands of an organisation open it: its keys, and its outbox, in one folder."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from registry.cli.options import REGISTRY
from registry.client import RegistryClient
from registry.client.edge import DATABASE, Outbox, SqlOutboxStore
from registry.client.kept_organisation_log import OrganisationEdge
from registry.client.organisation import Organisation
from registry.client.organisation_memory import FileOrganisationMemory
from registry.client.receipts import KeepingRegistry, KeptReceipts
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.database import open_database
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.keystore import KeyStore
from ssi_core.adapters.reach import Reach

FOLDER: Final = click.option(
    "--data-dir", type=click.Path(path_type=Path), required=True, help="Its keys and its outbox."
)


@dataclass(frozen=True, slots=True)
class Speaker:
    """An organisation, and the outbox that its entries go through."""

    organisation: Organisation
    outbox: Outbox


def speaking(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which organisation speaks, and where."""
    name = click.option("--name", default="authority", show_default=True, help="Who speaks.")
    passphrase = click.option("--passphrase", envvar="CONSENTRY_REGISTRY_PASSPHRASE", hidden=True)
    return REGISTRY(name(FOLDER(passphrase(command))))


@contextmanager
def opened_outbox(data_dir: Path) -> Iterator[Outbox]:
    """Give the outbox in an organisation's folder."""
    engine = open_database(f"sqlite:///{data_dir / DATABASE}")
    try:
        yield Outbox(SqlOutboxStore(engine), SystemClock())
    finally:
        engine.dispose()


@contextmanager
def opened_speaker(
    url: str, name: str, data_dir: Path, passphrase: str | None
) -> Iterator[Speaker]:
    """Give the organisation called `name`, and say afterwards what of it the log does not have."""
    with closing(HttpClient(reach=Reach.ANY)) as http, opened_outbox(data_dir) as outbox:
        organisation = Organisation.open(
            name,
            keystore=KeyStore.unlock(data_dir / "keys", passphrase=passphrase),
            registry=KeepingRegistry(
                RegistryClient(http, url), KeptReceipts(data_dir / "receipts")
            ),
            clock=SystemClock(),
            edge=OrganisationEdge(outbox, FileOrganisationMemory(data_dir / f"{name}.log.json")),
        )
        yield Speaker(organisation, outbox)
        if waiting := outbox.waiting():
            click.echo(f"not sent: {waiting}; the next command sends what waits", err=True)
        if refused := outbox.refused():
            click.echo(f"refused: {len(refused)}; see `registry waiting`", err=True)
