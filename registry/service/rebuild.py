"""A log's state, made again from its entries, and from what is left of those that are gone."""

from collections.abc import Mapping
from typing import final

from registry.model.envelope import Entry
from registry.model.grant_changes import ConsentRedact
from registry.model.merkle import leaf_hash
from registry.model.state import CheckedEntry, check, validate
from registry.model.transfer import Gap, Shown
from registry.model.transitions import dropped_change
from registry.model.view import Overlay
from ssi_core.errors import SsiError


class GapError(Exception):
    """An entry is missing, and no later one had it dropped. Callers say what that means to them."""


@final
class Rebuild:
    """Applies entries in order. Where one is gone, the entry that had it dropped has to follow.

    What that entry says of the gap is taken on trust until its own place is reached: `promised`
    are the redactions that have not been, by index.
    """

    def __init__(self, state: Overlay, *, origin: str) -> None:
        self.state = state
        self._origin = origin
        self._promised: dict[int, bytes] = {}

    @property
    def promised(self) -> Mapping[int, bytes]:
        """The entries that have to stand at later places, because gaps were taken for theirs."""
        return self._promised

    def add(self, checked: CheckedEntry) -> bytes:
        """Apply the next entry, and return its leaf; raise the rule that it breaks."""
        expected = self._promised.get(self.state.size)
        if expected is not None and expected != checked.entry.raw:
            raise GapError("another entry stands where a redaction was to be")
        change = validate(checked, self.state)
        self._promised.pop(change.index, None)
        self.state.apply(change)
        return checked.entry.leaf

    def skip(self, gap: Gap) -> bytes:
        """Apply what is left of the next entry, and return its leaf.

        Raises `GapError` if what is said to have dropped it did not.
        """
        index = self.state.size
        redaction = self._redaction(gap)
        if redaction.index != index or gap.by <= index:
            raise GapError("the redaction is of another entry")
        try:
            change = dropped_change(redaction, self.state)
        except SsiError:
            raise GapError("nothing that can be redacted stood there") from None
        self.state.apply(change)
        self._promised[gap.by] = gap.redaction
        return gap.leaf

    def _redaction(self, gap: Gap) -> ConsentRedact:
        try:
            content = check(Entry.parse(gap.redaction), log=self._origin).content
        except SsiError:
            raise GapError("a gap is covered by something that is no entry") from None
        if not isinstance(content, ConsentRedact):
            raise GapError("a gap is covered by something that drops nothing")
        return content


def leaf_of(shown: Shown) -> bytes:
    """Return the leaf hash of an entry or of a gap."""
    return shown.leaf if isinstance(shown, Gap) else leaf_hash(shown)
