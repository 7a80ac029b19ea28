"""When a grant or an accreditation did not count for a while: suspended, then resumed or ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol, final

from registry.model.envelope import Entry, moment_at
from registry.model.grants import HOUR
from registry.model.status_map import Status
from ssi_core.errors import LogProofError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import from_timestamp
from ssi_core.strict_json import as_array, as_integer

MAX_PAUSES: Final = 8
"""How many former pauses a record keeps, two entries for each, besides one that an end closed."""
_SECOND: Final = timedelta(seconds=1)


class Pausing(Protocol):
    """A record of something that can be suspended."""

    @property
    def status(self) -> Status:
        """What the log's map says of it."""
        ...

    @property
    def changed(self) -> int | None:
        """The index of the entry that brought the status."""
        ...

    @property
    def paused(self) -> tuple[int, ...]:
        """The entries of its former pauses."""
        ...


@dataclass(frozen=True, slots=True)
@final
class Pause:
    """A time in which something did not count, from the entry at `index` on; half-open.

    Both ends are the signers' own words, and as wide as these leave it open: an entry that says the
    hour may be from the end of it.
    """

    index: int
    since: datetime
    until: datetime

    def __contains__(self, at: datetime) -> bool:
        return self.since <= at < self.until


def may_have_forgotten(record: Pausing) -> bool:
    """Say whether the record may have had pauses before those that it keeps."""
    return len(record.paused) >= 2 * MAX_PAUSES


def entries_of_pauses(record: Pausing) -> tuple[int, ...]:
    """Return the indexes of the entries that `pauses` reads."""
    return record.paused if record.changed is None else (*record.paused, record.changed)


def closed(paused: tuple[int, ...], index: int) -> tuple[int, ...]:
    """Return what a record keeps once the last pause is over; the oldest make room, whole."""
    return (*paused, index)[-2 * MAX_PAUSES :]


def paused_in(body: JsonObject) -> tuple[int, ...]:
    """Read what a store keeps of former pauses; none where a record says nothing of them."""
    items = as_array(body.get("paused", ()), at="/paused")
    return tuple(as_integer(item, at="/paused") for item in items)


def paused_to_json(paused: Sequence[int], *, always: bool = False) -> JsonObject:
    """Return what `paused_in` reads; unless `always`, nothing where there was no pause."""
    kept: list[JsonValue] = list(paused)
    return {"paused": kept} if kept or always else {}


def pauses(record: Pausing, entries: Mapping[int, Entry]) -> tuple[Pause, ...]:
    """Return the pauses of a record, oldest first, one that still lasts among them.

    `entries` are those of the evidence. Where none of them closes the last pause, nobody says when
    it was over.
    """
    lasts = record.changed if record.status is Status.SUSPENDED else None
    ended = record.changed if lasts is None else None
    paused = record.paused if lasts is None else (*record.paused, lasts)
    found: list[Pause] = []
    for place in range(0, len(paused), 2):
        first, *rest = paused[place : place + 2]
        last = rest[0] if rest else ended
        start, _ = _moment(entries, first)
        end = None if last is None or last not in entries else _moment(entries, last)[1]
        until = datetime.max.replace(tzinfo=start.tzinfo) if end is None else end
        found.append(Pause(first, start, max(until, start + _SECOND)))
    return tuple(found)


def _moment(entries: Mapping[int, Entry], index: int) -> tuple[datetime, datetime]:
    """Return when the entry at `index` was signed at the earliest, and before when it was.

    Consent entries say the hour; some from before they had to say the second.
    """
    if index not in entries:
        raise LogProofError("the evidence leaves out an entry of a pause")
    said = moment_at(entries[index].members, "ts")
    is_hour = entries[index].type.startswith("consent.") and not said % HOUR
    width = timedelta(seconds=HOUR) if is_hour else _SECOND
    return from_timestamp(said), from_timestamp(said) + width
