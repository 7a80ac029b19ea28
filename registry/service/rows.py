"""State records as rows of a store, and back."""

from typing import Final, assert_never

from registry.model.accreditation_records import AccreditationRecord
from registry.model.accreditations import Role
from registry.model.did_logs import DidLogRecord
from registry.model.emergencies import EmergencyRecord
from registry.model.grant_records import GrantRecord
from registry.model.log_records import LogRecord
from registry.model.records import Record
from registry.model.status_lists import StatusListRecord
from registry.ports import StateRow
from ssi_core import strict_json
from ssi_core.did.syntax import Did
from ssi_core.json_types import JsonObject

GRANT: Final = "grant"
ACCREDITATION: Final = "accreditation"
DID_LOG: Final = "did"
STATUS_LIST: Final = "status"
EMERGENCY: Final = "emergency"
LOG: Final = "log"


def row_of(record: Record) -> StateRow:
    """Return what a store keeps of `record`."""
    body = strict_json.render(record.to_json())
    match record:
        case GrantRecord():
            # The bytes of its entry are gone, so its place has to lead to it.
            lookup = None if record.redacted is None else gap_lookup(record.granted)
            return StateRow(GRANT, record.id, lookup, body)
        case AccreditationRecord():
            lookup = f"{accreditation_lookup(record.subject, record.role)}{record.root}"
            return StateRow(ACCREDITATION, record.id, lookup, body)
        case DidLogRecord():
            return StateRow(DID_LOG, str(record.did), record.location, body)
        case StatusListRecord():
            return StateRow(
                STATUS_LIST, status_list_key(record.issuer, record.uri), record.uri, body
            )
        case EmergencyRecord():
            return StateRow(EMERGENCY, record.id, None, body)
        case LogRecord():
            return StateRow(LOG, LOG, None, body)
        case _ as unreachable:
            assert_never(unreachable)


def body_of(row: StateRow) -> JsonObject:
    """Return the row's JSON."""
    return strict_json.parse_object(row.body, max_bytes=len(row.body))


def accreditation_lookup(subject: Did, role: Role) -> str:
    """Return what the lookups of a subject's accreditations for a role begin with."""
    return f"{subject} {role} "


def gap_lookup(index: int) -> str:
    """Return the lookup of the grant whose entry stood at `index` and was redacted."""
    return f"gap {index} "


def status_list_key(issuer: Did, uri: str) -> str:
    """Return the key of an issuer's status list."""
    return f"{issuer} {uri}"
