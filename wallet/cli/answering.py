"""Commands about questions and grants: inspect, present, refuse, list, withdraw."""

import sys
from collections.abc import Iterator
from typing import Any

import click

from ssi_core import claim_path
from ssi_core.adapters.command_line import REFUSED
from ssi_core.json_types import JsonValue
from wallet import question_text
from wallet.api.questions import render_sharing
from wallet.cli.opening import JSON, opened, show, wallet_options
from wallet.grants import GrantView
from wallet.question import Choice, Question
from wallet.question_text import printable
from wallet.service import Wallet
from wallet.sharing import Sharing


@click.command(name="inspect")
@click.argument("request")
@JSON
@wallet_options
def inspect(request: str, *, as_json: bool, **options: Any) -> None:
    """Show what REQUEST (openid4vp://...) asks for, and send nothing."""
    with opened(options) as wallet:
        question = wallet.inspect(request)
        show(question.to_json(), as_json=as_json, lines=[question_text.render(question)])


@click.command(name="present")
@click.argument("request")
@click.option("--yes", is_flag=True, help="Say yes without being asked.")
@click.option("--days", type=int, help="Consent for fewer days than are asked for.")
@click.option("--option", type=int, default=0, show_default=True, help="Which option.")
@click.option("--purpose", "purposes", multiple=True, help="Consent to this purpose only.")
@click.option("--without", multiple=True, help="Keep this claim back, as code/display.")
@JSON
@wallet_options
def present(  # noqa: PLR0917 - a command's options
    request: str,
    days: int | None,
    option: int,
    purposes: tuple[str, ...],
    without: tuple[str, ...],
    *,
    yes: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Show what REQUEST asks for, and answer it."""
    choice = Choice(
        option=option,
        days=days,
        purposes=purposes or None,
        without=tuple(_path(text) for text in without),
    )
    with opened(options) as wallet:
        question = wallet.inspect(request)
        if not yes and not _says_yes(wallet, question):
            return
        sharing = wallet.consent(question, choice)
        who = printable(question.asker.name or question.asker.client_id)
        grant = "" if sharing.consented is None else f" under grant {sharing.consented.grant_id}"
        receipt = "" if sharing.consented is None or sharing.receipt else ", without a receipt"
        show(
            render_sharing(sharing),
            as_json=as_json,
            lines=[f"{who} has it{grant}{receipt}.", *_goes_on(sharing)],
        )


@click.command(name="refuse")
@click.argument("request")
@wallet_options
def refuse(request: str, **options: Any) -> None:
    """Say no to REQUEST: who asks is told just that."""
    with opened(options) as wallet:
        wallet.refuse(wallet.inspect(request))
        click.echo("Refused.")


@click.command(name="grants")
@JSON
@wallet_options
def list_grants(*, as_json: bool, **options: Any) -> None:
    """Show who may see what right now, and who could once."""
    with opened(options) as wallet:
        views = wallet.grants()
        show(
            {"grants": [view.to_json() for view in views]},
            as_json=as_json,
            lines=[line for view in views for line in _grant(view)],
        )


@click.command(name="withdraw")
@click.argument("grant")
@JSON
@wallet_options
def withdraw(grant: str, *, as_json: bool, **options: Any) -> None:
    """Take GRANT back: it ends in the log, and its recipient has to confirm that."""
    with opened(options) as wallet:
        view = wallet.withdraw(grant)
        show(view.to_json(), as_json=as_json, lines=list(_grant(view)))


def _goes_on(sharing: Sharing) -> Iterator[str]:
    if sharing.redirect_uri is not None:
        yield f"It asks you to go on at {printable(sharing.redirect_uri)}"


def _says_yes(wallet: Wallet, question: Question) -> bool:
    click.echo(question_text.render(question), err=True)
    if not sys.stdin.isatty():
        raise click.ClickException("nobody is there to say yes; --yes does")
    said = click.prompt(
        "Your answer", type=click.Choice(["yes", "no", "later"]), default="later", err=True
    )
    if said == "no":
        wallet.refuse(question)
        click.echo("Refused.", err=True)
    if said == "later":
        click.echo("Nothing was sent.", err=True)
        sys.exit(REFUSED)
    return bool(said == "yes")


def _path(text: str) -> claim_path.ClaimPath:
    parts: list[JsonValue] = [int(part) if part.isdecimal() else part for part in text.split("/")]
    return claim_path.parse(parts, at="--without")


def _grant(view: GrantView) -> Iterator[str]:
    purposes = ", ".join(purpose.display for purpose in sorted(view.grant.purposes))
    end = view.grant.period.end
    until = "" if end is None else f" until {end:%Y-%m-%d %H:%M UTC}"
    mark = "  (not sent)" if view.not_sent else ""
    name = printable(view.recipient_name)
    yield f"{view.id}  {view.state.value}  {name}: {purposes}{until}{mark}"
    for given in view.given:
        yield f"    {printable(given.title)}: {', '.join(map(printable, given.labels))}"
    if view.acknowledged_at is not None:
        yield f"    confirmed by the recipient on {view.acknowledged_at:%Y-%m-%d %H:%M UTC}"
    elif view.problem is not None:
        yield f"    {printable(view.problem)}"
