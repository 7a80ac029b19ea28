"""The command that witnesses logs."""

from contextlib import AbstractContextManager, ExitStack, closing
from typing import Any

import click

from registry import mirror_app
from registry.cli.options import DATA_DIR, DATABASE, revealed
from registry.mirror_app import open_mirror
from registry.service.cosigner import Cosigner
from registry.service.replica.mirror import Mirror
from registry.witness_app import WitnessSettings, create_app, open_witness
from ssi_core.adapters import logging
from ssi_core.adapters.server import bind, public_url_of, serve


@click.command(name="witness")
@click.option("--host", help="Address to listen on; 127.0.0.1 if not given.")
@click.option("--port", type=int, help="Port to listen on; a free one if not given.")
@click.option("--public-url", help="The URL that others use, if it is not this machine's own.")
@DATA_DIR
@DATABASE
@click.option("--name", help="Name of a new witness; one that exists keeps its name.")
@click.option("--log", "log_vkeys", multiple=True, help="The key (C2SP vkey) of a log to cosign.")
@click.option("--ml-dsa/--no-ml-dsa", default=None, help="Sign with an ML-DSA-44 key too.")
@click.option(
    "--mirror/--no-mirror",
    default=None,
    help="Store and verify the logs' entries, which they upload, before cosigning (tlog-mirror).",
)
def serve_witness(**options: Any) -> None:
    """Cosign checkpoints of logs, as long as each continues the last one, until SIGTERM."""
    settings = WitnessSettings.read(**options)
    logging.configure("witness")
    listener = bind(settings.host, settings.port)
    public_url = public_url_of(listener, settings.public_url)
    with closing(listener), ExitStack() as stack:
        if settings.mirror:
            app = mirror_app.create_app(stack.enter_context(_mirror(settings, public_url)))
        else:
            app = create_app(stack.enter_context(_witness(settings, public_url)))
        role = "mirror" if settings.mirror else "witness"
        serve(app, listener, role=role, public_url=public_url)


def _witness(settings: WitnessSettings, public_url: str) -> AbstractContextManager[Cosigner]:
    return open_witness(
        data_dir=settings.data_dir,
        public_url=public_url,
        log_vkeys=settings.log_vkeys,
        database=settings.database,
        name=settings.name,
        ml_dsa=settings.ml_dsa,
        passphrase=revealed(settings.passphrase),
    )


def _mirror(settings: WitnessSettings, public_url: str) -> AbstractContextManager[Mirror]:
    return open_mirror(
        data_dir=settings.data_dir,
        public_url=public_url,
        log_vkeys=settings.log_vkeys,
        database=settings.database,
        name=settings.name,
        ml_dsa=settings.ml_dsa,
        passphrase=revealed(settings.passphrase),
    )
