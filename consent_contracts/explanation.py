"""A decision in plain sentences for the person whose data it is about: no values, no codes.

https://eur-lex.europa.eu/eli/reg/2016/679/oj (GDPR, article 12: concise, intelligible, in clear and
plain language). The same decision always reads the same.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from consent_contracts.access import AccessLevel
from consent_contracts.access_request import AccessRequest, RequestedItem
from consent_contracts.decision import Decision, Deny, Permit
from consent_contracts.refusal import Refusal
from consent_contracts.remedies import remedy
from consent_contracts.terms import Limits, Obligation
from consent_contracts.wire import require_name

_NO: Final = "The answer is no."
_EMERGENCY: Final = (
    "The answer is yes, for an hour at most, because somebody says that it is an emergency.",
    "You did not allow this. It stands in the public log, and another person will look at it.",
)
_NOT_NOW: Final = "The answer is no for now, since not everything could be found out."
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_LEVELS: Final[Mapping[AccessLevel, str]] = MappingProxyType(
    {
        AccessLevel.INFORMATION: "a summary without any value",
        AccessLevel.SAMPLE: "a part of the values, or less exact ones",
        AccessLevel.FULL: "everything that is there",
    }
)
_OBLIGATIONS: Final[Mapping[Obligation, str]] = MappingProxyType(
    {
        Obligation.ERASE_ON_WITHDRAWAL: "It has to be erased when you take the permission back.",
        Obligation.ERASE_ON_EXPIRY: "It has to be erased when the time of the permission is over.",
        Obligation.ERASE_AFTER_USE: "It has to be erased after use.",
        Obligation.NOTIFY_OF_USE: "You have to be told of each use.",
        Obligation.NO_REIDENTIFICATION: "Nobody may try to find out from it who you are.",
    }
)


def explain(request: AccessRequest, decision: Decision, *, asker: str) -> tuple[str, ...]:
    """Return sentences that say who asked for what, the answer, why, and what would change it.

    `asker` is the name under which the person knows whoever asks; it is one line of text.
    """
    require_name(asker, at="/asker")
    opening = (_asked(request, asker), f"The reason given is: {request.purpose.display}.")
    if isinstance(decision, Permit):
        return (*opening, *_yes(decision))
    answer = _NO if isinstance(decision, Deny) else _NOT_NOW
    return (*opening, answer, *decision.explanation, *_remedies(decision.refusals))


def _asked(request: AccessRequest, asker: str) -> str:
    claims = sum(len(each.claims) for each in request.items if isinstance(each, RequestedItem))
    records = sum(not isinstance(each, RequestedItem) for each in request.items)
    named = [
        _counted(claims, "detail of your credentials", "details of your credentials"),
        _counted(records, "health record", "health records"),
    ]
    what = " and ".join(each for each in named if each)
    if not what:
        return f"{asker} asks for nothing in particular."
    highest = max(each.access for each in request.items)
    return f"{asker} asks for {what}: {_LEVELS[highest]}."


def _counted(count: int, one: str, many: str) -> str:
    return "" if not count else f"1 {one}" if count == 1 else f"{count} {many}"


def _yes(permit: Permit) -> Iterator[str]:
    if permit.emergency is not None:
        yield from _EMERGENCY
        yield from _terms(permit)
        return
    yield "The answer is yes."
    represented = any(grant.grantor is not None for grant in permit.grants)
    allowed = "This was allowed in your name" if represented else "You allowed this"
    ends = [each.period.end for each in permit.grants if each.period.end is not None]
    yield f"{allowed}, until {_date(min(ends))} or until you take it back."
    yield from _terms(permit)


def _terms(permit: Permit) -> Iterator[str]:
    yield from _limits(permit.limits)
    for obligation in Obligation:
        if obligation in permit.obligations:
            yield _OBLIGATIONS[obligation]


def _limits(limits: Limits) -> Iterator[str]:
    yield f"It may {'' if limits.onward_sharing else 'not '}be passed on to others."
    if limits.uses is not None:
        yield f"It may be used {_counted(limits.uses, 'time', 'times')} in all."
    if limits.interval is not None:
        yield "Some time has to pass between two uses."
    if limits.erase_by is not None:
        yield f"It has to be erased by {_date(limits.erase_by)}."
    if limits.jurisdictions is not None:
        yield "It may be used only in the countries that you named."
    if limits.minimum_group_size is not None:
        yield f"Results may be told of groups of at least {limits.minimum_group_size} people."


def _remedies(refusals: tuple[Refusal, ...]) -> Iterator[str]:
    yield from dict.fromkeys(remedy(refusal) for refusal in refusals)


def _date(moment: datetime) -> str:
    utc = moment.astimezone(UTC)
    return f"{utc.day} {_MONTHS[utc.month - 1]} {utc.year}, {utc:%H:%M} UTC"
