"""Lists in portions: where to begin, how many, and where to go on."""

from collections.abc import Sequence
from typing import Annotated, Final, TypeAlias

from fastapi import Query

_MOST: Final = 500
# What every database can count to.
_LAST: Final = 2**31 - 1

Since: TypeAlias = Annotated[int, Query(ge=0, le=_LAST)]
Limit: TypeAlias = Annotated[int, Query(ge=1, le=_MOST)]


def next_of(numbers: Sequence[int], *, limit: int) -> int | None:
    """Return what to give as `after` for the next portion; nothing if this one was not full."""
    return numbers[-1] if len(numbers) == limit else None
