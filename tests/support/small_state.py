"""The state of a log in the hand: entries applied one after another."""

from registry.model.envelope import Entry
from registry.model.records import StateChange
from registry.model.state import CheckedEntry, check, validate
from registry.model.view import EmptyView, Overlay
from tests.support.registry import ORIGIN


def checked(raw: bytes) -> CheckedEntry:
    """The entry, if it is whole and its own keys have signed it."""
    return check(Entry.parse(raw), log=ORIGIN)


class Log:
    """Entries applied one after another."""

    def __init__(self, *entries: bytes) -> None:
        self.state = Overlay(EmptyView())
        for raw in entries:
            self.append(raw)

    def append(self, raw: bytes) -> StateChange:
        """Apply one more, or raise the rule that it breaks and change nothing."""
        change = validate(checked(raw), self.state)
        self.state.apply(change)
        return change
