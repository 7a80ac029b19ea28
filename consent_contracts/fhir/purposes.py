"""Sets of purposes as grants write them: some, with all below them, but for others."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from consent_contracts.purpose import Purpose, covered_by

Purposes: TypeAlias = frozenset[Purpose]

ALL: Final[Purposes] = frozenset(each for each in Purpose if each.parent is None)
"""The purposes at the top, which stand for all."""


def as_written(purposes: Purposes) -> Iterator[tuple[Purposes, Purposes]]:
    """Yield pairs of purposes and exceptions that together cover exactly `purposes`.

    One pair is enough unless a purpose is meant below one that is not.
    """
    left = purposes
    while left:
        tops = frozenset(each for each in left if not _above(each) & left)
        missing = covered_by(tops) - left
        excepted = frozenset(each for each in missing if not _above(each) & missing)
        yield tops, excepted
        left -= covered_by(tops) - covered_by(excepted)


def cells(
    purposes: Purposes, sets: Sequence[Purposes]
) -> Iterator[tuple[tuple[int, ...], Purposes]]:
    """Yield those of `purposes` that lie in the same of `sets`, with the places of these."""
    found: defaultdict[tuple[int, ...], set[Purpose]] = defaultdict(set)
    for purpose in purposes:
        found[tuple(place for place, each in enumerate(sets) if purpose in each)].add(purpose)
    for places, together in sorted(found.items()):
        yield places, frozenset(together)


def _above(purpose: Purpose) -> Purposes:
    found, parent = set[Purpose](), purpose.parent
    while parent is not None:
        found.add(parent)
        parent = parent.parent
    return Purposes(found)
