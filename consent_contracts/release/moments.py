"""Dates as FHIR writes them, to the year, month, day or second, and the spans that they stand for.

https://hl7.org/fhir/R4/datatypes.html#dateTime. A date without a time zone may have been written
anywhere, so it stands for the widest span that it can mean.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Self

from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonValue
from ssi_core.period import Period, from_rfc3339

_DATE: Final = re.compile(r"([0-9]{4})(?:-(0[1-9]|1[0-2])(?:-([0-9]{2})(T.{1,40})?)?)?", re.ASCII)
_FIRST_ZONE: Final = timedelta(hours=14)
_LAST_ZONE: Final = timedelta(hours=12)
_SECOND: Final = timedelta(seconds=1)
_FIRST_YEAR, _LAST_YEAR = 1800, 2200
_DECEMBER: Final = 12


@dataclass(frozen=True, slots=True)
class Moment:
    """A date as it was written: its year, its month if it was said, and the span it stands for."""

    year: int
    month: int | None
    span: Period

    @classmethod
    def read(cls, value: JsonValue) -> Self | None:
        """Return the date that `value` writes; nothing if it is none, or of no likely year."""
        match = _DATE.fullmatch(value) if isinstance(value, str) else None
        if match is None or not _FIRST_YEAR <= int(match[1]) < _LAST_YEAR:
            return None
        year, month = int(match[1]), int(match[2]) if match[2] else None
        try:
            if match[4]:
                start = from_rfc3339(match[0])
                return cls(year, month, Period(start, start + _SECOND))
            if match[3]:
                day = datetime(year, month or 1, int(match[3]), tzinfo=UTC)
                return cls(year, month, _anywhere(day, day + timedelta(days=1)))
        except (MalformedError, ValueError):
            return None
        return cls(year, month, whole_years(year, year) if month is None else _month(year, month))

    @property
    def coarse(self) -> Period:
        """The whole month, or the whole year if no more was said."""
        if self.month is None:
            return whole_years(self.year, self.year)
        return _month(self.year, self.month)

    def __str__(self) -> str:
        return f"{self.year:04}" if self.month is None else f"{self.year:04}-{self.month:02}"


def whole_years(first: int, last: int) -> Period:
    """Return the years from `first` through `last`, in every time zone."""
    return _anywhere(datetime(first, 1, 1, tzinfo=UTC), datetime(last + 1, 1, 1, tzinfo=UTC))


def _month(year: int, month: int) -> Period:
    following = (year + 1, 1) if month == _DECEMBER else (year, month + 1)
    return _anywhere(datetime(year, month, 1, tzinfo=UTC), datetime(*following, 1, tzinfo=UTC))


def _anywhere(start: datetime, end: datetime) -> Period:
    return Period(start - _FIRST_ZONE, end + _LAST_ZONE)
