"""What the status map says of one grant, at once: for those who trust this registry's own word."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, final

from registry.model.grant_status import GrantStatus
from registry.ports import Clock, LogStore
from registry.service.draft import Known
from registry.service.stored_view import StoredView
from ssi_core.errors import NotFoundError, UnavailableError

# Where a grant stands never changes, so an index that was found once is good for ever.
_MOST: Final = 65_536
# A writer that was fenced out learns of it when it writes; until then others may have gone on.
_LOOK_AFTER: Final = timedelta(seconds=1)


@final
class Statuses:
    """Looks statuses up in what the log's writer knows; threads may share it."""

    def __init__(self, store: LogStore, known: Callable[[], Known], *, clock: Clock) -> None:
        self._store = store
        self._known = known
        self._clock = clock
        self._looked: datetime | None = None
        self._indexes: dict[str, int] = {}

    def of(self, grant_id: str) -> GrantStatus:
        """Return the status of a grant; raise `NotFoundError` if the log has no such grant.

        Raises `UnavailableError` at most a second after another process has begun to write the log.
        """
        index = self._indexes.get(grant_id)
        if index is None:
            index = self._find(grant_id)
        if not self._has_looked():
            self._look()
        known = self._known()
        return GrantStatus(known.status_map.get(index), known.head.size)

    def at_once(self, grant_id: str) -> GrantStatus | None:
        """Return the same where that does not ask the store, and nothing where it would."""
        return self.of(grant_id) if grant_id in self._indexes and self._has_looked() else None

    def _has_looked(self) -> bool:
        looked = self._looked
        # A clock that was put back makes nothing younger than it is.
        return looked is not None and looked <= self._clock.now() < looked + _LOOK_AFTER

    def _look(self) -> None:
        """Return if the log is still written here."""
        now = self._clock.now()
        with self._store.snapshot() as log:
            head = log.head()
        if head is None or head.epoch != self._known().head.epoch:
            raise UnavailableError("another process writes this log now")
        self._looked = now

    def _find(self, grant_id: str) -> int:
        with self._store.snapshot() as log:
            head = log.head()
            record = None if head is None else StoredView(log, head.size).grant(grant_id)
        if record is None:
            raise NotFoundError("the log has no such grant")
        if len(self._indexes) >= _MOST:
            self._indexes.clear()
        self._indexes[grant_id] = record.granted
        return record.granted
