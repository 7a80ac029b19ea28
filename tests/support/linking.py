"""An attacker who joins what two recipients saw: compares every part, learns, and guesses."""

import json
import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import eq
from os.path import commonprefix
from random import Random
from typing import Any

_BINS = 6
_DECOYS = 6
_SHINGLE = 8


@dataclass(frozen=True)
class Seen:
    """All that one recipient saw of one patient's grant, flat: a path and what stood there.

    `arrived` is when the log took the entry, as a reader who watches the log knows.
    """

    facts: Mapping[str, int | str]
    arrived: float

    @cached_property
    def shingles(self) -> frozenset[str]:
        """Return every run of eight characters of every text."""
        texts = [text for text in self.facts.values() if isinstance(text, str)]
        return frozenset(
            text[at : at + _SHINGLE] for text in texts for at in range(len(text) - _SHINGLE + 1)
        )


def seen(*documents: Any, arrived: float) -> Seen:
    """Return what stands in `documents`, JSON values or bytes of JSON, with the size of each."""
    facts: dict[str, int | str] = {}
    for number, document in enumerate(documents):
        value = json.loads(document) if isinstance(document, bytes) else document
        if isinstance(document, bytes):
            facts[f"{number}/size"] = len(document)
        facts.update(_flat(value, f"{number}"))
    return Seen(facts, arrived)


@dataclass(frozen=True)
class Verdict:
    """How often the attacker prefers the true match to a wrong one; 0.5 is chance."""

    rate: float
    error: float

    @property
    def interval(self) -> tuple[float, float]:
        """The rate with 3.9 standard errors on both sides: it misses one time in 10,000."""
        return self.rate - 3.9 * self.error, self.rate + 3.9 * self.error


def join(left: Sequence[Seen], right: Sequence[Seen], *, chance: Random) -> Verdict:
    """Learn from the first half of the patients which entries belong together, and guess the rest.

    `left[i]` and `right[i]` are what two recipients saw of patient `i`.
    """
    left, right = _varying(left), _varying(right)
    half = len(left) // 2
    attacker = _Attacker.taught(left[:half], right[:half], chance)
    rates = []
    for number in range(half, len(left)):
        true = attacker.score(left[number], right[number])
        others = [attacker.score(left[number], each) for each in _decoys(right, number, chance)]
        rates.append(sum((true > one) + (true == one) / 2 for one in others) / len(others))
    mean = sum(rates) / len(rates)
    spread = sum((rate - mean) ** 2 for rate in rates) / (len(rates) - 1)
    # Where every guess is right there is no spread left to measure.
    return Verdict(mean, max(math.sqrt(spread / len(rates)), 1e-9))


def _varying(sightings: Sequence[Seen]) -> list[Seen]:
    """Leave out what is the same for everybody: it tells nobody apart."""
    first = sightings[0].facts
    same = {
        path
        for path, value in first.items()
        if all(each.facts.get(path) == value for each in sightings)
    }
    return [
        Seen({path: value for path, value in each.facts.items() if path not in same}, each.arrived)
        for each in sightings
    ]


class _Attacker:
    """Naive Bayes over features of a pair, each cut into bins of equal weight."""

    def __init__(self, edges: Mapping[str, list[float]], odds: Mapping[str, list[float]]) -> None:
        self._edges = edges
        self._odds = odds

    @classmethod
    def taught(cls, left: Sequence[Seen], right: Sequence[Seen], chance: Random) -> "_Attacker":
        true, false = [], []
        for number, one in enumerate(left):
            true.append(dict(_features(one, right[number])))
            false += [dict(_features(one, each)) for each in _decoys(right, number, chance)]
        edges, odds = {}, {}
        for name in {name for pair in true for name in pair}:
            values = [pair[name] for pair in (*true, *false) if name in pair]
            edges[name] = _edges(values)
            odds[name] = _log_odds(
                [pair[name] for pair in true if name in pair],
                [pair[name] for pair in false if name in pair],
                edges[name],
            )
        return cls(edges, odds)

    def score(self, one: Seen, other: Seen) -> float:
        return sum(
            self._odds[name][bisect_right(self._edges[name], value)]
            for name, value in _features(one, other)
            if name in self._odds
        )


def _features(one: Seen, other: Seen) -> Iterator[tuple[str, float]]:
    """Compare two sightings in every way that comes to mind."""
    yield "apart", abs(one.arrived - other.arrived)
    yield "same time of day", _around(one.arrived - other.arrived, 86_400)
    yield "shared runs", len(one.shingles & other.shingles)
    for path, value in one.facts.items():
        against = other.facts.get(path)
        if isinstance(value, int) and isinstance(against, int):
            yield f"{path} apart", abs(value - against)
            yield f"{path} within the hour", _around(value - against, 3_600)
            yield f"{path} skew", abs(value - one.arrived - against + other.arrived)
        elif isinstance(value, str) and isinstance(against, str):
            yield f"{path} length", abs(len(value) - len(against))
            yield f"{path} beginning", len(commonprefix((value, against)))  # noqa: RUF071 - of characters it shall be
            yield f"{path} places", sum(map(eq, value, against))


def _decoys(right: Sequence[Seen], number: int, chance: Random) -> list[Seen]:
    others = [each for each in range(len(right)) if each != number]
    return [right[each] for each in chance.sample(others, _DECOYS)]


def _edges(values: Sequence[float]) -> list[float]:
    ordered = sorted(values)
    cuts = {ordered[len(ordered) * part // _BINS] for part in range(1, _BINS)}
    # What is rare is what gives somebody away: the smallest and the largest get bins of their own.
    return sorted(cuts | {ordered[len(ordered) // 50], ordered[-1 - len(ordered) // 50]})


def _log_odds(true: Sequence[float], false: Sequence[float], edges: Sequence[float]) -> list[float]:
    counts = [[1.0, 1.0] for _ in range(len(edges) + 1)]
    for column, values in enumerate((true, false)):
        for value in values:
            counts[bisect_right(edges, value)][column] += 1
    totals = [sum(row[column] for row in counts) for column in (0, 1)]
    return [math.log(row[0] / totals[0]) - math.log(row[1] / totals[1]) for row in counts]


def _around(apart: float, span: float) -> float:
    within = apart % span
    return min(within, span - within)


def _flat(value: Any, path: str) -> Iterator[tuple[str, int | str]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _flat(item, f"{path}/{name}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _flat(item, f"{path}/{number}")
    elif isinstance(value, int | str):
        yield path, value
