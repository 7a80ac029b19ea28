"""What a log prefix makes true, one record per thing."""

from dataclasses import dataclass
from typing import TypeAlias, final

from registry.model.accreditations import AccreditationRecord
from registry.model.did_logs import DidLogRecord
from registry.model.grants import GrantRecord
from registry.model.status_lists import StatusListRecord

Record: TypeAlias = GrantRecord | AccreditationRecord | DidLogRecord | StatusListRecord


@dataclass(frozen=True, slots=True)
@final
class StateChange:
    """What appending one entry at `index` makes true, in place of what was."""

    index: int
    record: Record
