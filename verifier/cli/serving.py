"""The command that serves a verifier."""

from contextlib import closing
from pathlib import Path
from typing import Any

import click

from ssi_core.adapters import logging
from ssi_core.adapters.command_line import admin_token, failing_plainly
from ssi_core.adapters.server import bind, public_url_of, serve
from verifier.adapters.settings import VerifierSettings
from verifier.adapters.subscriber import listening_to_log
from verifier.app import create_app, open_verifier


@click.command(name="serve")
@click.option("--host", help="Address to listen on; 127.0.0.1 if not given.")
@click.option("--port", type=int, help="Port to listen on; 0 takes a free one.")
@click.option("--public-url", help="The URL that others use, if it is not this machine's own.")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Where keys and data are kept.")
@click.option("--registry", "registry_url", help="URL of the registry.")
@click.option("--name", help="The organisation's name in the registry: a DNS label.")
@click.option("--display-name", help="The organisation's name as people read it.")
@click.option("--policies", type=click.Path(path_type=Path), help="Folder with policies, *.json.")
@click.option("--root", "roots", multiple=True, help="DID of an accreditor that is trusted.")
def serve_verifier(**options: Any) -> None:
    """Serve requests, responses and the desk over HTTP until SIGTERM.

    The desk's token and the key store's passphrase come from CONSENTRY_VERIFIER_ADMIN_TOKEN and
    CONSENTRY_VERIFIER_PASSPHRASE; without them they are made and kept in the data folder.
    """
    with failing_plainly():
        settings = VerifierSettings.read(**options)
        logging.configure("verifier")
        listener = bind(settings.host, settings.port)
        public_url = public_url_of(listener, settings.public_url)
        with closing(listener), open_verifier(settings, public_url=public_url) as verifier:
            app = create_app(
                verifier,
                admin_token=admin_token(
                    settings.admin_token, kept_in=settings.data_dir / "admin-token"
                ),
                max_body_bytes=settings.max_body_bytes,
            )
            with listening_to_log(verifier.log_events, settings):
                serve(app, listener, role="verifier", public_url=public_url)
