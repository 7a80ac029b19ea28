"""The tree in tiles of 256 hashes, and entries in bundles: https://c2sp.org/tlog-tiles."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from registry.model.stored_nodes import LoadNodes, Place
from ssi_core.errors import MalformedError, NotFoundError

WIDTH: Final = 256
MAX_LEVEL: Final = 63
MAX_ENTRY: Final = 65_535
_HEIGHT: Final = 8
_LENGTH_BYTES: Final = 2
_MAX_INDEX: Final = 2**55
_LEVEL: Final = re.compile(r"0|[1-9][0-9]?", re.ASCII)
_PATH: Final = re.compile(
    r"(?P<index>(?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Tile:
    """Hashes that stand beside each other in one level: 256, or fewer at the right edge."""

    level: int
    index: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        fits = 0 <= self.level <= MAX_LEVEL and 0 <= self.index < _MAX_INDEX
        if not fits or not 0 < self.width <= WIDTH:
            raise MalformedError("a tile has a level, an index and a width")

    @classmethod
    def parse(cls, level: str, path: str) -> Self:
        """Read `<L>` and `<N>[.p/<W>]` of a tile's path; one spelling only is a path."""
        match = _PATH.fullmatch(path)
        if _LEVEL.fullmatch(level) is None or match is None:
            raise MalformedError("not the path of a tile")
        index = int(match["index"].replace("x", "").replace("/", ""))
        width = int(match["width"] or WIDTH)
        tile = cls(int(level), index, width)
        if tile.path != path:
            raise MalformedError("not the path of a tile")
        return tile

    @property
    def path(self) -> str:
        """`<N>[.p/<W>]`, the index in groups of three digits."""
        digits = str(self.index)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        index = "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])
        return index if self.width == WIDTH else f"{index}.p/{self.width}"

    @property
    def places(self) -> tuple[Place, ...]:
        """Where the log keeps the tile's hashes."""
        each, level = WIDTH**self.level, _HEIGHT * self.level
        first = self.index * WIDTH
        return tuple(
            Place((number + 1) * each - 1, level) for number in range(first, first + self.width)
        )

    def require_within(self, size: int) -> None:
        """Return if a tree of `size` has all of it; raise `NotFoundError` if not."""
        if (self.index * WIDTH + self.width) * WIDTH**self.level > size:
            raise NotFoundError("the tree has no such tile")

    def hashes(self, *, size: int, load: LoadNodes) -> bytes:
        """Return the tile's hashes, one after another."""
        self.require_within(size)
        places = self.places
        nodes = load([place.entry for place in places])
        return b"".join(place.of(nodes) for place in places)


def tiles_of(size: int) -> tuple[Tile, ...]:
    """Return the tiles at the right edge of a tree of `size`, one for each level that has one."""
    tiles = []
    for level in range(MAX_LEVEL + 1):
        hashes = size // WIDTH**level
        if not hashes:
            break
        width = hashes % WIDTH
        tiles.append(
            Tile(level, hashes // WIDTH, width) if width else Tile(level, hashes // WIDTH - 1)
        )
    return tuple(tiles)


def bundle(entries: Sequence[bytes]) -> bytes:
    """Return entries, each with its length before it."""
    if any(len(entry) > MAX_ENTRY for entry in entries):
        raise MalformedError("an entry in a bundle has at most 65,535 bytes")
    return b"".join(len(entry).to_bytes(_LENGTH_BYTES, "big") + entry for entry in entries)


def parse_bundle(content: bytes) -> tuple[bytes, ...]:
    """Read what `bundle` made; at most 256 entries."""
    entries: list[bytes] = []
    at = 0
    while at < len(content):
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(content[at:start], "big")
        if at > len(content) or len(entries) == WIDTH:
            raise MalformedError("a bundle has whole entries, and at most 256")
        entries.append(content[start:at])
    return tuple(entries)
