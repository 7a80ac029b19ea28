"""The command that says what was opened without consent."""

from collections.abc import Iterator
from typing import Any

import click

from wallet.cli.opening import JSON, opened, show, wallet_options
from wallet.emergency_record import ToldEmergency
from wallet.question_text import printable


@click.command(name="emergencies")
@JSON
@wallet_options
def list_emergencies(*, as_json: bool, **options: Any) -> None:
    """Ask the custodians that are known, and show who looked in an emergency."""
    with opened(options) as wallet:
        wallet.ask_custodians()
        told = wallet.emergencies()
        show(
            {"emergencies": [each.to_json() for each in told]},
            as_json=as_json,
            lines=[line for each in told for line in _lines(each)],
        )


def _lines(told: ToldEmergency) -> Iterator[str]:
    notice = told.notice
    who = f"{printable(str(notice.actor))} for {printable(str(notice.recipient))}"
    yield f"{notice.opened_at:%Y-%m-%d %H:%M UTC}  {who}: {notice.reason.value}"
    if told.proved:
        yield f"    the log has it: {told.id}"
    elif notice.flagged:
        yield "    it was opened while the log was away, and the log does not have it yet"
    else:
        yield "    the log does not show it: ask whoever told you why"
