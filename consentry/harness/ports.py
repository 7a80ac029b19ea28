"""What the profile needs from outside."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from ssi_core.verification import Evidence, Need


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present moment, aware and in UTC."""
        ...


class EvidenceSource(Protocol):
    """Collects facts."""

    def gather(self, needs: Collection[Need]) -> Evidence:
        """Return each fact, or the reason why it could not be had; nothing is raised."""
        ...
