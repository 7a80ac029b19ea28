"""A replica: it follows another's log, believes none of it unverified, and shows what it verified."""

from registry.service.replica.follower import Follower, Progress
from registry.service.replica.source import Seen, Source, Trust

__all__ = ["Follower", "Progress", "Seen", "Source", "Trust"]
