"""What the status map says of one grant, at once: for those who trust this registry's own word."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, final

from registry.model.status_map import Status
from registry.ports import LogStore
from registry.service.draft import Known
from registry.service.stored_view import StoredView
from ssi_core.errors import NotFoundError

# Where a grant stands never changes, so an index that was found once is good for ever.
_MOST: Final = 65_536


@dataclass(frozen=True, slots=True)
class GrantStatus:
    """The status of a grant after the first `size` entries; without a proof of it."""

    status: Status
    size: int


@final
class Statuses:
    """Looks statuses up in what the log's writer knows; threads may share it."""

    def __init__(self, store: LogStore, known: Callable[[], Known]) -> None:
        self._store = store
        self._known = known
        self._indexes: dict[str, int] = {}

    def of(self, grant_id: str) -> GrantStatus:
        """Return the status of a grant; raise `NotFoundError` if the log has no such grant."""
        index = self._indexes.get(grant_id)
        known = self._known()
        if index is None:
            index = self._find(grant_id)
            known = self._known()
        return GrantStatus(known.status_map.get(index), known.head.size)

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
