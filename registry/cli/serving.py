"""The command that keeps a log."""

from contextlib import closing
from pathlib import Path
from socket import socket
from typing import Any

import click

from registry.app import (
    RegistrySettings,
    create_app,
    open_log,
    open_oversight,
    open_registry,
)
from registry.cli.options import DATA_DIR, DATABASE, revealed
from registry.dropped_app import create_app as create_dropped_app
from registry.dropped_app import left_in
from registry.listening import open_listening
from registry.service.publication import Oversight
from ssi_core.adapters import logging
from ssi_core.adapters.server import bind, public_url_of, serve


@click.command(name="serve")
@click.option("--host", help="Address to listen on; 127.0.0.1 if not given.")
@click.option("--port", type=int, help="Port to listen on; a free one if not given.")
@click.option("--public-url", help="The URL that others use, if it is not this machine's own.")
@DATA_DIR
@DATABASE
@click.option("--origin", help="Name of a new log; one that exists keeps its name.")
@click.option(
    "--witness", "witnesses", multiple=True, help="A witness of others that cosigns: <url>=<vkey>."
)
@click.option(
    "--policy",
    type=click.Path(path_type=Path),
    help="How many witnesses are enough (C2SP tlog-policy); all of them if not given.",
)
@click.option("--anchor-rpc", help="URL of an EVM node; the log is anchored through it.")
@click.option("--anchor-contract", help="Address of the LogAnchor that admitted the log.")
@click.option("--anchor-seconds", type=int, help="How often at most; 15 if not given.")
def serve_registry(**options: Any) -> None:
    """Serve the log over HTTP until SIGTERM; of one that was dropped, what is left."""
    settings = RegistrySettings.read(**options)
    logging.configure("registry")
    listener = bind(settings.host, settings.port)
    public_url = public_url_of(listener, settings.public_url)
    with (
        closing(listener),
        open_oversight(witnesses=settings.witnesses, policy=settings.policy) as oversight,
    ):
        with open_log(data_dir=settings.data_dir, database=settings.database) as store:
            left = left_in(store)
        if left is None:
            _serve_whole(settings, oversight, listener, public_url=public_url)
        else:
            app = create_dropped_app(left, max_body_bytes=settings.max_body_bytes)
            serve(app, listener, role="registry", public_url=public_url)


def _serve_whole(
    settings: RegistrySettings, oversight: Oversight, listener: socket, *, public_url: str
) -> None:
    with (
        open_registry(
            data_dir=settings.data_dir,
            public_url=public_url,
            database=settings.database,
            origin=settings.origin,
            passphrase=revealed(settings.passphrase),
            workers=settings.workers,
            oversight=oversight,
            anchor=settings.anchored_at(),
        ) as registry,
        open_listening(
            registry,
            data_dir=settings.data_dir,
            public_url=public_url,
            database=settings.database,
            reach=settings.reach,
            limit=settings.max_subscriptions,
        ) as listening,
    ):
        app = create_app(registry, listening=listening, max_body_bytes=settings.max_body_bytes)
        serve(app, listener, role="registry", public_url=public_url)
