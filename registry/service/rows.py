"""State records as rows of a store, and back."""

from typing import Final, assert_never

from registry.model import profile
from registry.model.accreditation_records import AccreditationRecord
from registry.model.accreditations import Role
from registry.model.did_logs import DidLogRecord
from registry.model.emergencies import EmergencyRecord
from registry.model.envelope import integer_at, text_at
from registry.model.grant_records import GrantRecord, GrantTerms
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
# The one member of a grant's row that says: as it was given, in that entry.
GIVEN: Final = "given"


def key_of(record: Record) -> tuple[str, str]:
    """Return the kind and the key of the row of `record`."""
    match record:
        case GrantRecord():
            return GRANT, record.id
        case AccreditationRecord():
            return ACCREDITATION, record.id
        case DidLogRecord():
            return DID_LOG, str(record.did)
        case StatusListRecord():
            return STATUS_LIST, status_list_key(record.issuer, record.uri)
        case EmergencyRecord():
            return EMERGENCY, record.id
        case LogRecord():
            return LOG, LOG
        case _ as unreachable:
            assert_never(unreachable)


def row_of(record: Record) -> StateRow:
    """Return what a store keeps of `record`: of a grant as its entry left it, where that stands."""
    kind, key = key_of(record)
    if isinstance(record, GrantRecord) and is_as_given(record):
        return StateRow(kind, key, None, f'{{"{GIVEN}":{record.granted}}}')
    return StateRow(kind, key, _lookup(record), strict_json.render(record.to_json()))


def is_as_given(record: GrantRecord) -> bool:
    """Say whether everything about a grant can be read in the entry that gave it."""
    said = (record.changed, record.superseded, record.suspension, record.redacted)
    plain = record.terms is not None and not record.status and not record.paused
    return plain and said == (None,) * 4


def terms_in(raw: bytes) -> GrantTerms:
    """Return the terms of a grant from the entry that gave it, which the log has taken."""
    members = profile.reread(raw)
    return GrantTerms(
        control=text_at(members, "ctl"),
        next_key_hash=text_at(members, "nk"),
        revocation_key_hash=text_at(members, "rk"),
        expires=integer_at(members, "exp"),
    )


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


def _lookup(record: Record) -> str | None:
    match record:
        case GrantRecord() if record.redacted is not None:
            # The bytes of its entry are gone, so its place has to lead to it.
            return gap_lookup(record.granted)
        case AccreditationRecord():
            return f"{accreditation_lookup(record.subject, record.role)}{record.root}"
        case DidLogRecord():
            return record.location
        case StatusListRecord():
            return record.uri
        case _:
            return None
