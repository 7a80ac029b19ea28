"""What is told about the state of something that stands in a log, and what it adds."""

from datetime import datetime

from consent_contracts.lifecycle import GrantState
from ssi_core.errors import ConflictError


def newest(
    state: GrantState | None,
    known_at: datetime | None,
    *,
    told: GrantState,
    told_at: datetime,
) -> tuple[GrantState, datetime]:
    """Return state and moment after `told`: what has ended stays so, and time runs forwards.

    `ConflictError` for what cannot follow. An end that is told late is an end all the same.
    """
    if state is not None and known_at is not None and state.is_terminal:
        if told is not state:
            raise ConflictError("this has ended, and stays so")
        return state, known_at
    if known_at is not None and told_at < known_at and not told.is_terminal:
        raise ConflictError("something newer is known already")
    return told, max(told_at, known_at or told_at)
