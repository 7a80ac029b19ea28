"""The command that shows, and sends, what an organisation's outbox has not sent."""

from contextlib import closing
from pathlib import Path

import click

from registry.cli.speaking import FOLDER, opened_outbox
from registry.client import RegistryClient
from registry.client.edge import Item, Outbox, Report
from registry.model.envelope import Entry
from ssi_core import strict_json
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.reach import Reach
from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.errors import ConflictError, UnavailableError
from ssi_core.json_types import JsonObject
from ssi_core.period import to_rfc3339


@click.command(name="waiting")
@FOLDER
@click.option("--registry", "url", help="The registry's URL: send first what waits for it.")
@click.option(
    "--dismiss",
    "leaves",
    metavar="LEAF",
    multiple=True,
    help="Set a refused entry aside, by its `leaf`; may be given more than once.",
)
def show_waiting(data_dir: Path, url: str | None, leaves: tuple[str, ...]) -> None:
    """Show what an organisation signed that the log does not have, and what the log refused.

    Fails if the log refused something just now, or could not be asked. Nothing that was refused is
    signed again: say it anew, if it still should be said. What is dismissed is kept, as the record
    of what was refused and why; what may still be sent cannot be dismissed.
    """
    dismissed = [base64url_decode(leaf, at="--dismiss") for leaf in leaves]
    with opened_outbox(data_dir) as outbox:
        report = Report() if url is None else _sent(outbox, url)
        for leaf in dismissed:
            outbox.dismiss(leaf)
        items = {
            "queued": outbox.queued(),
            "refused": outbox.refused(),
            "dismissed": outbox.dismissed(),
        }
        shown = {state: [_shown(item) for item in found] for state, found in items.items()}
        click.echo(strict_json.render(shown))
        report.require_all()


def _sent(outbox: Outbox, url: str) -> Report:
    with closing(HttpClient(reach=Reach.ANY)) as http:
        registry = RegistryClient(http, url)
        try:
            origin = registry.log().origin
        except UnavailableError as error:
            return Report(problem=error)
        # Another log would refuse everything, and what was refused is not sent again.
        if any(Entry.parse(item.entry).log != origin for item in outbox.queued()):
            raise ConflictError("the registry keeps another log than the entries are for")
        return outbox.drain(registry)


def _shown(item: Item) -> JsonObject:
    shown: dict[str, str | int] = {
        "leaf": base64url_encode(item.leaf),
        "type": item.type,
        "since": to_rfc3339(item.queued_at),
    }
    more = {
        "about": item.about,
        "code": item.code,
        "reason": item.reason,
        "entry": item.winner,
        "after": None if item.after is None else base64url_encode(item.after),
    }
    return {**shown, **{name: value for name, value in more.items() if value is not None}}
