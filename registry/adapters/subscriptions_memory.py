"""Subscriptions in memory, for tests and simulations."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from threading import Lock
from typing import final

from registry.ports import Subscription
from ssi_core.errors import OverloadedError


@final
class MemorySubscriptionStore:
    """Forgets everything when the process ends. Threads may share it."""

    def __init__(self) -> None:
        self._kept: dict[str, Subscription] = {}
        self._lock = Lock()

    def keep(self, subscription: Subscription, *, limit: int) -> None:
        """Keep or replace a subscription; raise `OverloadedError` if `limit` others are there."""
        with self._lock:
            if len(self._kept.keys() - {subscription.id}) >= limit:
                raise OverloadedError("there are as many subscriptions as allowed")
            self._kept[subscription.id] = subscription

    def find(self, subscription_id: str) -> Subscription | None:
        """Return one subscription."""
        return self._kept.get(subscription_id)

    def all(self) -> Sequence[Subscription]:
        """Return every subscription, by id."""
        with self._lock:
            return sorted(self._kept.values(), key=lambda each: each.id)

    def acknowledge(
        self, subscription_id: str, *, heard: int, acknowledgement: str, at: datetime
    ) -> None:
        """Keep how far one has come; nothing happens if it has ended."""
        with self._lock:
            found = self._kept.get(subscription_id)
            if found is not None:
                self._kept[subscription_id] = replace(
                    found, heard=heard, acknowledgement=acknowledgement, renewed_at=at
                )

    def remove(self, subscription_id: str) -> None:
        """Forget a subscription, if it is there."""
        with self._lock:
            self._kept.pop(subscription_id, None)
