"""Ends of a grant that are signed, and not in the log yet: who holds one need not wait for it."""

from collections.abc import Iterable

from registry.model.envelope import Entry, EntryType
from registry.model.state import check, validate
from registry.model.view import Overlay
from ssi_core.errors import SsiError

ENDS = frozenset({EntryType.CONSENT_REVOKE, EntryType.CONSENT_SUSPEND, EntryType.CONSENT_SUPERSEDE})
"""What makes a grant count for less, and so may count before its time."""


def ahead(state: Overlay, raws: Iterable[bytes], *, log: str) -> tuple[bytes, ...]:
    """Apply to `state` those entries that end or suspend something and that the log would take.

    Return them. Anything else among `raws` says nothing, whoever sent it.
    """
    return tuple(raw for raw in raws if _applied(state, raw, log=log))


def _applied(state: Overlay, raw: bytes, *, log: str) -> bool:
    try:
        entry = Entry.parse(raw)
        if entry.type not in ENDS:
            return False
        state.apply(validate(check(entry, log=log), state))
    except SsiError:
        return False
    return True
