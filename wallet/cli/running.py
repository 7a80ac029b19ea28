"""Commands about the wallet over time: history, resume, and serving its API."""

from typing import Any

import click

from ssi_core.adapters import logging
from ssi_core.adapters.command_line import admin_token, failing_plainly
from ssi_core.adapters.http import is_loopback
from ssi_core.adapters.server import bind, public_url_of, serve
from ssi_core.errors import MalformedError
from wallet.adapters.settings import WalletSettings
from wallet.api.history import render_resumed
from wallet.app import create_app, open_wallet, resuming, token_path
from wallet.cli.opening import (
    JSON,
    nobody,
    opened,
    show,
    wallet_options,
)
from wallet.history import Event
from wallet.question_text import printable


@click.command(name="history")
@JSON
@wallet_options
def show_history(*, as_json: bool, **options: Any) -> None:
    """Show everything that happened, oldest first."""
    with opened(options) as wallet:
        events = wallet.history()
        show(
            {"events": [event.to_json() for event in events]},
            as_json=as_json,
            lines=[_event(event) for event in events],
        )


@click.command(name="resume")
@JSON
@wallet_options
def resume(*, as_json: bool, **options: Any) -> None:
    """Finish, or clean up, what was interrupted."""
    with opened(options) as wallet:
        done = wallet.resume()
        count = len(done.credentials) + len(done.answers) + len(done.withdrawals)
        show(render_resumed(done), as_json=as_json, lines=[f"{count} taken up again."])


@click.command(name="waiting")
@JSON
@wallet_options
def show_waiting(*, as_json: bool, **options: Any) -> None:
    """Hand in what the log does not have; show what it still does not have, and what it says of it.

    A yes that the log refuses is undone. A withdrawal is handed in again each time, so there is
    nothing here to dismiss.
    """
    with opened(options) as wallet:
        items = [each.to_json() for each in wallet.waiting()]
        lines = [" ".join(str(each[name]) for name in each) for each in items]
        show({"waiting": list(items)}, as_json=as_json, lines=lines or ["Nothing waits."])


@click.command(name="serve")
@click.option("--host", help="Address of this machine to listen on; 127.0.0.1 if not given.")
@click.option("--port", type=int, help="Port to listen on; 0 takes a free one.")
@click.option("--public-url", help="The URL to announce, if it is not this machine's own.")
@wallet_options
def serve_wallet(**options: Any) -> None:
    """Serve the wallet's API on this machine until SIGTERM, laying out a wallet if there is none.

    Callers need the token in CONSENTRY_WALLET_ADMIN_TOKEN; without one it is made and kept beside
    the wallet.
    """
    with failing_plainly():
        settings = WalletSettings.read(**options)
        if not is_loopback(settings.host):
            raise MalformedError("a wallet is served on loopback addresses only", at="--host")
        logging.configure("wallet")
        listener = bind(settings.host, settings.port)
        public_url = public_url_of(listener, settings.public_url)
        with (
            open_wallet(settings, ask=nobody, create=True) as wallet,
            resuming(wallet, every=settings.resume_seconds) as sentinel,
        ):
            token = admin_token(settings.admin_token, kept_in=token_path(settings))
            app = create_app(
                wallet, token=token, max_body_bytes=settings.max_body_bytes, watch=sentinel
            )
            serve(app, listener, role="wallet", public_url=public_url)


def _event(event: Event) -> str:
    words = event.step.value.replace("_", " ")
    detail = f"  {printable(event.detail)}" if event.detail else ""
    return f"{event.at:%Y-%m-%d %H:%M:%S}  {words}{detail}"
