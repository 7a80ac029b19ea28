"""`consentry consent serve`: the custodian as a process."""

from contextlib import closing
from pathlib import Path
from typing import Any

import click

from consent_contracts.adapters.settings import ConsentSettings
from consent_contracts.app import create_app, open_custodian
from ssi_core.adapters import logging
from ssi_core.adapters.command_line import admin_token, failing_plainly
from ssi_core.adapters.server import bind, public_url_of, serve


@click.command(name="serve")
@click.option("--host", help="Address to listen on; 127.0.0.1 if not given.")
@click.option("--port", type=int, help="Port to listen on; 0 takes a free one.")
@click.option("--public-url", help="The URL that others use, if it is not this machine's own.")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Where keys and data are kept.")
@click.option("--registry", "registry_url", help="URL of a registry, for DIDs that live there.")
def serve_custodian(**options: Any) -> None:
    """Serve grants, decisions and AuthZEN over HTTP until SIGTERM.

    The token and the key store's passphrase come from CONSENTRY_CONSENT_ADMIN_TOKEN and
    CONSENTRY_CONSENT_PASSPHRASE; without them they are made and kept in the data folder.
    """
    with failing_plainly():
        settings = ConsentSettings.read(**options)
        logging.configure("consent")
        listener = bind(settings.host, settings.port)
        public_url = public_url_of(listener, settings.public_url)
        with closing(listener), open_custodian(settings) as custodian:
            token = admin_token(settings.admin_token, kept_in=settings.data_dir / "admin-token")
            app = create_app(
                custodian,
                admin_token=token,
                public_url=public_url,
                max_body_bytes=settings.max_body_bytes,
            )
            serve(app, listener, role="consent", public_url=public_url)
