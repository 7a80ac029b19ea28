"""The commands with which an organisation says something in the log: accreditations, its keys."""

from datetime import timedelta
from pathlib import Path
from typing import Final

import click

from registry.cli.speaking import opened_speaker, speaking
from registry.model.accreditations import Role
from ssi_core.adapters.clock import SystemClock
from ssi_core.did.syntax import Did
from ssi_core.period import Period

_YEAR: Final = 365


@click.command(name="accredit")
@speaking
@click.option("--subject", help="The DID to accredit; the accreditor itself, as root, if absent.")
@click.option(
    "--role",
    type=click.Choice(list(Role), case_sensitive=False),
    default=Role.ISSUE,
    show_default=True,
)
@click.option("--type", "types", multiple=True, required=True, help="A credential type.")
@click.option("--parent", help="The id of the accreditor's own accreditation.")
@click.option(
    "--days",
    type=click.IntRange(1),
    help="How long it holds; by default a year, or two for a root.",
)
def accredit(  # noqa: PLR0917 - a command's options
    url: str,
    name: str,
    data_dir: Path,
    passphrase: str | None,
    subject: str | None,
    role: Role,
    types: tuple[str, ...],
    parent: str | None,
    days: int | None,
) -> None:
    """Say in the log that an organisation may issue, verify or accredit; print the entry's id."""
    now = SystemClock().now()
    # What is accredited under a root must end with it at the latest.
    days = days or (2 * _YEAR if subject is None else _YEAR)
    period = Period(now, now + timedelta(days=days))
    with opened_speaker(url, name, data_dir, passphrase) as speaker:
        accreditor = speaker.organisation
        if subject is None:
            click.echo(accreditor.accredit_root(types=types, period=period))
            return
        did = Did.parse(subject, at="--subject")
        click.echo(accreditor.accredit(did, role=role, types=types, period=period, parent=parent))


@click.command(name="end-accreditation")
@speaking
@click.argument("accreditation_id")
def end_accreditation(  # noqa: PLR0917 - a command's options
    url: str, name: str, data_dir: Path, passphrase: str | None, accreditation_id: str
) -> None:
    """Say in the log that ACCREDITATION_ID has ended: one of its own, or one below it."""
    with opened_speaker(url, name, data_dir, passphrase) as speaker:
        speaker.organisation.end_accreditation(accreditation_id)


@click.command(name="rotate")
@speaking
def rotate(url: str, name: str, data_dir: Path, passphrase: str | None) -> None:
    """Replace the key that authorises changes of an organisation's DID; print the DID."""
    with opened_speaker(url, name, data_dir, passphrase) as speaker:
        speaker.organisation.rotate()
        click.echo(str(speaker.organisation.did))
