"""`consentry consent serve`: the custodian as a process."""

from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any, Final, TypeAlias

import click

from consent_contracts.adapters.settings import ConsentSettings
from consent_contracts.app import Custodian, create_app, open_custodian
from ssi_core.adapters import logging
from ssi_core.adapters.command_line import admin_token, failing_plainly
from ssi_core.adapters.server import bind, public_url_of, serve

_PATH: Final = click.Path(path_type=Path)
_FILE: Final = click.Path(path_type=Path, exists=True, dir_okay=False)
Opens: TypeAlias = Callable[[ConsentSettings], AbstractContextManager[Custodian]]


def serving(opened: Opens) -> click.Command:
    """Return the command that serves what `opened` opens."""

    @click.command(name="serve")
    @click.option("--host", help="Address to listen on; 127.0.0.1 if not given.")
    @click.option("--port", type=int, help="Port to listen on; 0 takes a free one.")
    @click.option("--public-url", help="The URL that others use, if it is not this machine's own.")
    @click.option("--data-dir", type=_PATH, help="Where keys and data are kept.")
    @click.option("--registry", "registry_url", help="URL of a registry, for DIDs and emergencies.")
    @click.option("--log-policy", type=_FILE, help="Which log to believe: a C2SP tlog-policy file.")
    @click.option("--emergency-policy", type=_FILE, help="Who may break the glass, and when: JSON.")
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
            with closing(listener), opened(settings) as custodian:
                token = admin_token(settings.admin_token, kept_in=settings.data_dir / "admin-token")
                app = create_app(
                    custodian,
                    admin_token=token,
                    public_url=public_url,
                    max_body_bytes=settings.max_body_bytes,
                )
                serve(app, listener, role="consent", public_url=public_url)

    return serve_custodian


serve_custodian = serving(open_custodian)
