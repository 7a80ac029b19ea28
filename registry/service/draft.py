"""A batch in the making: each entry is validated against the log and those before it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self, TypeAlias, final

from registry.model.accreditation_changes import AccreditResume, AccreditRevoke, AccreditSuspend
from registry.model.accreditations import AccreditGrant
from registry.model.checkpoint import Checkpoint
from registry.model.contents import content_of
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
from registry.model.view import Overlay
from registry.ports import Batch, Head, LogSnapshot, NewEntry
from registry.service.closing import Closing
from registry.service.rows import ACCREDITATION, GRANT, row_of
from registry.service.stored_view import StoredView
from registry.service.tree import GrowingTree
from ssi_core.errors import SsiError, UnavailableError

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


Outcome: TypeAlias = Place | SsiError


@final
class Draft:
    """New entries after a head, with everything that storing them takes."""

    def __init__(
        self, head: Head, tree: GrowingTree, view: StoredView, known: Mapping[bytes, int]
    ) -> None:
        self._head = head
        self._tree = tree
        self._view = view
        self._state = Overlay(view)
        self._places = {leaf: Place(index, known=True) for leaf, index in known.items()}
        self._entries: list[NewEntry] = []
        self.outcomes: list[Outcome] = []

    @classmethod
    def of(cls, log: LogSnapshot, entries: Sequence[CheckedEntry]) -> Self:
        """Place `entries` one after another; what breaks a rule is refused alone."""
        head = log.head()
        if head is None:
            raise UnavailableError("there is no log")
        view = StoredView(log, head.size)
        prefetch(view, entries)
        known = log.indexes([checked.entry.leaf for checked in entries])
        draft = cls(head, GrowingTree.above(log, head), view, known)
        for checked in entries:
            draft.outcomes.append(draft._place(checked))
        return draft

    @property
    def size(self) -> int:
        """How many entries the log has once this batch is stored."""
        return self._tree.size

    def close(self, closing: Closing) -> None:
        """Let the log itself have the last word, if anything is new."""
        if not self._entries:
            return
        entry = Entry.parse(closing(self._state))
        placed = self._place(CheckedEntry(entry, content_of(entry)))
        if isinstance(placed, SsiError):
            raise placed

    def batch(self, sign: Callable[[Checkpoint], str]) -> Batch | None:
        """Return what must be stored, its new head signed; nothing if no entry is new."""
        if not self._entries:
            return None
        origin, size, root = self._head.origin, self._tree.size, self._tree.root()
        rows = [row_of(record) for record in self._state.records()]
        return Batch(
            after=self._head,
            head=replace(
                self._head, size=size, root=root, note=sign(Checkpoint(origin, size, root))
            ),
            entries=self._entries,
            created=[row for row in rows if not self._view.has(row)],
            replaced=[row for row in rows if self._view.has(row)],
            chunks=self._state.chunks(),
            redacted=self._state.redacted(),
        )

    def _place(self, checked: CheckedEntry) -> Outcome:
        leaf = checked.entry.leaf
        if leaf in self._places:
            return self._places[leaf]
        try:
            change = validate(checked, self._state)
        except SsiError as error:
            return error
        self._state.apply(change)
        self._entries.append(NewEntry(leaf, checked.entry.raw, self._tree.push(leaf)))
        place = Place(change.index)
        self._places[leaf] = place
        return place


def prefetch(view: StoredView, entries: Sequence[CheckedEntry]) -> None:
    """Read at once what validating `entries` will ask for one after another."""
    contents = [checked.content for checked in entries]
    view.prefetch(GRANT, [content.id for content in contents if isinstance(content, _OF_GRANTS)])
    accreditations = [c.id for c in contents if isinstance(c, _OF_ACCREDITATIONS)]
    view.prefetch(ACCREDITATION, accreditations)
