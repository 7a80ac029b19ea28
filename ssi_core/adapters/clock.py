"""The time, as a thing that can be passed in."""

from datetime import UTC, datetime, timedelta
from typing import Protocol, final


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
        self._moment = moment

    def now(self) -> datetime:
        """Return the moment that was set."""
        return self._moment

    def advance(self, span: timedelta) -> None:
        """Move on by `span`."""
        self._moment += span
