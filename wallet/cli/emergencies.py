"""The command that says what was opened without consent."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

import click

from consent_contracts.break_glass import Ending, Finding
from wallet.cli.opening import JSON, opened, show, wallet_options
from wallet.emergency_record import ToldEmergency
from wallet.question_text import printable

_FOUND: Final[Mapping[Finding, str]] = MappingProxyType(
    {Finding.JUSTIFIED: "justified", Finding.NOT_JUSTIFIED: "not justified"}
)

_ENDED: Final[Mapping[Ending, str]] = MappingProxyType(
    {
        Ending.EXPIRED: "its time was up",
        Ending.CLOSED: "the organisation closed it",
        Ending.REVOKED: "the custodian took the right to look from who had opened it",
        Ending.REFUSED: "the log does not have it",
    }
)


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
    if notice.ended_at is not None:
        why = "" if notice.ending is None else f": {_ENDED[notice.ending]}"
        yield f"    it ended {notice.ended_at:%Y-%m-%d %H:%M UTC}{why}"
    yield from _review(told)


def _review(told: ToldEmergency) -> Iterator[str]:
    said, due_at = told.notice.reviewed, told.notice.review_due_at
    if said is not None:
        found = _FOUND[said.finding]
        yield f"    {printable(str(said.reviewer))} found it {found}: {printable(said.grounds)}"
        if not told.review_proved:
            yield "    it is not known that the organisation signed this review"
    elif due_at is not None:
        yield f"    nobody has reviewed it yet; that is due by {due_at:%Y-%m-%d %H:%M UTC}"
