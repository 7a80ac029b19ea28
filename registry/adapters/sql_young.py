"""The youngest rows of SQLite's large tables, kept apart until they can move together.

Keys are hashes: the rows of a batch belong on as many pages of a large table as there are rows, and
a page is written twice, however little of it is new. So they go to a small table beside the large
one first. Once that is full, a part of it moves, whose rows are neighbours in the large one too.
"""

from dataclasses import dataclass, field
from typing import Any, Final, final

# More would make each batch touch more pages of the small tables, fewer those of the large ones.
_YOUNG: Final = 16_384
# So many for each that is new: moving stops again, and goes on with neighbours when there are more.
_MOVED: Final = 2
_LEAST: Final = 64


@dataclass(frozen=True, slots=True)
class _Pair:
    """A large table and the small one beside it, both ordered by `key`; `first` is before all."""

    large: str
    small: str
    key: str
    first: tuple[Any, ...]


_PAIRS: Final = (
    _Pair("log_leaf", "log_leaf_young", "leaf", (b"",)),
    _Pair("log_state", "log_state_young", "kind, key", ("", "")),
)


@dataclass(slots=True)
class _Place:
    """How many rows are young, and after which key the next part begins."""

    count: int
    after: tuple[Any, ...]


@final
@dataclass(slots=True)
class Young:
    """What a writer remembers of its small tables; after a failure, begin anew."""

    _places: dict[str, _Place] = field(default_factory=dict)

    def settle(self, cursor: Any, *, leaves: int, states: int) -> None:
        """Move some rows to where they belong if too many are young; so many of each are new."""
        for pair, added in zip(_PAIRS, (leaves, states), strict=True):
            place = self._places.get(pair.small)
            if place is None:
                count = cursor.execute(f"SELECT count(*) FROM {pair.small}").fetchone()[0]  # noqa: S608
                self._places[pair.small] = _Place(count, pair.first)
            else:
                place.count += added
                if place.count > _YOUNG:
                    _move(cursor, pair, place, max(_MOVED * added, _LEAST))


def _move(cursor: Any, pair: _Pair, place: _Place, count: int) -> None:
    key, marks = pair.key, ", ".join("?" * len(pair.first))
    part = f"{pair.small} WHERE ({key}) > ({marks})"
    order = f"ORDER BY {key} LIMIT 1 OFFSET ?"
    last = cursor.execute(f"SELECT {key} FROM {part} {order}", (*place.after, count)).fetchone()  # noqa: S608
    bounds = (*place.after, *(last or ()))
    if last is not None:
        part += f" AND ({key}) <= ({marks})"
    cursor.execute(f"INSERT INTO {pair.large} SELECT * FROM {part} ORDER BY {key}", bounds)  # noqa: S608
    place.count -= cursor.execute(f"DELETE FROM {part}", bounds).rowcount  # noqa: S608
    # After the last part the first one is next.
    place.after = last or pair.first
