"""Draws that the random cases of consent share."""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

_T = TypeVar("_T")


def some(random: Random, items: Sequence[_T], least: int = 1, most: int = 99) -> frozenset[_T]:
    """Return at least and at most so many of `items`."""
    count = random.randint(min(least, len(items)), min(most, len(items)))
    return frozenset(random.sample(items, count))
