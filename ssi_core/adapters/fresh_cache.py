"""Keeps what was fetched for as long as it says itself that it may be kept, and never longer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Final, Generic, TypeVar, final

_MAX_KEPT: Final = 256
_Fact = TypeVar("_Fact")


@dataclass(frozen=True, slots=True)
class _Kept(Generic[_Fact]):
    fact: _Fact
    fetched_at: datetime
    ttl: timedelta
    expires_at: datetime | None

    def is_fresh(self, at: datetime) -> bool:
        in_force = self.expires_at is None or at < self.expires_at
        # A clock that was set back makes nothing fresh.
        return in_force and timedelta(0) <= at - self.fetched_at < self.ttl


@final
class FreshCache(Generic[_Fact]):
    """Facts by URL, 256 at most. Threads may share one."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept[_Fact]] = {}
        self._lock = Lock()

    def find(self, url: str, *, at: datetime) -> _Fact | None:
        """Return what was kept for `url`, if it is still fresh."""
        with self._lock:
            kept = self._kept.get(url)
        return kept.fact if kept is not None and kept.is_fresh(at) else None

    def keep(
        self,
        url: str,
        fact: _Fact,
        *,
        at: datetime,
        ttl: timedelta | None,
        expires_at: datetime | None,
    ) -> None:
        """Keep `fact` for `ttl` from `at`, not beyond `expires_at`; without a ttl not at all."""
        if ttl is None:
            return
        with self._lock:
            if len(self._kept) >= _MAX_KEPT:
                self._kept.clear()
            self._kept[url] = _Kept(fact, at, ttl, expires_at)
