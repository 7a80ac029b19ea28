"""A part of another's log, verified entry by entry, on the way into one's own store."""

from collections.abc import Sequence
from dataclasses import replace
from typing import final

from registry.model.state import CheckedEntry, VerifyProofs, check_all, validate
from registry.model.transfer import Gap, Shown
from registry.model.view import Overlay
from registry.ports import Batch, Head, LogSnapshot, NewEntry
from registry.service.draft import prefetch
from registry.service.rows import row_of
from registry.service.stored_view import StoredView
from registry.service.tree import GrowingTree
from ssi_core.errors import SsiError


@final
class Inadmissible(Exception):  # noqa: N818 - the follower says in its own words what it means
    """An entry that the log had to refuse: its index, its bytes and the rule that it breaks."""

    def __init__(self, index: int, raw: bytes, error: SsiError) -> None:
        super().__init__(error.reason)
        self.index = index
        self.raw = raw
        self.error = error


@final
class Growth:
    """Entries after a head. Add pages in order; nothing is stored before `batch` is appended."""

    def __init__(self, log: LogSnapshot, head: Head, *, verify: VerifyProofs) -> None:
        self._head = head
        self._verify = verify
        self._tree = GrowingTree.above(log, head)
        self._view = StoredView(log, head.size)
        self._state = Overlay(self._view)
        self._entries: list[NewEntry] = []

    @property
    def size(self) -> int:
        """How many entries the log has with those that were added."""
        return self._tree.size

    def root(self) -> bytes:
        """Return the root over all of them."""
        return self._tree.root()

    def add(self, page: Sequence[Shown]) -> None:
        """Verify the entries of a page, one after another; raise `Inadmissible` at the first."""
        raws = [item for item in page if not isinstance(item, Gap)]
        checked = iter(check_all(raws, log=self._head.origin, verify=self._verify))
        found = [item if isinstance(item, Gap) else next(checked) for item in page]
        prefetch(self._view, [item for item in found if isinstance(item, CheckedEntry)])
        for shown, item in zip(page, found, strict=True):
            self._add(shown, item)

    def batch(self, note: str) -> Batch:
        """Return what must be stored, under the note that proves it."""
        head = replace(self._head, size=self.size, root=self.root(), note=note)
        rows = [row_of(record) for record in self._state.records()]
        return Batch(
            after=self._head,
            head=head,
            entries=self._entries,
            created=[row for row in rows if not self._view.has(row)],
            replaced=[row for row in rows if self._view.has(row)],
        )

    def _add(self, shown: Shown, item: CheckedEntry | Gap | SsiError) -> None:
        if isinstance(item, Gap) or isinstance(shown, Gap):
            raise NotImplementedError
        if isinstance(item, SsiError):
            raise Inadmissible(self.size, shown, item)
        try:
            change = validate(item, self._state)
        except SsiError as error:
            raise Inadmissible(self.size, shown, error) from None
        self._state.apply(change)
        leaf = item.entry.leaf
        self._entries.append(NewEntry(leaf, shown, self._tree.push(leaf)))
