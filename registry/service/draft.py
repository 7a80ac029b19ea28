"""A batch in the making: each entry is validated against the log and those before it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias, final

from registry.model.accreditation_changes import AccreditResume, AccreditRevoke, AccreditSuspend
from registry.model.accreditations import AccreditGrant
from registry.model.checkpoint import Checkpoint
from registry.model.contents import content_of
from registry.model.did_logs import DidLogRecord
from registry.model.envelope import Entry
from registry.model.grant_changes import (
    ConsentRedact,
    ConsentResume,
    ConsentRevoke,
    ConsentSupersede,
    ConsentSuspend,
)
from registry.model.grants import ConsentGrant
from registry.model.state import CheckedEntry, validate
from registry.model.status_map import StatusMap
from registry.model.stored_nodes import Place as NodePlace
from registry.model.view import Overlay
from registry.ports import Batch, Head, LogSnapshot, NewEntry, StateRow
from registry.service.closing import Closing
from registry.service.recent import Recent
from registry.service.refusals import Lost, lost
from registry.service.rows import ACCREDITATION, GRANT, row_of
from registry.service.stored_view import StoredView
from registry.service.tree import GrowingTree
from ssi_core.did.syntax import Did
from ssi_core.errors import ConflictError, SsiError

_OF_GRANTS: Final = (
    ConsentGrant,
    ConsentRevoke,
    ConsentSupersede,
    ConsentSuspend,
    ConsentResume,
    ConsentRedact,
)
_OF_ACCREDITATIONS: Final = (AccreditGrant, AccreditRevoke, AccreditSuspend, AccreditResume)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands in the log. `known` says that it stood there before."""

    index: int
    known: bool = False


Outcome: TypeAlias = Place | Lost | SsiError


@dataclass(frozen=True, slots=True)
class Known:
    """What the log's writer knows of it without asking the store."""

    head: Head
    tree: GrowingTree
    status_map: StatusMap
    recent: Recent


@final
class Draft:
    """New entries after a head, with everything that storing them takes."""

    def __init__(self, log: LogSnapshot, known: Known) -> None:
        """Begin after the head that is known; `log` is a snapshot there."""
        self._log = log
        self._known = known
        self._head = known.head
        self._tree = known.tree.copy()
        self._view = StoredView(
            log, known.head.size, recent=known.recent, status_map=known.status_map
        )
        self._state = Overlay(self._view)
        self._places: dict[bytes, Place] = {}
        self._entries: list[NewEntry] = []
        self._created: list[StateRow] = []
        self._replaced: list[StateRow] = []
        self.outcomes: list[Outcome] = []

    def place(self, entries: Sequence[CheckedEntry], *, closing: Closing) -> None:
        """Place `entries` one after another; what breaks a rule is refused alone.

        If anything is new, or the log is from before it took snapshots, it has the last word.
        """
        prefetch(self._view, entries)
        known = self._log.indexes([checked.entry.leaf for checked in entries])
        self._places = {leaf: Place(index, known=True) for leaf, index in known.items()}
        self.outcomes = [self._place(checked) for checked in entries]
        if self._entries or self._ends_otherwise():
            entry = Entry.parse(closing(self._state))
            placed = self._place(CheckedEntry(entry, content_of(entry)))
            if not isinstance(placed, Place):
                raise placed.error if isinstance(placed, Lost) else placed
        for row in map(row_of, self._state.records()):
            (self._replaced if self._view.has(row) else self._created).append(row)

    @property
    def size(self) -> int:
        """How many entries the log has once this batch is stored."""
        return self._tree.size

    def raw(self, index: int) -> bytes | None:
        """Return the bytes of an entry that is stored, or new here; nothing if redacted."""
        new = index - self._head.size
        return self._entries[new].raw if new >= 0 else self._log.entries([index]).get(index)

    def leaf(self, index: int) -> bytes:
        """Return the hash of an entry that is stored, or new here."""
        new = index - self._head.size
        return self._entries[new].leaf if new >= 0 else _leaf(self._log, index)

    def did_log(self, did: Did) -> DidLogRecord | None:
        """Return the history of `did` with what is new here, or nothing."""
        return self._state.did_log(did)

    def known_after(self, head: Head) -> Known:
        """Return what the writer knows once this batch is stored and `head` is the log's."""
        self._known.recent.keep(self._state.records())
        return Known(head, self._tree, self._state.status_map(), self._known.recent)

    def batch(self, sign: Callable[[Checkpoint], str]) -> Batch | None:
        """Return what must be stored, its new head signed; nothing if no entry is new."""
        if not self._entries:
            return None
        size, root = self._tree.size, self._tree.root()
        note = sign(Checkpoint(self._head.origin, size, root))
        return Batch(
            after=self._head,
            head=replace(self._head, size=size, root=root, note=note),
            entries=self._entries,
            created=self._created,
            replaced=self._replaced,
            chunks=self._state.chunks(),
            redacted=self._state.redacted(),
        )

    def _ends_otherwise(self) -> bool:
        size = self._head.size
        return size > 0 and self._view.log().latest != size - 1

    def _place(self, checked: CheckedEntry) -> Outcome:
        leaf = checked.entry.leaf
        if leaf in self._places:
            return self._places[leaf]
        try:
            change = validate(checked, self._state)
        except ConflictError as error:
            return lost(checked, error, self)
        except SsiError as error:
            return error
        self._state.apply(change)
        self._entries.append(NewEntry(leaf, checked.entry.raw, self._tree.push(leaf)))
        place = Place(change.index)
        self._places[leaf] = place
        return place


def _leaf(log: LogSnapshot, index: int) -> bytes:
    place = NodePlace(index, level=0)
    nodes = log.nodes([place.entry])
    if not nodes:
        # Of a log that was dropped meanwhile, this says so.
        log.head()
    return place.of(nodes)


def prefetch(view: StoredView, entries: Sequence[CheckedEntry]) -> None:
    """Read at once what validating `entries` will ask for one after another."""
    contents = [checked.content for checked in entries]
    view.prefetch(GRANT, [content.id for content in contents if isinstance(content, _OF_GRANTS)])
    accreditations = [c.id for c in contents if isinstance(c, _OF_ACCREDITATIONS)]
    view.prefetch(ACCREDITATION, accreditations)
