"""A log prefix as validation sees it, read from a store."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from typing import Final, final

from registry.model.accreditation_records import AccreditationRecord
from registry.model.did_logs import DidLogRecord, entries_from_json
from registry.model.emergencies import EmergencyRecord
from registry.model.envelope import Entry, integer_at
from registry.model.grant_records import GrantRecord
from registry.model.log_records import LogRecord
from registry.model.records import Record
from registry.model.status_lists import StatusListRecord
from registry.model.status_map import StatusMap, chunk_count
from registry.ports import LogSnapshot, StateRow
from registry.service.recent import Recent
from registry.service.rows import (
    ACCREDITATION,
    DID_LOG,
    EMERGENCY,
    GIVEN,
    GRANT,
    LOG,
    STATUS_LIST,
    body_of,
    status_list_key,
    terms_in,
)
from ssi_core.did.syntax import Did
from ssi_core.did.webvh import WebvhState, check_next
from ssi_core.errors import UnavailableError
from ssi_core.json_types import JsonObject
from ssi_core.strict_json import as_object

_A_FEW: Final = 2


@final
class StoredView:
    """The state at a snapshot. Rows are read once, so keep a view no longer than its snapshot."""

    def __init__(
        self,
        log: LogSnapshot,
        size: int,
        *,
        recent: Recent | None = None,
        status_map: StatusMap | None = None,
    ) -> None:
        """View a snapshot of a log of `size`; a writer knows some of it already."""
        self._log = log
        self._size = size
        self._recent = recent or Recent()
        self._map = status_map
        self._rows: dict[tuple[str, str], StateRow | None] = {}
        self._record: LogRecord | None = None

    @property
    def size(self) -> int:
        """How many entries the prefix has: the index of the next one."""
        return self._size

    def prefetch(self, kind: str, keys: Iterable[str]) -> None:
        """Read many rows at once, those that do not exist included."""
        missing = [
            key
            for key in dict.fromkeys(keys)
            if (kind, key) not in self._rows and self._recent.find(kind, key) is None
        ]
        if missing:
            found = self._log.rows(kind, missing)
            self._rows.update({(kind, key): found.get(key) for key in missing})

    def has(self, row: StateRow) -> bool:
        """Say whether the prefix has a row of the same kind and key."""
        if self._recent.find(row.kind, row.key) is not None:
            return True
        return self._row(row.kind, row.key) is not None

    def grant(self, grant_id: str) -> GrantRecord | None:
        """Return the grant of that id, or nothing."""
        known = self._recent.find(GRANT, grant_id)
        if isinstance(known, GrantRecord):
            return known
        row = self._row(GRANT, grant_id)
        return None if row is None else self._grant(grant_id, body_of(row))

    def given(self, grant_id: str) -> int | None:
        """Return the index of the entry that says all there is to say of a grant, if one does."""
        row = self._row(GRANT, grant_id)
        body = {} if row is None else body_of(row)
        return integer_at(body, GIVEN) if GIVEN in body else None

    def accreditation(self, accreditation_id: str) -> AccreditationRecord | None:
        """Return the accreditation of that id, or nothing."""
        known = self._recent.find(ACCREDITATION, accreditation_id)
        if isinstance(known, AccreditationRecord):
            return known
        row = self._row(ACCREDITATION, accreditation_id)
        if row is None:
            return None
        return AccreditationRecord.from_json(accreditation_id, body_of(row))

    def entry(self, index: int) -> bytes:
        """Return the bytes of the entry of a grant that stands as it was given."""
        raw = self._log.entries([index]).get(index)
        if raw is None:
            raise UnavailableError("the store lacks the entry of a grant")
        return raw

    def did_log(self, did: Did) -> DidLogRecord | None:
        """Return the history of `did`, or nothing."""
        known = self._recent.find(DID_LOG, str(did))
        if isinstance(known, DidLogRecord):
            return known
        indexes = self.did_entries(did)
        return self._did_log(indexes) if indexes else None

    def did_entries(self, did: Did) -> tuple[int, ...]:
        """Return the indexes of the entries with the lines of a DID's log."""
        row = self._row(DID_LOG, str(did))
        return () if row is None else entries_from_json(body_of(row))

    def did_lines(self, indexes: Sequence[int]) -> list[JsonObject]:
        """Return the did:webvh log lines in the entries at `indexes`."""
        raws = self._log.entries(indexes)
        if len(raws) != len(indexes):
            raise UnavailableError("the store lacks entries of a DID's log")
        entries = (Entry.parse(raws[index]) for index in indexes)
        return [as_object(entry.members.get("line"), at="/line") for entry in entries]

    def did_at(self, location: str) -> Did | None:
        """Return the DID whose log is published at the URL `location`, or nothing."""
        for row in self._log.rows_by_lookup(DID_LOG, location, limit=_A_FEW):
            if row.lookup == location:
                return Did.parse(row.key)
        return None

    def status_list(self, issuer: Did, uri: str) -> StatusListRecord | None:
        """Return what `issuer` last published about the list at `uri`, or nothing."""
        known = self._recent.find(STATUS_LIST, status_list_key(issuer, uri))
        if isinstance(known, StatusListRecord):
            return known
        row = self._row(STATUS_LIST, status_list_key(issuer, uri))
        return None if row is None else StatusListRecord.from_json(body_of(row))

    def emergency(self, emergency_id: str) -> EmergencyRecord | None:
        """Return the emergency of that id, or nothing."""
        known = self._recent.find(EMERGENCY, emergency_id)
        if isinstance(known, EmergencyRecord):
            return known
        row = self._row(EMERGENCY, emergency_id)
        return None if row is None else EmergencyRecord.from_json(emergency_id, body_of(row))

    def log(self) -> LogRecord:
        """Return what the log says of itself."""
        known = self._recent.find(LOG, LOG)
        if isinstance(known, LogRecord):
            return known
        # Every entry asks, and most of them before the next snapshot.
        if self._record is None:
            row = self._row(LOG, LOG)
            self._record = LogRecord() if row is None else LogRecord.from_json(body_of(row))
        return self._record

    def status_map(self) -> StatusMap:
        """Return the map of the prefix, made from all of its chunks if it is not known."""
        if self._map is not None:
            return self._map
        return StatusMap(self._log.chunks(range(chunk_count(self._size))))

    def record_of(self, row: StateRow) -> Record:
        """Return what a row of the same snapshot keeps."""
        reading: Mapping[str, Callable[[str, JsonObject], Record]] = {
            GRANT: self._grant,
            ACCREDITATION: AccreditationRecord.from_json,
            DID_LOG: lambda _, body: self._did_log(entries_from_json(body)),
            STATUS_LIST: lambda _, body: StatusListRecord.from_json(body),
            EMERGENCY: EmergencyRecord.from_json,
            LOG: lambda _, body: LogRecord.from_json(body),
        }
        if row.kind not in reading:
            raise UnavailableError("the store keeps something that is not known here")
        return reading[row.kind](row.key, body_of(row))

    def _did_log(self, indexes: tuple[int, ...]) -> DidLogRecord:
        return DidLogRecord(entries=indexes, state=_state(self.did_lines(indexes)))

    def _grant(self, grant_id: str, body: JsonObject) -> GrantRecord:
        if GIVEN not in body:
            return GrantRecord.from_json(grant_id, body)
        index = integer_at(body, GIVEN)
        return GrantRecord(id=grant_id, granted=index, terms=terms_in(self.entry(index)))

    def _row(self, kind: str, key: str) -> StateRow | None:
        if (kind, key) not in self._rows:
            self.prefetch(kind, (key,))
        return self._rows[kind, key]


def _state(lines: Sequence[JsonObject]) -> WebvhState:
    first = WebvhState.first(lines[0])
    return reduce(check_next, lines[1:], first)
