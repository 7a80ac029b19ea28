"""What validation asks of a log prefix, and prefixes that exist in memory only."""

from collections.abc import Mapping
from typing import Protocol, assert_never, final

from registry.model.accreditation_records import AccreditationRecord
from registry.model.did_logs import DidLogRecord
from registry.model.emergencies import EmergencyRecord
from registry.model.grant_records import GrantRecord
from registry.model.log_records import LogRecord
from registry.model.records import Record, StateChange
from registry.model.status_lists import StatusListRecord
from registry.model.status_map import StatusMap
from ssi_core.did.syntax import Did


class StateView(Protocol):
    """What the entries before `size` make true. Nothing else decides about the next one."""

    @property
    def size(self) -> int:
        """How many entries the prefix has: the index of the next one."""
        ...

    def grant(self, grant_id: str) -> GrantRecord | None:
        """Return the grant of that id, or nothing."""
        ...

    def accreditation(self, accreditation_id: str) -> AccreditationRecord | None:
        """Return the accreditation of that id, or nothing."""
        ...

    def did_log(self, did: Did) -> DidLogRecord | None:
        """Return the history of `did`, or nothing."""
        ...

    def did_at(self, location: str) -> Did | None:
        """Return the DID whose log is published at the URL `location`, or nothing."""
        ...

    def status_list(self, issuer: Did, uri: str) -> StatusListRecord | None:
        """Return what `issuer` last published about the list at `uri`, or nothing."""
        ...

    def emergency(self, emergency_id: str) -> EmergencyRecord | None:
        """Return the emergency of that id, or nothing."""
        ...

    def log(self) -> LogRecord:
        """Return what the log says of itself; of an empty one, that it has said nothing."""
        ...

    def status_map(self) -> StatusMap:
        """Return the map of the prefix, which the caller does not change."""
        ...


@final
class EmptyView:
    """The prefix without entries."""

    size = 0

    def grant(self, grant_id: str) -> None:
        """Return nothing."""

    def accreditation(self, accreditation_id: str) -> None:
        """Return nothing."""

    def did_log(self, did: Did) -> None:
        """Return nothing."""

    def did_at(self, location: str) -> None:
        """Return nothing."""

    def status_list(self, issuer: Did, uri: str) -> None:
        """Return nothing."""

    def emergency(self, emergency_id: str) -> None:
        """Return nothing."""

    def log(self) -> LogRecord:
        """Return that the log has said nothing."""
        return LogRecord()

    def status_map(self) -> StatusMap:
        """Return an empty map."""
        return StatusMap()


@final
class Overlay:
    """A prefix, and what entries after it have changed."""

    def __init__(self, base: StateView) -> None:
        self._base = base
        self._size = base.size
        self._grants: dict[str, GrantRecord] = {}
        self._accreditations: dict[str, AccreditationRecord] = {}
        self._did_logs: dict[Did, DidLogRecord] = {}
        self._locations: dict[str, Did] = {}
        self._status_lists: dict[tuple[Did, str], StatusListRecord] = {}
        self._emergencies: dict[str, EmergencyRecord] = {}
        self._log: LogRecord | None = None
        self._said: LogRecord | None = None
        self._map: StatusMap | None = None
        self._redacted: list[int] = []

    @property
    def size(self) -> int:
        """How many entries the prefix has: the index of the next one."""
        return self._size

    def move_to(self, index: int) -> None:
        """Say that the next entry has `index`, when those between are not known here."""
        self._size = index

    def apply(self, change: StateChange) -> None:
        """Take what an entry has changed as part of the prefix."""
        self._size = change.index + 1
        for record in change.records:
            self._put(record)
        if change.statuses:
            self.status_map().apply(change.statuses)
        self._redacted.extend(change.redacted)

    def records(self) -> tuple[Record, ...]:
        """Return everything that was changed here, as it is now."""
        return (
            *self._grants.values(),
            *self._accreditations.values(),
            *self._did_logs.values(),
            *self._status_lists.values(),
            *self._emergencies.values(),
            *(() if self._log is None else (self._log,)),
        )

    def redacted(self) -> tuple[int, ...]:
        """Return the indexes of the entries whose bytes were dropped here."""
        return tuple(self._redacted)

    def chunks(self) -> Mapping[int, bytes]:
        """Return the chunks of the status map that were changed here."""
        return {} if self._map is None else self._map.changed()

    def accreditations(self) -> tuple[AccreditationRecord, ...]:
        """Return the accreditations that were changed here, as they are now."""
        return tuple(self._accreditations.values())

    def grant(self, grant_id: str) -> GrantRecord | None:
        """Return the grant of that id, or nothing."""
        return self._grants.get(grant_id) or self._base.grant(grant_id)

    def accreditation(self, accreditation_id: str) -> AccreditationRecord | None:
        """Return the accreditation of that id, or nothing."""
        found = self._accreditations.get(accreditation_id)
        return found or self._base.accreditation(accreditation_id)

    def did_log(self, did: Did) -> DidLogRecord | None:
        """Return the history of `did`, or nothing."""
        return self._did_logs.get(did) or self._base.did_log(did)

    def did_at(self, location: str) -> Did | None:
        """Return the DID whose log is published at the URL `location`, or nothing."""
        return self._locations.get(location) or self._base.did_at(location)

    def status_list(self, issuer: Did, uri: str) -> StatusListRecord | None:
        """Return what `issuer` last published about the list at `uri`, or nothing."""
        found = self._status_lists.get((issuer, uri))
        return found or self._base.status_list(issuer, uri)

    def emergency(self, emergency_id: str) -> EmergencyRecord | None:
        """Return the emergency of that id, or nothing."""
        return self._emergencies.get(emergency_id) or self._base.emergency(emergency_id)

    def log(self) -> LogRecord:
        """Return what the log says of itself."""
        # Every entry asks, and what was said before is as it was.
        if self._said is None:
            self._said = self._base.log()
        return self._log or self._said

    def status_map(self) -> StatusMap:
        """Return the map as it is after what has changed here."""
        if self._map is None:
            self._map = self._base.status_map().copy()
        return self._map

    def _put(self, record: Record) -> None:
        match record:
            case GrantRecord():
                self._grants[record.id] = record
            case AccreditationRecord():
                self._accreditations[record.id] = record
            case StatusListRecord():
                self._status_lists[record.issuer, record.uri] = record
            case DidLogRecord():
                self._did_logs[record.did] = record
                self._locations[record.location] = record.did
            case EmergencyRecord():
                self._emergencies[record.id] = record
            case LogRecord():
                self._log = record
            case _ as unreachable:
                assert_never(unreachable)
