"""How much work one verification may ask for, all the documents and proofs in it together.

Each document has limits of its own, and a stranger sends many: sixty-four credentials, each with
sixteen proofs, each of which has the document canonicalized again. The limit travels in a context
variable, as a deadline would, so that no cryptosuite has to hand it on; threads and tasks do not
share it.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

# As much as one document may take to canonicalize; half as much again as one may hold, and as its
# contexts may define.
MAX_STEPS: Final = 200_000
MAX_VALUES: Final = 30_000
MAX_DEFINITIONS: Final = 15_000


@dataclass(slots=True)
class Work:
    """What is left: steps of canonicalization, values to read as JSON-LD, terms to define."""

    steps: int = MAX_STEPS
    values: int = MAX_VALUES
    definitions: int = MAX_DEFINITIONS


_shared: Final[ContextVar[Work | None]] = ContextVar("work", default=None)


@contextmanager
def bounded() -> Iterator[None]:
    """Bound all that is done inside together; inside of another such bound, by that one."""
    if _shared.get() is not None:
        yield
        return
    token = _shared.set(Work())
    try:
        yield
    finally:
        _shared.reset(token)


def left() -> Work:
    """Return what is left, to take from; where nothing is bounded, as much as is asked."""
    return _shared.get() or Work(sys.maxsize, sys.maxsize, sys.maxsize)
