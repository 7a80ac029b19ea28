"""Half-open spans of time, and moments as the wire has them."""

import re
from calendar import timegm
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from ssi_core.errors import ExpiredError, MalformedError, NotYetValidError

# The first second of year 10000, which `datetime` cannot hold.
END_OF_TIME: Final = 253_402_300_800
_RFC3339: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)
# XSD 1.1 part 2, dateTimeStamp, but that the offset may be missing.
_DATE_TIME_STAMP: Final = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})T"
    r"(?:(?P<midnight>24:00:00(?:\.0+)?)"
    r"|(?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2})(?:(?P<fraction>\.[0-9]{1,6})[0-9]*)?)"
    r"(?P<offset>Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Period:
    """`start` is inside, `end` is not; either may be open (`None`)."""

    start: datetime | None
    end: datetime | None

    def __post_init__(self) -> None:
        for moment in (self.start, self.end):
            if moment is not None and moment.tzinfo is None:
                raise MalformedError("a period needs time zones")
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise MalformedError("a period ends after it starts")

    def __contains__(self, moment: datetime) -> bool:
        return (self.start is None or self.start <= moment) and (
            self.end is None or moment < self.end
        )

    def covers(self, other: "Period") -> bool:
        """Say whether every moment of `other` is also in this period."""
        starts = self.start is None or (other.start is not None and self.start <= other.start)
        ends = self.end is None or (other.end is not None and other.end <= self.end)
        return starts and ends

    def require(self, moment: datetime, *, at: str) -> None:
        """Return if `moment` is inside; raise `NotYetValidError` or `ExpiredError` if not.

        `at` is the JSON pointer or the name of the thing whose period this is.
        """
        if self.start is not None and moment < self.start:
            raise NotYetValidError("not valid yet", at=at)
        if self.end is not None and moment >= self.end:
            raise ExpiredError("validity is over", at=at)


def from_timestamp(seconds: int, *, at: str | None = None) -> datetime:
    """Return the moment that lies `seconds` after 1970-01-01T00:00:00Z (a NumericDate)."""
    if not 0 <= seconds < END_OF_TIME:
        raise MalformedError("not a moment between 1970 and 9999", at=at)
    return datetime.fromtimestamp(seconds, UTC)


def to_timestamp(moment: datetime) -> int:
    """Return whole seconds since 1970-01-01T00:00:00Z, fractions cut off."""
    if moment.tzinfo is None:
        raise MalformedError("a moment needs a time zone")
    return timegm(moment.utctimetuple())


def from_rfc3339(text: str, *, at: str | None = None) -> datetime:
    """Return the moment, in UTC, that an RFC 3339 date-time (an XSD dateTimeStamp) names."""
    if _RFC3339.fullmatch(text) is None:
        raise MalformedError("not an RFC 3339 date-time", at=at)
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise MalformedError("not an RFC 3339 date-time", at=at) from None


def from_date_time_stamp(text: str, *, at: str | None = None) -> datetime:
    """Return the moment, in UTC, that an XSD dateTimeStamp names; without an offset it is in UTC.

    "Representing Time" of VCDM 2.0 and section 2.1 of VC Data Integrity ask for that leniency.
    """
    match = _DATE_TIME_STAMP.fullmatch(text)
    if match is None:
        raise MalformedError("not a dateTimeStamp", at=at)
    time = (match["time"] or "00:00:00") + (match["fraction"] or "")
    try:
        moment = datetime.fromisoformat(f"{match['day']}T{time}{match['offset'] or 'Z'}")
        return moment.astimezone(UTC) + timedelta(days=1 if match["midnight"] else 0)
    except (ValueError, OverflowError):
        raise MalformedError("not a dateTimeStamp", at=at) from None


def to_rfc3339(moment: datetime, *, fractions: bool = False) -> str:
    """Return `moment` in UTC as `YYYY-MM-DDThh:mm:ssZ`, fractions cut off unless asked for."""
    if moment.tzinfo is None:
        raise MalformedError("a moment needs a time zone")
    utc = moment.astimezone(UTC) if fractions else moment.astimezone(UTC).replace(microsecond=0)
    return utc.isoformat().removesuffix("+00:00") + "Z"
