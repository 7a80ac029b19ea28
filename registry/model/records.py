"""What a log prefix makes true, one record per thing."""

from dataclasses import dataclass
from typing import TypeAlias, final

from registry.model.accreditation_records import AccreditationRecord
from registry.model.did_logs import DidLogRecord
from registry.model.emergencies import EmergencyRecord
from registry.model.grant_records import GrantRecord
from registry.model.log_records import LogRecord
from registry.model.status_lists import StatusListRecord
from registry.model.status_map import Status

Record: TypeAlias = (
    GrantRecord
    | AccreditationRecord
    | DidLogRecord
    | StatusListRecord
    | LogRecord
    | EmergencyRecord
)


@dataclass(frozen=True, slots=True)
@final
class StateChange:
    """What appending one entry at `index` makes true, in place of what was.

    `statuses` are the changes of the status map, `redacted` the entries whose bytes are dropped.
    """

    index: int
    records: tuple[Record, ...] = ()
    statuses: tuple[tuple[int, Status], ...] = ()
    redacted: tuple[int, ...] = ()
