"""The command that keeps a log."""

from typing import Any

import click

from registry.app import RegistrySettings, create_app, open_registry
from registry.cli.options import DATA_DIR, DATABASE, revealed
from ssi_core.adapters import logging
from ssi_core.adapters.server import bind, public_url_of, serve


@click.command(name="serve")
@click.option("--host", help="Address to listen on; 127.0.0.1 if not given.")
@click.option("--port", type=int, help="Port to listen on; a free one if not given.")
@click.option("--public-url", help="The URL that others use, if it is not this machine's own.")
@DATA_DIR
@DATABASE
@click.option("--origin", help="Name of a new log; one that exists keeps its name.")
@click.option("--anchor-rpc", help="URL of an EVM node; the log is anchored through it.")
@click.option("--anchor-contract", help="Address of the LogAnchor that admitted the log.")
@click.option("--anchor-seconds", type=int, help="How often at most; 15 if not given.")
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
        passphrase=revealed(settings.passphrase),
        threads=settings.threads,
        anchor=settings.anchored_at(),
    ) as registry:
        app = create_app(registry, max_body_bytes=settings.max_body_bytes)
        serve(app, listener, role="registry", public_url=public_url)
