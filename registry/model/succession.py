"""Which entry another one builds on: without the first, the second means nothing or something else.

What ends or suspends builds on nothing here. It has to reach the log whatever became of the entries
before it, and a log that does not know of what it ends says so itself.
"""

from collections.abc import Mapping
from typing import Final

from registry.model.envelope import Entry, EntryType
from ssi_core.did.webvh_entry import LogEntry
from ssi_core.errors import SsiError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_object

_NAMING_PREV: Final = frozenset(
    {EntryType.STATUS_PUBLISH, EntryType.ACCREDIT_RESUME, EntryType.CONSENT_RESUME}
)


def subject_of(entry: Entry) -> str | None:
    """Return what an entry is about: the `id` that it names, or the DID of a `did.op`."""
    if entry.type is EntryType.DID_OP:
        return _text(_member(_member(entry.members, "line"), "state").get("id"))
    return _text(entry.members.get("id"))


def stands_on(entry: Entry) -> str | None:
    """Return what the entry that this one may build on is about."""
    if entry.type is EntryType.ACCREDIT_GRANT:
        return _text(entry.members.get("by"))
    if entry.type is EntryType.DID_OP or entry.type in _NAMING_PREV:
        return subject_of(entry)
    return None


def builds_on(later: Entry, earlier: Entry) -> bool:
    """Say whether `later` names `earlier`, or hashes it, as the one that it comes after."""
    if earlier.log != later.log:
        return False
    if later.type is EntryType.DID_OP:
        return earlier.type is EntryType.DID_OP and _continues(later, earlier)
    if later.type is EntryType.ACCREDIT_GRANT:
        begun = subject_of(earlier) if earlier.type is EntryType.ACCREDIT_GRANT else None
        return begun is not None and begun == later.members.get("by")
    return later.type in _NAMING_PREV and later.members.get("prev") == earlier.digest


def _continues(later: Entry, earlier: Entry) -> bool:
    """Say whether the hash in a DID's version is over the version before it."""
    try:
        before = LogEntry.parse(as_object(earlier.members.get("line"), at="/line"))
        line = LogEntry.parse(as_object(later.members.get("line"), at="/line"))
        line.require_hash(predecessor=before.version_id)
    except SsiError:
        return False
    return line.number == before.number + 1


def _member(value: JsonObject, name: str) -> JsonObject:
    found = value.get(name)
    return found if isinstance(found, Mapping) else {}


def _text(value: JsonValue) -> str | None:
    return value if isinstance(value, str) else None
