"""The commands at the desk, which ask a running verifier."""

import os
from typing import Final

import click

from ssi_core import strict_json
from ssi_core.adapters.command_line import failing_plainly
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.reach import Reach
from ssi_core.json_types import JsonObject, JsonValue

_TOKEN: Final = "CONSENTRY_VERIFIER_ADMIN_TOKEN"  # noqa: S105 - the name of a variable


@click.command(name="request")
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


@click.command(name="result")
@click.argument("request_id")
@click.option("--url", envvar="CONSENTRY_VERIFIER_URL", required=True, help="The verifier's URL.")
def look(request_id: str, url: str) -> None:
    """Show what became of REQUEST_ID: state, checks, and claims if they may be seen now."""
    _print(_desk(url, f"/desk/requests/{request_id}"))


@click.command(name="use")
@click.argument("request_id")
@click.argument("purpose")
@click.option("--url", envvar="CONSENTRY_VERIFIER_URL", required=True, help="The verifier's URL.")
def use(request_id: str, purpose: str, url: str) -> None:
    """Use what REQUEST_ID brought for PURPOSE, an HL7 PurposeOfUse code; decided anew each time."""
    _print(_desk(url, f"/desk/requests/{request_id}/uses", {"purpose": purpose}))


@click.command(name="stale-uses")
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
