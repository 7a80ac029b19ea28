"""How much of a claim may be seen: four levels, each more than the one before."""

from enum import Enum
from typing import Final

from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonValue


class AccessLevel(Enum):
    """HealthyBlock's four levels, in rising order; `str` gives the word on the wire."""

    NONE = "none"
    """Nothing: an item at this level takes claims out of what its grant gives."""
    INFORMATION = "information"
    """Descriptors such as range, trend or distribution, and no value."""
    SAMPLE = "sample"
    """Fewer or coarser values: the last only, every second, truncated, obfuscated."""
    FULL = "full"
    """The values as they are."""

    @classmethod
    def parse(cls, value: JsonValue, *, at: str = "/access") -> "AccessLevel":
        """Read a level as it stands on the wire; an unknown one is refused."""
        for level in cls:
            if level.value == value:
                return level
        raise MalformedError("not an access level", at=at)

    @property
    def rank(self) -> int:
        """0 for `none` up to 3 for `full`."""
        return _RANKS[self.value]

    # All four by hand: decisions compare levels all the time.
    def __lt__(self, other: "AccessLevel") -> bool:
        return _RANKS[self._value_] < _RANKS[other._value_]

    def __le__(self, other: "AccessLevel") -> bool:
        return _RANKS[self._value_] <= _RANKS[other._value_]

    def __gt__(self, other: "AccessLevel") -> bool:
        return _RANKS[self._value_] > _RANKS[other._value_]

    def __ge__(self, other: "AccessLevel") -> bool:
        return _RANKS[self._value_] >= _RANKS[other._value_]

    def __str__(self) -> str:
        return self.value


_RANKS: Final = {level.value: rank for rank, level in enumerate(AccessLevel)}
