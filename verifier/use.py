"""Later uses of what an answer brought, and withdrawals: what happened, with its evidence."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One use that was asked for, permitted or not. `refusals` is empty for a permit."""

    id: str
    request_id: str
    grant_id: str | None
    purpose: str
    used_at: datetime
    refusals: tuple[str, ...]
    receipt: str | None

    @property
    def permitted(self) -> bool:
        """Whether the use took place."""
        return not self.refusals


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """A withdrawal that reached us and was confirmed, and what we signed for it.

    `notice` is the digest of the notice as it came.
    """

    notice: str
    grant_id: str
    received_at: datetime
    erased: bool
    acknowledgement: str
