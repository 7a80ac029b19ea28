"""The command that serves an issuer."""

from pathlib import Path
from typing import Any

import click

from issuer.adapters.settings import IssuerSettings
from issuer.app import create_app, open_issuer
from ssi_core.adapters import logging
from ssi_core.adapters.command_line import admin_token, failing_plainly
from ssi_core.adapters.server import bind, public_url_of, serve


@click.command(name="serve")
@click.option("--host", help="Address to listen on; 127.0.0.1 if not given.")
@click.option("--port", type=int, help="Port to listen on; 0 takes a free one.")
@click.option("--public-url", help="The URL that others use, if it is not this machine's own.")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Where keys and data are kept.")
@click.option("--registry", "registry_url", help="URL of the registry; none means a did:jwk.")
@click.option("--name", help="The organisation's name in the registry: a DNS label.")
@click.option("--display-name", help="The organisation's name as people read it.")
def serve_issuer(**options: Any) -> None:
    """Serve OpenID4VCI and the administrator's API over HTTP until SIGTERM.

    The administrator's token and the key store's passphrase come from CONSENTRY_ISSUER_ADMIN_TOKEN
    and CONSENTRY_ISSUER_PASSPHRASE; without them they are made and kept in the data folder.
    """
    with failing_plainly():
        settings = IssuerSettings.read(**options)
        logging.configure("issuer")
        listener = bind(settings.host, settings.port)
        public_url = public_url_of(listener, settings.public_url)
        token = admin_token(settings.admin_token, kept_in=settings.data_dir / "admin-token")
        with open_issuer(settings, public_url=public_url) as issuer:
            app = create_app(issuer, admin_token=token, max_body_bytes=settings.max_body_bytes)
            serve(app, listener, role="issuer", public_url=public_url)
