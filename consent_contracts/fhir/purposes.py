"""Sets of purposes as grants write them: some, with all below them, but for others."""

from collections.abc import Collection, Iterator
from typing import Final, TypeAlias

from consent_contracts.purpose import Purpose

Purposes: TypeAlias = frozenset[Purpose]

ALL: Final[Purposes] = frozenset(each for each in Purpose if each.parent is None)
"""The purposes at the top, which stand for all."""


def covered(purposes: Collection[Purpose]) -> Purposes:
    """Return `purposes` and all below them."""
    return Purposes().union(*(each.covered for each in purposes))


def as_written(purposes: Purposes) -> Iterator[tuple[Purposes, Purposes]]:
    """Yield pairs of purposes and exceptions that together cover exactly `purposes`.

    One pair is enough unless a purpose is meant below one that is not.
    """
    left = purposes
    while left:
        tops = frozenset(each for each in left if not _above(each) & left)
        missing = covered(tops) - left
        excepted = frozenset(each for each in missing if not _above(each) & missing)
        yield tops, excepted
        left -= covered(tops) - covered(excepted)


def _above(purpose: Purpose) -> Purposes:
    found, parent = set[Purpose](), purpose.parent
    while parent is not None:
        found.add(parent)
        parent = parent.parent
    return Purposes(found)
