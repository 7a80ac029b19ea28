"""`list` and `show`: which grants there are, and what one says."""

from collections.abc import Iterator
from pathlib import Path

import click

from consent_contracts.cli.documents import (
    from_files_or_custodian,
    print_json,
    record_from,
    records_from,
)
from consent_contracts.recipient import Accreditation
from consent_contracts.record import GrantRecord
from ssi_core.adapters.command_line import failing_plainly


@click.command(name="list")
@from_files_or_custodian
def list_grants(grants: Path | None, url: str | None) -> None:
    """List grants: id, effect, state, until when, purposes, recipient."""
    with failing_plainly():
        for record in records_from(grants, url):
            click.echo("  ".join(_columns(record)))


@click.command(name="show")
@click.argument("grant_id")
@from_files_or_custodian
def show(grant_id: str, grants: Path | None, url: str | None) -> None:
    """Print the grant GRANT_ID with all that is known about it."""
    with failing_plainly():
        print_json(record_from(grant_id, grants, url).to_json())


def _columns(record: GrantRecord) -> Iterator[str]:
    grant, end = record.grant, record.grant.period.end
    yield grant.id or "(in no log)"
    yield grant.effect.value
    yield "unknown" if record.state is None else record.state.value
    yield "" if end is None else f"{end:%Y-%m-%d}"
    yield ",".join(sorted(each.value for each in grant.purposes))
    party = grant.recipient.party
    if party is None:
        yield "anyone"
    elif isinstance(party, Accreditation):
        yield f"any {party.kind.value} accredited by {party.accredited_by}"
    else:
        yield str(party)
