"""What validation asks of a log prefix, and prefixes that exist in memory only."""

from typing import Protocol, final

from registry.model.accreditations import AccreditationRecord
from registry.model.did_logs import DidLogRecord
from registry.model.grants import GrantRecord
from registry.model.records import Record, StateChange
from registry.model.status_lists import StatusListRecord
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
        match change.record:
            case GrantRecord() as record:
                self._grants[record.id] = record
            case AccreditationRecord() as record:
                self._accreditations[record.id] = record
            case StatusListRecord() as record:
                self._status_lists[record.issuer, record.uri] = record
            case DidLogRecord() as record:
                self._did_logs[record.did] = record
                self._locations[record.location] = record.did

    def records(self) -> tuple[Record, ...]:
        """Return everything that was changed here, as it is now."""
        return (
            *self._grants.values(),
            *self._accreditations.values(),
            *self._did_logs.values(),
            *self._status_lists.values(),
        )

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
