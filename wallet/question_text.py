"""A question as plain text, for terminals and for anything that reads aloud."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from consent_contracts.request import ConsentRequest
from ssi_core.json_types import JsonValue
from wallet.question import Accredited, Asker, Question, ShownOption, ShownShare, days_asked

_ACCREDITED: Final = {
    Accredited.YES: "accredited to ask for this",
    Accredited.NO: "NOT accredited to ask for this",
    Accredited.UNKNOWN: "could not find out whether it is accredited",
}
_INDENT: Final = " " * 12
_OBLIGATIONS: Final = {
    "erase_on_withdrawal": "erase your data when you withdraw",
    "erase_on_expiry": "erase your data when the period ends",
    "erase_after_use": "erase your data after use",
    "notify_of_use": "tell you of every use",
    "no_reidentification": "not try to find out who you are",
}


def render(question: Question) -> str:
    """Return the question as lines of text."""
    return "\n".join(_lines(question))


def printable(text: str) -> str:
    """Return `text` on one line and without control characters: a stranger wrote it."""
    return "".join(char if char.isprintable() else " " for char in text)


def _lines(question: Question) -> Iterator[str]:
    yield from _who(question.asker)
    yield from _why(question.consent)
    for index, option in enumerate(question.options):
        yield from _option(index, option, among=len(question.options))
    if question.consent is not None:
        yield _line("If you say no", printable(question.consent.if_refused))
    for warning in question.warnings:
        yield _line("Note", warning)


def _who(asker: Asker) -> Iterator[str]:
    yield _line("Who", _called(asker))
    if asker.name:
        yield _line("", printable(asker.did or asker.client_id))
    yield _line("", f"the answer goes to {printable(asker.response_origin)}")
    yield _line("", _ACCREDITED[asker.accredited])


def _called(asker: Asker) -> str:
    if asker.name is None:
        return printable(asker.client_id)
    name = printable(asker.name)
    # Only who is accredited has a name that somebody else vouches for.
    return name if asker.accredited is Accredited.YES else f"calls itself “{name}”"


def _why(consent: ConsentRequest | None) -> Iterator[str]:
    if consent is None:
        yield _line("Why", "does not say why")
        return
    purposes = (f"{purpose.display} ({purpose.value})" for purpose in sorted(consent.purposes))
    yield _line("Why", ", ".join(purposes))
    yield _line("", f"“{printable(consent.notice.text)}”")
    yield _line("Until", f"{_date(consent.period.end)} ({_days(days_asked(consent))})")
    yield _line("Access", f"{consent.access}, {_onward(onward=consent.limits.onward_sharing)}")
    promised = [_OBLIGATIONS.get(each.value, each.value) for each in sorted(consent.obligations)]
    if promised:
        yield _line("It promises", "to " + "; to ".join(promised))


def _option(index: int, option: ShownOption, *, among: int) -> Iterator[str]:
    if among > 1:
        yield _line("Option", str(index))
    for share in option.shares:
        yield from _share(share)


def _share(share: ShownShare) -> Iterator[str]:
    yield _line("Would go", f"from {printable(share.title)}, by {printable(share.issuer_name)}")
    for claim in share.claims:
        yield f"{_INDENT}    {printable(claim.label)}: {_value(claim.value)}"
    if not share.claims:
        yield f"{_INDENT}    only that you have it"
    if share.withheld:
        yield _line("Stays here", _list(share.withheld))


def _line(head: str, text: str) -> str:
    return f"{head:<13} {text}"


def _list(names: Iterable[str]) -> str:
    return ", ".join(printable(name) for name in names)


def _value(value: JsonValue) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case None:
            return "none"
        case _:
            return printable(str(value))


def _date(moment: datetime | None) -> str:
    return "an open end" if moment is None else moment.strftime("%Y-%m-%d %H:%M UTC")


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def _onward(*, onward: bool) -> str:
    return "may be passed on to others" if onward else "not to be passed on"
