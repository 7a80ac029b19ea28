"""The commands after the glass was broken: what waits, what is over, what was found."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from consent_contracts.break_glass import Finding
from consent_contracts.break_glass_ending import REVIEW_TYPE, Closing, Review
from consent_contracts.break_glass_roster import state
from consent_contracts.cli.documents import Remote, print_json
from consent_contracts.recipient import parse_did
from consentry.custodian.organisation import (
    opened,
    organisation_options,
    own_key_options,
    own_signer,
)
from ssi_core.adapters.command_line import failing_plainly
from ssi_core.json_types import JsonObject
from ssi_core.period import from_timestamp
from ssi_core.strict_json import as_array, as_integer, as_object

_URL: Final = click.option(
    "--url", envvar="CONSENTRY_CONSENT_URL", required=True, help="The custodian's URL."
)
_FINDING: Final = click.Choice([each.value for each in Finding])
_MOST: Final = 500


@click.group(name="emergencies")
def emergencies() -> None:
    """List the emergencies of a custodian; close and review those of an organisation."""


@emergencies.command(name="list")
@_URL
@click.option("--unreviewed", is_flag=True, help="Only those that have ended and wait for review.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_emergencies(url: str, *, unreviewed: bool, as_json: bool) -> None:
    """List emergencies: session, state, review due by, reason, who looked.

    Those that wait for a review come by their deadline, and `overdue` stands for the state where
    that is past. The custodian's token is expected in CONSENTRY_CONSENT_ADMIN_TOKEN.
    """
    with failing_plainly():
        custodian = Remote(url=url)
        if unreviewed:
            shown = custodian.get(f"/consent/emergencies/unreviewed?limit={_MOST}")
        else:
            shown = {"emergencies": list(_all(custodian))}
        if as_json:
            print_json(shown)
            return
        for each in _emergencies(shown):
            click.echo("  ".join(_columns(each)))


@emergencies.command(name="close")
@click.argument("session")
@_URL
@organisation_options
def close(session: str, url: str, **options: Any) -> None:
    """End SESSION now, as the organisation that opened it: nothing more is released."""
    with failing_plainly(), opened(**options) as asking:
        closing = Closing(**asking.address(url), session=session)
        asking.tell(closing, "/emergencies/closings", "closing")


@emergencies.command(name="review")
@click.argument("session")
@_URL
@click.option("--reviewer", required=True, help="DID of the person who looked at it.")
@click.option("--finding", type=_FINDING, required=True, help="What the person found.")
@click.option("--grounds", required=True, help="Why, for the person whose data it was.")
@own_key_options
@organisation_options
def review(  # noqa: PLR0917 - a command's options
    session: str,
    url: str,
    reviewer: str,
    finding: str,
    grounds: str,
    own_keys: Path | None,
    own_passphrase: str | None,
    **options: Any,
) -> None:
    """Say what somebody else found of SESSION, as the organisation that opened it; once."""
    with failing_plainly(), opened(**options) as asking:
        said = Review(
            **asking.address(url),
            session=session,
            reviewer=parse_did(reviewer, at="--reviewer"),
            finding=Finding(finding),
            grounds=grounds,
        )
        if own_keys is not None:
            own, at = own_signer(own_keys, own_passphrase), said.issued_at
            signed = state(said.to_json(), typ=REVIEW_TYPE, signer=own, at=at)
            said = replace(said, statement=signed)
        asking.tell(said, "/emergencies/reviews", "review")


def _all(custodian: Remote) -> Iterator[JsonObject]:
    after: int | None = 0
    while after is not None:
        page = custodian.get(f"/consent/emergencies?after={after}&limit={_MOST}")
        yield from _emergencies(page)
        after = None if page.get("next") is None else as_integer(page["next"], at="/next")


def _emergencies(page: JsonObject) -> Iterator[JsonObject]:
    for each in as_array(page.get("emergencies"), at="/emergencies"):
        yield as_object(each, at="/emergencies")


def _columns(emergency: JsonObject) -> Iterator[str]:
    yield str(emergency["session"])
    yield "overdue" if emergency.get("overdue") is True else str(emergency["state"])
    due_at = emergency.get("review_due_at")
    moment = None if due_at is None else from_timestamp(as_integer(due_at, at="/review_due_at"))
    yield "" if moment is None else f"{moment:%Y-%m-%dT%H:%MZ}"
    yield str(emergency["reason"])
    yield str(emergency["actor"])
