"""Dates and periods of FHIR, whose precision varies, as half-open spans of time, and back.

https://hl7.org/fhir/R4/datatypes.html#dateTime: a period includes every moment that its end
matches, so one that ends "2022-12-31" ends with that day.
"""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from consent_contracts.fhir.element import Element
from ssi_core.errors import DataLossError, MalformedError
from ssi_core.json_types import JsonObject
from ssi_core.period import Period, to_rfc3339

PERIOD: Final = ("start", "end")
_SECOND: Final = timedelta(seconds=1)
_DECEMBER: Final = 12
_DATE: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?", re.ASCII)
_DATE_TIME: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,9})?"
    r"(Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])",
    re.ASCII,
)


def matching(text: str, *, zone: tzinfo, at: str) -> tuple[datetime, datetime]:
    """Return the first moment that a date or date-time matches, and the first after all of them.

    `zone` is that of dates, which do not say theirs. A fraction of a second is refused, for grants
    have whole seconds, and so is a leap second, which has no name in UTC as computers count it.
    """
    try:
        found = _date(text, zone) or _date_time(text, at=at)
        if found is not None:
            return found[0].astimezone(UTC), found[1].astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise MalformedError("not a date or date-time of FHIR", at=at)


def read_period(element: Element, *, zone: tzinfo) -> Period:
    """Return the span of a FHIR Period, whose start or end has to be there."""
    start, end = element.text("start"), element.text("end")
    if start is None and end is None:
        raise MalformedError("has a start or an end", at=element.at)
    first = None if start is None else matching(start, zone=zone, at=f"{element.at}/start")[0]
    after = None if end is None else matching(end, zone=zone, at=f"{element.at}/end")[1]
    return span(first, after, at=element.at)


def span(start: datetime | None, end: datetime | None, *, at: str) -> Period:
    """Return the span from `start` until before `end`; `at` is where a fault gets reported."""
    if start is not None and end is not None and start >= end:
        raise MalformedError("a period ends after it starts", at=at)
    return Period(start, end)


def write_period(period: Period, *, at: str) -> JsonObject:
    """Return the FHIR Period that `read_period` reads as `period`."""
    named = {"start": period.start, "end": None if period.end is None else period.end - _SECOND}
    if any(moment is not None and moment.microsecond for moment in named.values()):
        raise DataLossError("fractions of a second are not written", at=at)
    if period.start is not None and period.end is not None and period.end - period.start < _SECOND:
        raise DataLossError("a period of less than a second is not written", at=at)
    return {name: to_rfc3339(moment) for name, moment in named.items() if moment is not None}


def _date(text: str, zone: tzinfo) -> tuple[datetime, datetime] | None:
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day = (int(part) if part else None for part in match.groups())
    first = datetime(year or 0, month or 1, day or 1, tzinfo=zone)
    if day is not None:
        # By the calendar, for a day need not have 24 hours everywhere.
        return first, first + timedelta(days=1)
    if month is not None and month < _DECEMBER:
        return first, first.replace(month=month + 1)
    return first, first.replace(year=first.year + 1, month=1)


def _date_time(text: str, *, at: str) -> tuple[datetime, datetime] | None:
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        return None
    if match[2] and match[2].strip(".0"):
        raise DataLossError("a fraction of a second has no counterpart here", at=at)
    moment = datetime.fromisoformat(match[1] + match[3])
    return moment, moment + _SECOND
