"""`consentry serve`: profiles that several roles make up together."""

from contextlib import closing
from pathlib import Path
from typing import Any

import click

from consentry.harness.app import create_app, data_folder, open_harness
from consentry.harness.openid import open_openid
from consentry.harness.settings import HarnessSettings
from ssi_core.adapters import logging
from ssi_core.adapters.command_line import failing_plainly
from ssi_core.adapters.http import is_loopback
from ssi_core.adapters.server import bind, public_url_of
from ssi_core.adapters.server import serve as run
from ssi_core.errors import MalformedError


@click.command()
@click.option("--profile", type=click.Choice(["harness"]), required=True, help="What to serve.")
@click.option("--host", help="Loopback address to listen on; 127.0.0.1 if not given.")
@click.option("--port", type=int, help="Port to listen on; 0 takes a free one.")
@click.option("--public-url", help="The URL that others use, behind a proxy for example.")
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    help="Where keys are kept; fresh ones each time if not given.",
)
@click.option(
    "--contexts",
    type=click.Path(path_type=Path),
    help="Folder of further JSON-LD contexts, with an index.json of file names by URL.",
)
def serve(profile: str, **options: Any) -> None:
    """Serve the profile for test harnesses, which signs for anybody who can reach it.

    For test machines only: there is no login, and what it signs means nothing.
    """
    del profile
    with failing_plainly():
        settings = HarnessSettings.read(**options)
        if not is_loopback(settings.host):
            raise MalformedError("a profile without a login is served on loopback only", at="/host")
        logging.configure("harness")
        listener = bind(settings.host, settings.port)
        public_url = public_url_of(listener, settings.public_url)
        with (
            closing(listener),
            data_folder(settings) as folder,
            open_harness(settings, folder=folder, public_url=public_url) as harness,
            open_openid(
                folder,
                public_url=public_url,
                passphrase=settings.given_passphrase,
                reach=settings.reach,
            ) as openid,
        ):
            app = create_app(harness, openid=openid, max_body_bytes=settings.max_body_bytes)
            run(app, listener, role="harness", public_url=public_url)
