"""Whether an accreditation, with all that it stands on, was in force at a moment."""

from collections.abc import Iterator
from typing import final

from registry.model.accreditation_records import AccreditationRecord
from registry.model.envelope import Entry, integer_at
from registry.model.status_map import Status
from registry.ports import LogSnapshot
from registry.service.stored_view import StoredView
from ssi_core.did.syntax import Did
from ssi_core.errors import UnavailableError
from ssi_core.json_types import JsonObject
from ssi_core.period import from_rfc3339, to_timestamp
from ssi_core.strict_json import as_object, as_text


@final
class Standings:
    """Judges accreditations of one snapshot. The same chain is read once, however often it comes.

    The past is judged by what the log knows now: what is ended or suspended was in force until the
    moment that the entry which did it says, and what was compromised until it was.
    """

    def __init__(self, log: LogSnapshot, view: StoredView) -> None:
        self._log = log
        self._view = view
        self._ends: dict[str | Did, int | None] = {}

    def holds(self, record: AccreditationRecord, *, at: int) -> bool:
        """Say whether the whole chain was in force, and the DIDs of its signers active."""
        links = list(self._chain(record))
        in_time = all(link.not_before <= at < link.expires for link in links)
        ends = [self._end_of(link) for link in links] if in_time else []
        ends += [self._deactivation_of(did) for did in record.accreditors] if in_time else []
        return in_time and all(end is None or at < end for end in ends)

    def entries(self, record: AccreditationRecord) -> tuple[int, ...]:
        """Return the indexes of the entries that the chain is made of, from the root down."""
        return tuple(index for link in self._chain(record) for index in link.entries)

    def _chain(self, record: AccreditationRecord) -> Iterator[AccreditationRecord]:
        for accreditation_id in record.chain:
            link = self._view.accreditation(accreditation_id)
            if link is None:
                raise UnavailableError("the store lacks a part of a chain")
            yield link

    def _end_of(self, link: AccreditationRecord) -> int | None:
        if link.status is Status.IN_FORCE or link.changed is None:
            return None
        if link.id not in self._ends:
            signed = integer_at(self._members(link.changed), "ts")
            since = link.compromised_since
            self._ends[link.id] = signed if since is None else min(signed, since)
        return self._ends[link.id]

    def _deactivation_of(self, did: Did) -> int | None:
        if did not in self._ends:
            entries = self._view.did_entries(did)
            # The log has validated the line, so what the last one says is how it is.
            line = as_object(self._members(entries[-1]).get("line"), at="/line") if entries else {}
            self._ends[did] = _time_of(line) if _deactivates(line) else None
        return self._ends[did]

    def _members(self, index: int) -> JsonObject:
        raws = self._log.entries([index])
        if index not in raws:
            raise UnavailableError("the store lacks an entry of a chain")
        return Entry.parse(raws[index]).members


def _deactivates(line: JsonObject) -> bool:
    return as_object(line.get("parameters", {}), at="/line/parameters").get("deactivated") is True


def _time_of(line: JsonObject) -> int:
    at = "/line/versionTime"
    return to_timestamp(from_rfc3339(as_text(line.get("versionTime"), at=at), at=at))
