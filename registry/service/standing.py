"""Whether an accreditation, with all that it stands on, was in force at a moment."""

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum, auto
from typing import final

from registry.model.accreditation_records import AccreditationRecord
from registry.model.envelope import Entry, integer_at
from registry.model.pauses import Pause, entries_of_pauses, may_have_forgotten, pauses
from registry.model.status_map import Status
from registry.ports import LogSnapshot
from registry.service.stored_view import StoredView
from ssi_core.did.syntax import Did
from ssi_core.errors import UnavailableError
from ssi_core.json_types import JsonObject
from ssi_core.period import from_rfc3339, from_timestamp, to_timestamp
from ssi_core.strict_json import as_object, as_text


class Held(Enum):
    """Whether something was in force; of long ago that may be `UNKNOWN`, for good."""

    YES = auto()
    NO = auto()
    UNKNOWN = auto()


@final
class Standings:
    """Judges accreditations of one snapshot. The same chain is read once, however often it comes.

    What is true now is as the log has it. The past is judged by what the log knows now: what has
    ended was in force until the moment that the entry which did it says, but for the times in which
    it was suspended, and what was compromised until it was. Of a time before the suspensions that
    a record keeps nobody knows.
    """

    def __init__(self, log: LogSnapshot, view: StoredView) -> None:
        self._log = log
        self._view = view
        self._ends: dict[str | Did, int | None] = {}
        self._pauses: dict[str, Sequence[Pause]] = {}

    def held(self, record: AccreditationRecord, *, at: int, is_past: bool) -> Held:
        """Say whether the whole chain was in force at `at`, and the DIDs of its signers active.

        Unless it `is_past`, `at` is now, whatever the clocks of those say who signed an end.
        """
        links = list(self._chain(record))
        if not all(link.not_before <= at < link.expires for link in links):
            return Held.NO
        ends = [self._deactivation_of(did) for did in record.accreditors]
        if is_past:
            ends += [self._end_of(link) for link in links]
        elif any(link.status is not Status.IN_FORCE for link in links):
            return Held.NO
        if any(end is not None and end <= at for end in ends):
            return Held.NO
        return self._all_unpaused(links, at=at) if is_past else Held.YES

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

    def _all_unpaused(self, links: Sequence[AccreditationRecord], *, at: int) -> Held:
        unpaused = [self._unpaused(link, at=at) for link in links]
        if Held.NO in unpaused:
            return Held.NO
        return Held.UNKNOWN if Held.UNKNOWN in unpaused else Held.YES

    def _unpaused(self, link: AccreditationRecord, *, at: int) -> Held:
        """Say whether a link was not suspended at `at`."""
        if not link.paused:
            # A suspension that lasts is told by the status.
            return Held.YES
        if link.id not in self._pauses:
            self._pauses[link.id] = pauses(link, self._entries(entries_of_pauses(link)))
        found, moment = self._pauses[link.id], from_timestamp(at)
        if any(moment in pause for pause in found):
            return Held.NO
        is_before = may_have_forgotten(link) and moment < found[0].since
        return Held.UNKNOWN if is_before else Held.YES

    def _deactivation_of(self, did: Did) -> int | None:
        if did not in self._ends:
            entries = self._view.did_entries(did)
            # The log has validated the line, so what the last one says is how it is.
            line = as_object(self._members(entries[-1]).get("line"), at="/line") if entries else {}
            self._ends[did] = _time_of(line) if _deactivates(line) else None
        return self._ends[did]

    def _members(self, index: int) -> JsonObject:
        return self._entries([index])[index].members

    def _entries(self, indexes: Sequence[int]) -> Mapping[int, Entry]:
        raws = self._log.entries(indexes)
        if not raws.keys() >= set(indexes):
            raise UnavailableError("the store lacks an entry of a chain")
        return {index: Entry.parse(raw) for index, raw in raws.items()}


def _deactivates(line: JsonObject) -> bool:
    return as_object(line.get("parameters", {}), at="/line/parameters").get("deactivated") is True


def _time_of(line: JsonObject) -> int:
    at = "/line/versionTime"
    return to_timestamp(from_rfc3339(as_text(line.get("versionTime"), at=at), at=at))
