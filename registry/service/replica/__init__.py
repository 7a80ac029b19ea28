"""A replica: it follows another's log, and shows of it what it has verified."""

from registry.service.replica.follower import Follower, Progress
from registry.service.replica.source import Seen, Source, Trust

__all__ = ["Follower", "Progress", "Seen", "Source", "Trust"]
