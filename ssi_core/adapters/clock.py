"""The time, as a thing that can be passed in."""

from datetime import UTC, datetime, timedelta
from typing import Protocol, final

from ssi_core.errors import MalformedError


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present moment, aware and in UTC."""
        ...


@final
class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present moment, aware and in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - this adapter is where the clock is read


@final
class FixedClock:
    """A clock that stands still until it is moved, for tests and simulations."""

    def __init__(self, moment: datetime) -> None:
        self.set(moment)

    def now(self) -> datetime:
        """Return the moment that was set."""
        return self._moment

    def set(self, moment: datetime) -> None:
        """Make it `moment`, which must be aware."""
        if moment.tzinfo is None:
            raise MalformedError("a moment needs a time zone")
        self._moment = moment.astimezone(UTC)

    def advance(self, span: timedelta) -> None:
        """Move on by `span`."""
        self._moment += span
