"""A part of another's log, verified entry by entry, on the way into one's own store."""

from collections.abc import Mapping
from dataclasses import replace
from typing import final

from registry.model.state import CheckedEntry
from registry.model.transfer import Gap, Shown
from registry.model.view import Overlay
from registry.ports import Batch, Head, LogSnapshot, NewEntry, StateRow
from registry.service.draft import prefetch
from registry.service.rebuild import GapError, Rebuild
from registry.service.replica.pages import Page
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

    def __init__(self, log: LogSnapshot, head: Head) -> None:
        self._head = head
        self._tree = GrowingTree.above(log, head)
        self._view = StoredView(log, head.size)
        self._rebuild = Rebuild(Overlay(self._view), origin=head.origin)
        self._entries: list[NewEntry] = []
        self._gaps: list[int] = []

    @property
    def size(self) -> int:
        """How many entries the log has with those that were added."""
        return self._tree.size

    @property
    def promised(self) -> Mapping[int, bytes]:
        """The entries that have to stand at places beyond, because of the gaps that were added."""
        return self._rebuild.promised

    def root(self) -> bytes:
        """Return the root over all of them."""
        return self._tree.root()

    def add(self, page: Page) -> None:
        """Apply the entries of a page, one after another.

        Raises `Inadmissible` at the first that the log had to refuse, `GapError` at the first that
        is missing and should not.
        """
        prefetch(self._view, [item for item in page.checked if isinstance(item, CheckedEntry)])
        for shown, item in zip(page.shown, page.checked, strict=True):
            self._add(shown, item)

    def batch(self, note: str) -> Batch:
        """Return what must be stored, under the note that proves it."""
        state = self._rebuild.state
        rows: tuple[list[StateRow], list[StateRow]] = ([], [])
        for row in map(row_of, state.records()):
            rows[self._view.has(row)].append(row)
        created, replaced = rows
        return Batch(
            after=self._head,
            head=replace(self._head, size=self.size, root=self.root(), note=note),
            entries=self._entries,
            created=created,
            replaced=replaced,
            chunks=state.chunks(),
            redacted=sorted({*self._gaps, *state.redacted()}),
        )

    def _add(self, shown: Shown, item: CheckedEntry | Gap | SsiError) -> None:
        index = self.size
        if isinstance(shown, Gap):
            leaf = self._rebuild.skip(shown)
            self._gaps.append(index)
            self._entries.append(NewEntry(leaf, b"", self._tree.push(leaf)))
            return
        if isinstance(item, SsiError):
            raise Inadmissible(index, shown, item)
        if not isinstance(item, CheckedEntry):
            raise GapError("an entry is missing")
        try:
            leaf = self._rebuild.add(item)
        except GapError:
            raise
        except SsiError as error:
            raise Inadmissible(index, shown, error) from None
        self._entries.append(NewEntry(leaf, shown, self._tree.push(leaf)))
