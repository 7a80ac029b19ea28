"""The commands at the administrator's desk, which ask a running issuer."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click

from issuer.configurations import Format
from ssi_core import strict_json
from ssi_core.adapters.command_line import failing_plainly
from ssi_core.adapters.http import HttpAnswer, HttpClient
from ssi_core.adapters.reach import Reach
from ssi_core.json_types import JsonObject, JsonValue

_TOKEN: Final = "CONSENTRY_ISSUER_ADMIN_TOKEN"  # noqa: S105 - the name of a variable
_UPLOAD_SECONDS: Final = 60.0
_URL: Final = click.option(
    "--url", envvar="CONSENTRY_ISSUER_URL", required=True, help="The issuer's URL."
)
_TOKEN_FILE: Final = click.option(
    "--token-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help=f"File with the administrator's token, if it is not in {_TOKEN}.",
)


@click.command(name="bundle")
@click.argument("file", type=click.File("rb"))
@_URL
@_TOKEN_FILE
def import_bundle(file: Any, url: str, token_file: Path | None) -> None:
    """Import the FHIR bundle FILE (- is standard input); print what can be offered."""
    with _desk(token_file) as (http, headers):
        _print(
            http.post(
                url.rstrip("/") + "/admin/bundles",
                body=file.read(),
                content_type="application/fhir+json",
                headers=headers,
            )
        )


@click.command(name="offer")
@click.argument("record")
@click.argument("resources", nargs=-1, required=True)
@click.option("--without-tx-code", is_flag=True, help="Let the link alone be enough.")
@click.option(
    "--format",
    "formats",
    type=click.Choice(list(Format)),
    multiple=True,
    default=[Format.SD_JWT_VC],
    help="Format of the credentials; give it twice to leave the choice to the wallet.",
)
@_URL
@_TOKEN_FILE
def offer(
    record: str,
    resources: tuple[str, ...],
    *,
    formats: tuple[Format, ...],
    without_tx_code: bool,
    url: str,
    token_file: Path | None,
) -> None:
    """Offer RESOURCES of RECORD; print the link, and the code to be told by another way."""
    body: dict[str, JsonValue] = {
        "record": record,
        "resources": list(resources),
        "formats": list(formats),
        "tx_code": not without_tx_code,
    }
    with _desk(token_file) as (http, headers):
        _print(http.post_json(url.rstrip("/") + "/admin/offers", body, headers=headers))


@click.command(name="show-offer")
@click.argument("offer_id")
@_URL
@_TOKEN_FILE
def show_offer(offer_id: str, url: str, token_file: Path | None) -> None:
    """Show where OFFER_ID is in its life, and the credentials that were issued for it."""
    with _desk(token_file) as (http, headers):
        _print(http.get(f"{url.rstrip('/')}/admin/offers/{offer_id}", headers=headers))


def _changing(verb: str, says: str) -> click.Command:
    """Return the command that changes whether a credential is good."""

    @click.command(name=verb, help=says)
    @click.argument("credential")
    @_URL
    @_TOKEN_FILE
    def change(credential: str, url: str, token_file: Path | None) -> None:
        path = f"/admin/credentials/{credential}/{verb}"
        with _desk(token_file) as (http, headers):
            _print(http.post_json(url.rstrip("/") + path, {}, headers=headers))

    return change


revoke: Final = _changing("revoke", "Revoke CREDENTIAL and all its copies, for ever.")
suspend: Final = _changing(
    "suspend", "Suspend CREDENTIAL and all its copies, until it is reinstated."
)
reinstate: Final = _changing("reinstate", "End the suspension of CREDENTIAL.")


@click.command(name="waiting")
@click.option(
    "--sign-again",
    "uri",
    metavar="URI",
    help="Sign the refused list at URI again first, as it is now: look at the log before.",
)
@click.option(
    "--dismiss",
    "dismissed",
    metavar="URI",
    multiple=True,
    help="Set aside what was refused of a list that is served no more; may be given repeatedly.",
)
@_URL
@_TOKEN_FILE
def show_waiting(
    uri: str | None, dismissed: tuple[str, ...], url: str, token_file: Path | None
) -> None:
    """Show the versions of status lists that the log does not have, and why it refused some.

    What was refused is tried again whenever something is sent, and replaced by what is signed
    again. What is dismissed is kept, as the record of what was refused and why; a list that is
    served, and what may still be sent, cannot be dismissed.
    """
    base = url.rstrip("/") + "/admin/publications"
    with _desk(token_file) as (http, headers):
        if uri is not None:
            http.post_json(f"{base}/sign-again", {"uri": uri}, headers=headers).require_ok()
        for each in dismissed:
            http.post_json(f"{base}/dismiss", {"uri": each}, headers=headers).require_ok()
        _print(http.get(base, headers=headers))


@contextmanager
def _desk(token_file: Path | None) -> Iterator[tuple[HttpClient, Mapping[str, str]]]:
    token = os.environ.get(_TOKEN)
    if token_file is not None:
        token = token_file.read_text(encoding="ascii").strip()
    if not token:
        message = f"the administrator's token is expected in {_TOKEN}, or in a --token-file"
        raise click.ClickException(message)
    http = HttpClient(timeout=_UPLOAD_SECONDS, max_bytes=16 * 1_048_576, reach=Reach.ANY)
    try:
        with failing_plainly():
            yield http, {"Authorization": f"Bearer {token}"}
    finally:
        http.close()


def _print(answer: HttpAnswer) -> None:
    body: JsonObject = answer.require_ok().json()
    click.echo(strict_json.render(body))
