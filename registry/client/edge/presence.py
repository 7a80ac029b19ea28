"""Whether the registry answers, since when, and how long to wait before it is asked again."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject

_MOST_DOUBLINGS: Final = 20


class Reach(StrEnum):
    """What is known of the way to the registry; `unknown` until it was tried."""

    UNKNOWN = "unknown"
    ONLINE = "online"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often the registry is asked, in seconds: `calm` apart while it answers.

    While it does not, first after `first`, then twice as long each time, up to `most`. Each wait is
    shortened by up to half of it at random, so that many who lost one registry at the same moment
    do not all come back at the same moment.
    """

    calm: float = 10.0
    first: float = 0.5
    most: float = 5.0

    def __post_init__(self) -> None:
        if not 0 < self.first <= self.most or self.calm <= 0:
            raise MalformedError("a pace has waits above zero, the first no longer than the most")


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """The registry as we have it: online or offline `since` a moment, after so many failures."""

    reach: Reach
    since: datetime
    failures: int = 0

    @property
    def is_offline(self) -> bool:
        """Whether the last thing that we heard of the registry was nothing."""
        return self.reach is Reach.OFFLINE

    def heard(self, at: datetime) -> "Presence":
        """Return the presence after an answer."""
        if self.reach is Reach.ONLINE:
            return self
        return Presence(reach=Reach.ONLINE, since=at)

    def failed(self, at: datetime) -> "Presence":
        """Return the presence after a call that found nobody."""
        if self.reach is Reach.OFFLINE:
            return replace(self, failures=self.failures + 1)
        return Presence(reach=Reach.OFFLINE, since=at, failures=1)

    def wait(self, pace: Pace, *, jitter: float) -> float:
        """Return the seconds until the next probe; `jitter` is a random number from 0 to 1."""
        if self.is_offline:
            doublings = min(self.failures - 1, _MOST_DOUBLINGS)
            whole = min(pace.first * float(2**doublings), pace.most)
        else:
            whole = pace.calm
        return whole * (1 - jitter / 2)

    def to_json(self) -> JsonObject:
        """Return what a role says of its registry where it says how it is."""
        return {"state": self.reach.value, "since": self.since.isoformat()}

    def to_health(self, *, not_sent: int | None = None) -> dict[str, str | int]:
        """Return what a role that answers says to whoever asks how it is.

        `not_sent` is how many entries wait for the registry, of a role that hands any in.
        """
        waiting = {} if not_sent is None else {"not_sent": not_sent}
        return {
            "status": "ok",
            "registry": self.reach.value,
            "since": self.since.isoformat(),
            **waiting,
        }
