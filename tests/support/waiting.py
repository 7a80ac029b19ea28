"""Waiting for what another process will do, as long as it takes."""

from collections.abc import Callable
from time import monotonic, sleep
from typing import TypeVar

from ssi_core.errors import SsiError

T = TypeVar("T")
LONG = 30.0


def eventually(check: Callable[[], T], *, seconds: float = LONG) -> T:
    """Return what `check` does, once it raises nothing of ours any more."""
    end = monotonic() + seconds
    while True:
        try:
            return check()
        except (SsiError, AssertionError):
            if monotonic() > end:
                raise
        sleep(0.02)
