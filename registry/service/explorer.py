"""What a reader with a browser is shown of a log: nothing that the log itself does not say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, final

from registry.model.accreditation_records import AccreditationRecord
from registry.model.envelope import Entry
from registry.model.merkle import HASH_BYTES
from registry.model.status_map import CHUNK_ENTRIES, Status, status_in
from registry.model.stored_nodes import inclusion_path
from registry.ports import Clock, LogSnapshot, LogStore
from registry.service.rows import ACCREDITATION, body_of
from registry.service.stored_view import StoredView
from ssi_core.did.syntax import Did
from ssi_core.encoding import base64url_decode
from ssi_core.errors import MalformedError, NotFoundError, UnavailableError
from ssi_core.json_types import JsonObject
from ssi_core.period import to_timestamp

PAGE: Final = 50
MAX_ACCREDITATIONS: Final = 1_000
_MAX_DIGITS: Final = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEntry:
    """An entry at its place; no members if its bytes were dropped. `status` is the map's word."""

    index: int
    members: JsonObject | None
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPage:
    """Entries in order, how many the log has, and the moment of looking, a NumericDate."""

    size: int
    at: int
    start: int
    entries: tuple[ShownEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvedEntry:
    """An entry with its leaf hash, its path in the tree of `size`, and the rest of its history."""

    shown: ShownEntry
    raw: bytes | None
    leaf: bytes
    size: int
    root: bytes
    path: tuple[bytes, ...]
    history: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accreditations:
    """Accreditations by chain, each after what it stands on. If not all, there were too many."""

    records: tuple[AccreditationRecord, ...]
    is_all: bool
    at: int


@final
class Explorer:
    """Reads a log for pages, whoever keeps it: the registry or a replica. Threads may share it."""

    def __init__(self, store: LogStore, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def now(self) -> int:
        """Return the present moment as a NumericDate."""
        return to_timestamp(self._clock.now())

    def page(self, start: int | None = None) -> EntryPage:
        """Return 50 entries from index `start` on, the last ones if it is not given."""
        with self._store.snapshot() as log:
            size = _size(log)
            first = max(size - PAGE, 0) if start is None else start
            raws = log.entries_from(first, limit=PAGE) if first < size else ()
            found = [(first + place, raw) for place, raw in enumerate(raws)]
            return EntryPage(size=size, at=self.now(), start=first, entries=_shown(log, found))

    def entry(self, index: int) -> ProvedEntry:
        """Return the entry at `index` with its proof, or raise `NotFoundError`."""
        with self._store.snapshot() as log:
            head = log.head()
            if head is None or not 0 <= index < head.size:
                raise NotFoundError("the log has no such entry")
            raw = log.entries([index]).get(index)
            (shown,) = _shown(log, [(index, raw)])
            return ProvedEntry(
                shown=shown,
                raw=raw,
                leaf=log.nodes([index])[index][:HASH_BYTES],
                size=head.size,
                root=head.root,
                path=inclusion_path(index, head.size, load=log.nodes),
                history=_history(StoredView(log, head.size), shown.members or {}),
            )

    def accreditations(self, subject: Did | None = None) -> Accreditations:
        """Return accreditations, all or of one subject; at most 1,000."""
        beginning = "did:" if subject is None else f"{subject} "
        with self._store.snapshot() as log:
            _size(log)
            rows = log.rows_by_lookup(ACCREDITATION, beginning, limit=MAX_ACCREDITATIONS)
        records = [AccreditationRecord.from_json(row.key, body_of(row)) for row in rows]
        places = {record.id: record.granted for record in records}
        # By the places of all that one stands on, so that a tree comes out.
        records.sort(key=lambda one: [places.get(link, 0) for link in one.chain])
        return Accreditations(
            records=tuple(records), is_all=len(rows) < MAX_ACCREDITATIONS, at=self.now()
        )

    def did(self, did: Did) -> tuple[ShownEntry, ...]:
        """Return the entries with the lines of a DID's log; none if it does not live here."""
        with self._store.snapshot() as log:
            indexes = StoredView(log, _size(log)).did_entries(did)
            raws = log.entries(indexes)
            return _shown(log, [(index, raws.get(index)) for index in indexes])

    def find(self, text: str) -> int:
        """Return the index of the entry that `text` names: an index, an id, or a leaf hash."""
        with self._store.snapshot() as log:
            view = StoredView(log, _size(log))
            if text.isdecimal() and text.isascii() and len(text) <= _MAX_DIGITS:
                if int(text) < view.size:
                    return int(text)
            elif record := view.grant(text) or view.accreditation(text):
                return record.granted
            elif (leaf := _leaf(text)) is not None and (found := log.indexes([leaf])):
                return found[leaf]
        raise NotFoundError("the log has nothing of that name")


def _size(log: LogSnapshot) -> int:
    head = log.head()
    if head is None:
        raise UnavailableError("there is no log")
    return head.size


def _shown(log: LogSnapshot, found: Sequence[tuple[int, bytes | None]]) -> tuple[ShownEntry, ...]:
    chunks = log.chunks(sorted({index // CHUNK_ENTRIES for index, _raw in found}))
    return tuple(
        ShownEntry(
            index=index,
            members=None if raw is None else Entry.parse(raw).members,
            status=_status(chunks.get(index // CHUNK_ENTRIES), index),
        )
        for index, raw in found
    )


def _status(chunk: bytes | None, index: int) -> Status:
    return Status.IN_FORCE if chunk is None else status_in(chunk, index)


def _history(view: StoredView, members: JsonObject) -> tuple[int, ...]:
    """Return where the history stands that an entry belongs to, as far as one is kept by its id."""
    named = members.get("id")
    if not isinstance(named, str):
        return ()
    record = view.grant(named) or view.accreditation(named)
    return () if record is None else record.entries


def _leaf(text: str) -> bytes | None:
    try:
        leaf = base64url_decode(text)
    except MalformedError:
        return None
    return leaf if len(leaf) == HASH_BYTES else None
