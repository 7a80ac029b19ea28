"""The verifier's commands."""

import os
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import click

from ssi_core import strict_json
from ssi_core.adapters import logging
from ssi_core.adapters.command_line import admin_token, failing_plainly
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.reach import Reach
from ssi_core.adapters.server import bind, public_url_of, serve
from ssi_core.json_types import JsonObject, JsonValue
from verifier.adapters.settings import VerifierSettings
from verifier.app import create_app, open_verifier

_TOKEN: Final = "CONSENTRY_VERIFIER_ADMIN_TOKEN"  # noqa: S105 - the name of a variable


@click.group(name="verifier")
def commands() -> None:
    """Ask holders for credentials and consent, check what they answer, use what they permit."""


@commands.command(name="serve")
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
            serve(app, listener, role="verifier", public_url=public_url)


@commands.command(name="request")
@click.argument("policy")
@click.option("--period", type=int, help="Ask for consent for fewer seconds than the policy says.")
@click.option("--encrypted", is_flag=True, help="Have the answer encrypted (direct_post.jwt).")
@click.option("--unsigned", is_flag=True, help="Use the prefix redirect_uri, without a signature.")
@click.option("--url", envvar="CONSENTRY_VERIFIER_URL", required=True, help="The verifier's URL.")
def ask(policy: str, period: int | None, *, encrypted: bool, unsigned: bool, url: str) -> None:
    """Make a request under POLICY; print its id and the URI for the wallet."""
    body: dict[str, JsonValue] = {"policy": policy}
    if period is not None:
        body["period"] = period
    if encrypted:
        body["response_mode"] = "direct_post.jwt"
    if unsigned:
        body["client_id_prefix"] = "redirect_uri"
    _print(_desk(url, "/desk/requests", body))


@commands.command(name="result")
@click.argument("request_id")
@click.option("--url", envvar="CONSENTRY_VERIFIER_URL", required=True, help="The verifier's URL.")
def look(request_id: str, url: str) -> None:
    """Show what became of REQUEST_ID: state, checks, and claims if they may be seen now."""
    _print(_desk(url, f"/desk/requests/{request_id}"))


@commands.command(name="use")
@click.argument("request_id")
@click.argument("purpose")
@click.option("--url", envvar="CONSENTRY_VERIFIER_URL", required=True, help="The verifier's URL.")
def use(request_id: str, purpose: str, url: str) -> None:
    """Use what REQUEST_ID brought for PURPOSE, an HL7 PurposeOfUse code; decided anew each time."""
    _print(_desk(url, f"/desk/requests/{request_id}/uses", {"purpose": purpose}))


@commands.command(name="stale-uses")
@click.option("--url", envvar="CONSENTRY_VERIFIER_URL", required=True, help="The verifier's URL.")
def stale_uses(url: str) -> None:
    """Show what was permitted on old evidence while the registry was away, and how it looks since.

    Also says whether the registry answers, and since when.
    """
    _print(_desk(url, "/desk/stale-uses"))


def _desk(url: str, path: str, body: JsonObject | None = None) -> JsonObject:
    token = os.environ.get(_TOKEN)
    if not token:
        message = f"the desk's token is expected in {_TOKEN}"
        raise click.ClickException(message)
    headers, http = {"Authorization": f"Bearer {token}"}, HttpClient(reach=Reach.ANY)
    try:
        with failing_plainly():
            where = url.rstrip("/") + path
            answer = (
                http.get(where, headers=headers)
                if body is None
                else http.post_json(where, body, headers=headers)
            )
            return answer.require_ok().json()
    finally:
        http.close()


def _print(value: JsonObject) -> None:
    click.echo(strict_json.render(value))
