"""The command that follows a log and shows it."""

from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from registry.app import RegistrySettings
from registry.cli.believing import believed, believing
from registry.cli.options import DATA_DIR, DATABASE, revealed
from registry.dropped_app import create_app as create_dropped_app
from registry.dropped_app import left_in
from registry.replica_app import create_app, open_replica, open_replica_log, watching
from registry.witness_app import open_witness
from ssi_core.adapters import logging
from ssi_core.adapters.server import bind, public_url_of, serve


@click.command(name="replica")
@click.option("--source", required=True, help="The URL of the registry, or of another replica.")
@believing
@click.option("--host", help="Address to listen on; 127.0.0.1 if not given.")
@click.option("--port", type=int, help="Port to listen on; a free one if not given.")
@click.option("--public-url", help="The URL that others use, if it is not this machine's own.")
@DATA_DIR
@DATABASE
@click.option("--mirror", help="Cosign, under this name, what is stored here: a witness's API.")
@click.option(
    "--every",
    type=click.FloatRange(min=0, min_open=True),
    default=0.5,
    show_default=True,
    help="Seconds between two looks at the source.",
)
@click.option(
    "--bound",
    type=click.FloatRange(min=0),
    default=60.0,
    show_default=True,
    help="Seconds in which the log has to show what it was handed, before that is kept.",
)
def serve_replica(  # noqa: PLR0917 - a command's options
    source: str,
    log: str | None,
    policy_file: Path | None,
    mirror: str | None,
    every: float,
    bound: float,
    **options: Any,
) -> None:
    """Follow a log, verify all of it, and serve what was verified, until SIGTERM.

    It takes entries too: forwards them, or keeps them while the source is out of reach. Of a log
    that was dropped here it serves what is left.
    """
    settings = RegistrySettings.read(**options)
    logging.configure("replica")
    belief = believed(log, policy_file)
    listener = bind(settings.host, settings.port)
    public_url = public_url_of(listener, settings.public_url)
    with open_replica_log(data_dir=settings.data_dir, database=settings.database) as store:
        left = left_in(store)
    if left is not None:
        app = create_dropped_app(left, max_body_bytes=settings.max_body_bytes)
        serve(app, listener, role="replica", public_url=public_url)
        return
    with (
        open_replica(
            source_url=source,
            data_dir=settings.data_dir,
            belief=belief,
            database=settings.database,
            workers=settings.workers,
            bound=timedelta(seconds=bound),
            passphrase=revealed(settings.passphrase),
        ) as replica,
        watching(replica, every=every),
        ExitStack() as stack,
    ):
        cosigner = None
        if mirror is not None:
            opened = open_witness(
                data_dir=settings.data_dir,
                public_url=public_url,
                log_vkeys=[str(belief.log_key)],
                name=mirror,
                passphrase=revealed(settings.passphrase),
                mirrored=replica.store,
            )
            cosigner = stack.enter_context(opened)
        app = create_app(replica, mirror=cosigner, max_body_bytes=settings.max_body_bytes)
        serve(app, listener, role="replica", public_url=public_url)
